//! The first administrator of a new primary.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use palisade_identity::{PasswordProfile, Passwords, Role, secret};
use secrecy::{ExposeSecret as _, SecretString};

use super::{IdentityError, user};
use crate::store::user::{DUPLICATE_USER, NewUser};
use crate::store::{Database, StoreError};

/// Its name.
pub(super) const ADMIN: &str = "admin";
/// File in the data folder that a generated password is written to.
const PASSWORD_FILE: &str = "admin-password";

/// Creates the first administrator where there is no user, with the given
/// password or a generated one that is written to a file for its owner alone.
pub(super) async fn run(
    database: &Database,
    passwords: &Passwords,
    given: Option<&SecretString>,
    data_dir: &Path,
    now: DateTime<Utc>,
) -> Result<(), IdentityError> {
    if crate::store::user::any(&mut *database.acquire().await?).await? {
        return Ok(());
    }
    let generated = given.is_none();
    let password = match given {
        Some(password) => {
            user::check_password(&PasswordProfile::default(), password)
                .map_err(IdentityError::BootstrapPassword)?;
            password.clone()
        }
        None => secret::random_password()?,
    };
    let password_hash = passwords.hash(password.clone()).await?;
    let mut transaction = database.begin().await?;
    let admin = NewUser {
        fullname: ADMIN,
        username: ADMIN,
        server: "",
        password_hash: Some(&password_hash),
        default_password: true,
        email: "",
        roles: &Role::FedAdmin.into(),
        timeout: PasswordProfile::default().session_timeout as i32,
        locale: user::DEFAULT_LOCALE,
        at: now,
    };
    match crate::store::user::create(&mut transaction, &admin).await {
        // Another replica was first.
        Err(error) if error.constraint() == Some(DUPLICATE_USER) => return Ok(()),
        created => created?,
    }
    if generated {
        let path = data_dir.join(PASSWORD_FILE);
        write_password(&path, &password)
            .map_err(|source| IdentityError::PasswordFile { path: path.clone(), source })?;
        tracing::info!(file = %path.display(), "wrote the first password of the user admin");
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

fn write_password(path: &Path, password: &SecretString) -> std::io::Result<()> {
    // A file left by a start that failed is replaced, never reused: its mode
    // may be anything.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", password.expose_secret())?;
    file.sync_all()
}
