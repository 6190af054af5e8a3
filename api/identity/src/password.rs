//! Passwords: argon2id, hashed off the async threads, a few at a time.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::opaque_string::opaque_string;

/// Longest password that is hashed, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1_024;
/// Shortest password that a user may choose, in characters.
pub const MIN_PASSWORD_CHARS: usize = 8;
/// How long a login waits for its turn before it is refused.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Logins that wait at once for each that is worked on; one more is refused.
/// At 30 ms each this many are served within [`MAX_WAIT`].
const MAX_WAITING_EACH: usize = 64;

/// The hash of a password as a PHC string (`$argon2id$v=19$…`).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a stored PHC string.
    pub fn from_stored(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// More logins wait than can be served.
    #[error("too many logins at once; try again in a moment")]
    Busy,
    /// The password exceeds [`MAX_PASSWORD_BYTES`].
    #[error("a password may have at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// The stored hash cannot be read.
    #[error("the stored password hash is damaged")]
    DamagedHash,
    /// The hash function failed.
    #[error("hashing failed: {0}")]
    Hashing(String),
}

/// Hashes and verifies passwords. One per program; clones share the limit.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// A place for everybody who waits or is worked on.
    places: Arc<Semaphore>,
    /// Verified where a user does not exist, so that the time tells nothing.
    decoy: Arc<PasswordHash>,
}

impl Passwords {
    /// At most `parallel` passwords are worked on at once; each takes about
    /// 19 MiB and some 30 ms of one core.
    pub fn new(parallel: usize) -> Result<Self, PasswordError> {
        let decoy = hash_now(b"")?;
        let parallel = parallel.max(1);
        Ok(Self {
            turns: Arc::new(Semaphore::new(parallel)),
            places: Arc::new(Semaphore::new(parallel * (1 + MAX_WAITING_EACH))),
            decoy: Arc::new(decoy),
        })
    }

    /// Hashes `password` with a new salt.
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, PasswordError> {
        if password.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        self.turn()
            .await?
            .work(move || hash_now(opaque_string(password.expose_secret()).as_bytes()))
            .await
    }

    /// Whether `password` is the one of `hash`. Without a hash the answer is
    /// no and takes as long.
    pub async fn verify(
        &self,
        password: SecretString,
        hash: Option<PasswordHash>,
    ) -> Result<bool, PasswordError> {
        Ok(self.verify_if(|| true, password, hash).await? == Some(true))
    }

    /// The same, unless it may not be tried any more when its turn comes: of many
    /// guesses that came at once, those behind the first failures are none.
    pub async fn verify_if(
        &self,
        still_may: impl FnOnce() -> bool + Send,
        password: SecretString,
        hash: Option<PasswordHash>,
    ) -> Result<Option<bool>, PasswordError> {
        if password.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Ok(Some(false));
        }
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.as_ref().clone());
        let turn = self.turn().await?;
        if !still_may() {
            return Ok(None);
        }
        let matches = turn
            .work(move || {
                let parsed =
                    phc::PasswordHash::new(&hash.0).map_err(|_| PasswordError::DamagedHash)?;
                let is_of = |text: &str| {
                    Argon2::default().verify_password(text.as_bytes(), &parsed).is_ok()
                };
                let typed = password.expose_secret();
                // A hash of former versions is of what was typed then. Whether it is tried too
                // tells of what was typed now, and of nobody's hash.
                Ok(match opaque_string(typed) {
                    Cow::Borrowed(typed) => is_of(typed),
                    Cow::Owned(opaque) => is_of(&opaque) || is_of(typed),
                })
            })
            .await?;
        Ok(Some(known && matches))
    }

    async fn turn(&self) -> Result<Turn<'_>, PasswordError> {
        let place = self.places.try_acquire().map_err(|_| PasswordError::Busy)?;
        let turn = tokio::time::timeout(MAX_WAIT, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| PasswordError::Busy)?
            .map_err(|_| PasswordError::Busy)?;
        Ok(Turn { turn, place })
    }
}

/// The right to work on one password, and the place among those who wait.
struct Turn<'a> {
    turn: OwnedSemaphorePermit,
    place: SemaphorePermit<'a>,
}

impl Turn<'_> {
    /// Does the work, off the async threads. It keeps its turn when nobody waits for it
    /// any more.
    async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let Self { turn, place: _place } = self;
        tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(turn);
            outcome
        })
        .await
        .map_err(|error| PasswordError::Hashing(error.to_string()))?
    }
}

fn hash_now(password: &[u8]) -> Result<PasswordHash, PasswordError> {
    Argon2::default()
        .hash_password(password)
        .map(|hash| PasswordHash(hash.to_string()))
        .map_err(|error| PasswordError::Hashing(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_is_accepted() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$"));
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horsf".into(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_is_the_same_at_every_keyboard() {
        let passwords = Passwords::new(1).unwrap();
        let (apart, as_one) = ("Cafe\u{301}\u{a0}noir", "Caf\u{e9} noir");
        for (chosen, typed) in [(apart, as_one), (as_one, apart)] {
            let hash = passwords.hash(chosen.into()).await.unwrap();
            assert!(passwords.verify(typed.into(), Some(hash.clone())).await.unwrap());
            assert!(passwords.verify(chosen.into(), Some(hash.clone())).await.unwrap());
            assert!(!passwords.verify("Cafe noir".into(), Some(hash)).await.unwrap());
        }
        // As former versions hashed it.
        let former = hash_now(apart.as_bytes()).unwrap();
        assert!(passwords.verify(apart.into(), Some(former.clone())).await.unwrap());
        assert!(!passwords.verify(as_one.into(), Some(former)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_is_never_accepted_not_even_with_the_decoys_password() {
        let passwords = Passwords::new(1).unwrap();
        assert!(!passwords.verify("".into(), None).await.unwrap());
    }

    #[tokio::test]
    async fn hostile_sizes_and_hashes_are_refused() {
        let passwords = Passwords::new(1).unwrap();
        let long = "x".repeat(MAX_PASSWORD_BYTES + 1);
        assert!(matches!(passwords.hash(long.clone().into()).await, Err(PasswordError::TooLong)));
        let damaged = PasswordHash::from_stored("nonsense".to_owned());
        assert!(matches!(
            passwords.verify("x".into(), Some(damaged)).await,
            Err(PasswordError::DamagedHash)
        ));
    }

    #[tokio::test]
    async fn what_may_not_be_tried_any_more_when_its_turn_comes_is_not() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash("right".into()).await.unwrap();
        let verify =
            |may: bool| passwords.verify_if(move || may, "right".into(), Some(hash.clone()));
        assert_eq!(verify(true).await.unwrap(), Some(true));
        assert_eq!(verify(false).await.unwrap(), None);
    }

    // However long a machine takes for the work: nobody waits too long for a turn.
    #[tokio::test(start_paused = true)]
    async fn a_flood_is_refused_beyond_the_places() {
        let passwords = Passwords::new(1).unwrap();
        let flood = (0..200).map(|_| passwords.verify("x".into(), None));
        let outcomes = futures_util::future::join_all(flood).await;
        let busy = outcomes.iter().filter(|one| matches!(one, Err(PasswordError::Busy))).count();
        assert_eq!(busy, 200 - (1 + MAX_WAITING_EACH));
        assert!(
            !passwords.verify("x".into(), None).await.unwrap(),
            "the places are not given back"
        );
    }

    #[test]
    fn a_hash_does_not_show_in_debug_output() {
        let hash = PasswordHash::from_stored("$argon2id$secret".to_owned());
        assert!(!format!("{hash:?}").contains("secret"));
    }
}
