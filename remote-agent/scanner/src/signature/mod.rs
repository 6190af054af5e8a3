//! Signatures of images, as cosign makes them.
//!
//! A [`RootOfTrust`] says which logs and authorities are believed, each of its
//! [`Verifier`]s whose signature is wanted. [`collect`] fetches what is
//! attached to an image, [`satisfied`] says whose signatures hold. Nothing
//! here asks anybody but the image's registry: keys and certificates of
//! Sigstore's public parts are given as a file.
//!
//! Made of the primitives that the TLS of the programs has already (ring,
//! webpki): the `sigstore` crate brings a client of registries and an
//! implementation of every primitive of its own.

mod believed;
mod bundle;
mod certificate;
mod collect;
mod der;
mod error;
mod inclusion;
mod key;
mod log;
mod payload;
mod root;
mod signed;
mod stamp;
mod statement;
mod timestamp;
mod trusted_root;

use chrono::{DateTime, Utc};

pub use believed::{Believed, Period};
pub use collect::collect;
pub use error::{RootError, SignatureError};
pub use key::PublicKey;
pub use root::{Identity, RootOfTrust, Trust, Verifier, VerifierKind};
pub use signed::{Evidence, Inclusion, LogEntry, Promise, Signed};
pub use statement::signed_statements;

/// What the signatures of an image are worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Satisfied {
    /// `root/verifier` of each that is satisfied, in order.
    pub verifiers: Vec<String>,
    /// `root/verifier` of each that is not, and why the signature that came
    /// closest does not satisfy it; none where there is no signature.
    pub unsatisfied: Vec<(String, Option<SignatureError>)>,
}

/// Holds the signatures of one image against the verifiers of all roots.
pub fn satisfied(roots: &[RootOfTrust], signatures: &[Signed], now: DateTime<Utc>) -> Satisfied {
    let mut outcome = Satisfied::default();
    for root in roots {
        for verifier in &root.verifiers {
            let name = format!("{}/{}", root.name, verifier.name);
            let mut closest: Option<SignatureError> = None;
            let holds = signatures.iter().any(|signed| {
                let result = root.check(verifier, signed, now);
                if let Err(error) = result {
                    let closer = closest.as_ref().is_none_or(|known| known.depth() < error.depth());
                    if closer {
                        closest = Some(error);
                    }
                    return false;
                }
                true
            });
            if holds {
                outcome.verifiers.push(name);
            } else {
                outcome.unsatisfied.push((name, closest));
            }
        }
    }
    outcome.verifiers.sort();
    outcome
}
