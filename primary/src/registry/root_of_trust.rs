//! Roots of trust: whose signatures of images count.
//!
//! They stay on the primary; clusters get the names of the verifiers that are
//! satisfied, in the verdict of each image. A change has all images looked at
//! again, as a new vulnerability database does.

use palisade_api::rest::scan::{
    SigstoreRootOfTrust, SigstoreRootOfTrustChange, SigstoreVerifier, SigstoreVerifierChange,
};
use palisade_scanner::signature::{RootError, RootOfTrust, Trust, Verifier, VerifierKind};
use serde::Serialize;
use sqlx::PgConnection;
use thiserror::Error;
use tracing::warn;

use super::Registries;
use crate::store::audit::{self, NewAudit};
use crate::store::root_of_trust::{DUPLICATE_ROOT, DUPLICATE_VERIFIER, ROOT_OF_VERIFIER};
use crate::store::{self, Actor, StoreError};
use crate::version::{ChangedSince, Expected, Version};

/// Roots and verifiers of a root that may be kept.
const MAX_ROOTS: usize = 64;
const MAX_VERIFIERS: usize = 256;
/// Bytes of one text of a root or a verifier.
const MAX_TEXT_BYTES: usize = 64 * 1_024;

/// Why a root of trust or a verifier cannot be kept.
#[derive(Debug, Error)]
pub enum RootOfTrustFailure {
    /// The name is not allowed.
    #[error(
        "The name must start with a letter or a digit and may hold letters, digits and . _ - : \
         only, 128 at most."
    )]
    Name,
    /// There is one of that name.
    #[error("There is one named {0:?} already.")]
    Duplicate(String),
    /// There is none of that name.
    #[error("There is none named {0:?}.")]
    Missing(String),
    /// There are as many as there may be.
    #[error("There are {0} of them; more are not kept.")]
    TooMany(usize),
    /// A text that is longer than any key or certificate.
    #[error("{0} is longer than 64 KiB.")]
    TooLong(&'static str),
    /// Settings that contradict each other.
    #[error("{0}")]
    Setting(&'static str),
    /// Keys or certificates that are none.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The change was meant for what was there before another one.
    #[error(transparent)]
    ChangedSince(#[from] ChangedSince),
    /// The file with the keys of the public parts cannot be read.
    #[error("the trusted root file cannot be read: {0}")]
    File(#[from] std::io::Error),
    /// A state that cannot be encoded for its audit record.
    #[error("cannot encode: {0}")]
    Encode(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T, E = RootOfTrustFailure> = std::result::Result<T, E>;

impl Registries {
    /// All roots with their verifiers, by name.
    pub async fn roots_of_trust(&self) -> Result<Vec<SigstoreRootOfTrust>> {
        let mut conn = self.database.acquire().await?;
        Ok(list(&mut conn).await?)
    }

    /// One root with its verifiers.
    pub async fn root_of_trust(&self, name: &str) -> Result<SigstoreRootOfTrust> {
        let mut conn = self.database.acquire().await?;
        find(&mut conn, name).await
    }

    /// Adds a root; gives what is there then.
    pub async fn create_root_of_trust(
        &self,
        actor: &Actor,
        mut root: SigstoreRootOfTrust,
    ) -> Result<Version> {
        root.verifiers = None;
        "user_created".clone_into(&mut root.cfg_type);
        check_name(&root.name)?;
        self.check(&root).await?;
        let mut tx = self.database.begin().await?;
        if store::root_of_trust::list(&mut tx).await?.len() >= MAX_ROOTS {
            return Err(RootOfTrustFailure::TooMany(MAX_ROOTS));
        }
        store::root_of_trust::create(&mut tx, &root).await.map_err(|error| {
            match error.constraint() {
                Some(DUPLICATE_ROOT) => RootOfTrustFailure::Duplicate(root.name.clone()),
                _ => error.into(),
            }
        })?;
        record(&mut tx, actor, "create", &root.name, None, Some(&root)).await?;
        finish(tx).await?;
        root.verifiers = Some(Vec::new());
        Ok(Version::of(&root)?)
    }

    /// Changes a root that is as expected, its verifiers as well; what `change` leaves out stays.
    /// Gives what is there then.
    pub async fn update_root_of_trust(
        &self,
        actor: &Actor,
        name: &str,
        change: SigstoreRootOfTrustChange,
        expected: &Expected,
    ) -> Result<Version> {
        let mut tx = self.database.begin().await?;
        let found = hold(&mut tx, name).await?;
        expected.check::<RootOfTrustFailure>(&found)?;
        let verifiers = found.verifiers.clone();
        let before = SigstoreRootOfTrust { verifiers: None, ..found };
        let after = SigstoreRootOfTrust {
            rekor_public_key: change.rekor_public_key.unwrap_or(before.rekor_public_key.clone()),
            root_cert: change.root_cert.unwrap_or(before.root_cert.clone()),
            sct_public_key: change.sct_public_key.unwrap_or(before.sct_public_key.clone()),
            comment: change.comment.unwrap_or(before.comment.clone()),
            ..before.clone()
        };
        self.check(&after).await?;
        if !store::root_of_trust::update(&mut tx, &after).await? {
            return Err(RootOfTrustFailure::Missing(name.to_owned()));
        }
        record(&mut tx, actor, "update", name, Some(&before), Some(&after)).await?;
        finish(tx).await?;
        Ok(Version::of(&SigstoreRootOfTrust { verifiers, ..after })?)
    }

    /// Removes a root with its verifiers, where all are as expected.
    pub async fn delete_root_of_trust(
        &self,
        actor: &Actor,
        name: &str,
        expected: &Expected,
    ) -> Result<()> {
        let mut tx = self.database.begin().await?;
        let before = hold(&mut tx, name).await?;
        expected.check::<RootOfTrustFailure>(&before)?;
        if !store::root_of_trust::delete(&mut tx, name).await? {
            return Err(RootOfTrustFailure::Missing(name.to_owned()));
        }
        record(&mut tx, actor, "delete", name, Some(&before), None).await?;
        finish(tx).await
    }

    /// One verifier of a root.
    pub async fn verifier(&self, root: &str, name: &str) -> Result<SigstoreVerifier> {
        let root = self.root_of_trust(root).await?;
        verifier_of(root, name)
    }

    /// Adds a verifier to a root; gives what is there then.
    pub async fn create_verifier(
        &self,
        actor: &Actor,
        root: &str,
        verifier: SigstoreVerifier,
    ) -> Result<Version> {
        check_name(&verifier.name)?;
        let mut tx = self.database.begin().await?;
        let found = hold(&mut tx, root).await?;
        check_verifier(&found, &verifier)?;
        if found.verifiers.is_some_and(|verifiers| verifiers.len() >= MAX_VERIFIERS) {
            return Err(RootOfTrustFailure::TooMany(MAX_VERIFIERS));
        }
        let created = store::root_of_trust::create_verifier(&mut tx, root, &verifier).await;
        created.map_err(|error| match error.constraint() {
            Some(DUPLICATE_VERIFIER) => RootOfTrustFailure::Duplicate(verifier.name.clone()),
            Some(ROOT_OF_VERIFIER) => RootOfTrustFailure::Missing(root.to_owned()),
            _ => error.into(),
        })?;
        let name = format!("{root}/{}", verifier.name);
        record(&mut tx, actor, "create", &name, None, Some(&verifier)).await?;
        finish(tx).await?;
        Ok(Version::of(&verifier)?)
    }

    /// Changes a verifier that is as expected; what `change` leaves out stays. Gives what is there
    /// then.
    pub async fn update_verifier(
        &self,
        actor: &Actor,
        root: &str,
        name: &str,
        change: SigstoreVerifierChange,
        expected: &Expected,
    ) -> Result<Version> {
        let mut tx = self.database.begin().await?;
        let found = hold(&mut tx, root).await?;
        let before = verifier_of(found.clone(), name)?;
        expected.check::<RootOfTrustFailure>(&before)?;
        let after = SigstoreVerifier {
            name: before.name.clone(),
            verifier_type: change.verifier_type.unwrap_or(before.verifier_type.clone()),
            public_key: change.public_key.unwrap_or(before.public_key.clone()),
            cert_issuer: change.cert_issuer.unwrap_or(before.cert_issuer.clone()),
            cert_subject: change.cert_subject.unwrap_or(before.cert_subject.clone()),
            comment: change.comment.unwrap_or(before.comment.clone()),
        };
        check_verifier(&found, &after)?;
        if !store::root_of_trust::update_verifier(&mut tx, root, &after).await? {
            return Err(RootOfTrustFailure::Missing(name.to_owned()));
        }
        let name = format!("{root}/{name}");
        record(&mut tx, actor, "update", &name, Some(&before), Some(&after)).await?;
        finish(tx).await?;
        Ok(Version::of(&after)?)
    }

    /// Removes a verifier that is as expected from a root.
    pub async fn delete_verifier(
        &self,
        actor: &Actor,
        root: &str,
        name: &str,
        expected: &Expected,
    ) -> Result<()> {
        let mut tx = self.database.begin().await?;
        let before = verifier_of(hold(&mut tx, root).await?, name)?;
        expected.check::<RootOfTrustFailure>(&before)?;
        if !store::root_of_trust::delete_verifier(&mut tx, root, name).await? {
            return Err(RootOfTrustFailure::Missing(name.to_owned()));
        }
        let name = format!("{root}/{name}");
        record(&mut tx, actor, "delete", &name, Some(&before), None).await?;
        finish(tx).await
    }

    /// All roots that have verifiers, ready to judge. One that can no longer
    /// be read judges nothing.
    pub(super) async fn ready_roots(&self) -> Result<Vec<RootOfTrust>, StoreError> {
        let mut conn = self.database.acquire().await?;
        let roots = list(&mut conn).await?;
        drop(conn);
        let mut ready = Vec::new();
        for root in roots {
            let Some(verifiers) = root.verifiers.as_ref().filter(|all| !all.is_empty()) else {
                continue;
            };
            let kinds: Result<Vec<Verifier>, RootError> = verifiers
                .iter()
                .map(|one| kind(one).map(|kind| Verifier { name: one.name.clone(), kind }))
                .collect();
            match (self.trust(&root).await, kinds) {
                (Ok(trust), Ok(verifiers)) => {
                    ready.push(RootOfTrust { name: root.name.clone(), trust, verifiers });
                }
                (Err(error), _) => warn!(root = root.name, %error, "a root of trust is not usable"),
                (_, Err(error)) => warn!(root = root.name, %error, "a root of trust is not usable"),
            }
        }
        Ok(ready)
    }

    async fn check(&self, root: &SigstoreRootOfTrust) -> Result<()> {
        for (what, text) in [
            ("rekor_public_key", &root.rekor_public_key),
            ("root_cert", &root.root_cert),
            ("sct_public_key", &root.sct_public_key),
            ("comment", &root.comment),
        ] {
            check_length(what, text)?;
            if what != "comment" && !text.is_empty() {
                if !root.is_private {
                    return Err(RootOfTrustFailure::Setting(
                        "Keys and certificates are those of private roots of trust.",
                    ));
                }
                if root.rootless_keypairs_only {
                    return Err(RootOfTrustFailure::Setting(
                        "A root of trust for key pairs alone has no keys and certificates.",
                    ));
                }
            }
        }
        self.trust(root).await?;
        Ok(())
    }

    /// Whom a root believes.
    async fn trust(&self, root: &SigstoreRootOfTrust) -> Result<Trust> {
        if root.rootless_keypairs_only {
            return Ok(Trust::default());
        }
        if root.is_private {
            let SigstoreRootOfTrust { rekor_public_key, root_cert, sct_public_key, .. } = root;
            return Ok(Trust::from_pem(rekor_public_key, root_cert, sct_public_key)?);
        }
        let Some(file) = &self.trusted_root else {
            return Err(RootOfTrustFailure::Setting(
                "The primary knows no keys of Sigstore's public parts: give it the file with its \
                 setting trusted-root, or make the root of trust private.",
            ));
        };
        Ok(Trust::from_trusted_root(&tokio::fs::read(file).await?)?)
    }
}

async fn list(conn: &mut PgConnection) -> store::Result<Vec<SigstoreRootOfTrust>> {
    let mut roots = store::root_of_trust::list(conn).await?;
    let verifiers = store::root_of_trust::verifiers(conn).await?;
    for root in &mut roots {
        let own = verifiers.iter().filter(|one| one.root == root.name);
        root.verifiers = Some(own.map(|one| one.verifier.clone()).collect());
    }
    Ok(roots)
}

async fn find(conn: &mut PgConnection, name: &str) -> Result<SigstoreRootOfTrust> {
    let mut roots = list(conn).await?.into_iter();
    let missing = || RootOfTrustFailure::Missing(name.to_owned());
    roots.find(|root| root.name == name).ok_or_else(missing)
}

/// One root with its verifiers, which nobody else changes until the transaction ends.
async fn hold(conn: &mut PgConnection, name: &str) -> Result<SigstoreRootOfTrust> {
    if !store::root_of_trust::lock(conn, name).await? {
        return Err(RootOfTrustFailure::Missing(name.to_owned()));
    }
    find(conn, name).await
}

fn verifier_of(root: SigstoreRootOfTrust, name: &str) -> Result<SigstoreVerifier> {
    let mut verifiers = root.verifiers.unwrap_or_default().into_iter();
    let missing = || RootOfTrustFailure::Missing(name.to_owned());
    verifiers.find(|verifier| verifier.name == name).ok_or_else(missing)
}

fn check_name(name: &str) -> Result<()> {
    let fits = name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:".contains(&b));
    if fits { Ok(()) } else { Err(RootOfTrustFailure::Name) }
}

fn check_length(what: &'static str, text: &str) -> Result<()> {
    let fits = text.len() <= MAX_TEXT_BYTES && !text.contains('\0');
    if fits { Ok(()) } else { Err(RootOfTrustFailure::TooLong(what)) }
}

fn check_verifier(root: &SigstoreRootOfTrust, verifier: &SigstoreVerifier) -> Result<()> {
    for (what, text) in [
        ("public_key", &verifier.public_key),
        ("cert_issuer", &verifier.cert_issuer),
        ("cert_subject", &verifier.cert_subject),
        ("comment", &verifier.comment),
    ] {
        check_length(what, text)?;
    }
    let kind = match verifier.verifier_type.as_str() {
        "keypair" | "keyless" => kind(verifier)?,
        _ => {
            return Err(RootOfTrustFailure::Setting(
                "The type of a verifier is keypair or keyless.",
            ));
        }
    };
    if matches!(kind, VerifierKind::Keyless(_)) {
        if root.rootless_keypairs_only {
            return Err(RootOfTrustFailure::Setting(
                "A root of trust for key pairs alone has no keyless verifiers.",
            ));
        }
        if root.is_private && root.root_cert.is_empty() {
            return Err(RootOfTrustFailure::Setting(
                "A keyless verifier needs the root_cert of its root of trust.",
            ));
        }
    }
    Ok(())
}

fn kind(verifier: &SigstoreVerifier) -> Result<VerifierKind, RootError> {
    if verifier.verifier_type == "keyless" {
        VerifierKind::keyless(&verifier.cert_issuer, &verifier.cert_subject)
    } else {
        VerifierKind::key_pair(&verifier.public_key)
    }
}

async fn record<T: Serialize>(
    conn: &mut PgConnection,
    actor: &Actor,
    action: &str,
    name: &str,
    before: Option<&T>,
    after: Option<&T>,
) -> Result<()> {
    let json = |state: Option<&T>| state.map(serde_json::value::to_raw_value).transpose();
    let (before, after) = (json(before)?, json(after)?);
    let new = NewAudit {
        action,
        kind: "root_of_trust",
        name,
        before: before.as_deref(),
        after: after.as_deref(),
    };
    Ok(audit::record(conn, actor, new).await?)
}

/// Ends a change: every image is to be judged anew.
async fn finish(mut tx: sqlx::PgTransaction<'static>) -> Result<()> {
    store::report::expire(&mut tx).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}
