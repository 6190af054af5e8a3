//! Users and sessions against a real Postgres and a clock that is moved.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../store/prepared.rs"]
mod prepared;
#[expect(dead_code, reason = "shared with the tests of the store, which use all of it")]
#[path = "../store/server.rs"]
mod server;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use palisade_api::clock::ManualClock;
use palisade_identity::{Caller, Role};
use palisade_primary::identity::{
    AuthenticateError, Identity, IdentityError, IdentityOptions, LoggedIn, Login, LoginBy,
    LoginError, LoginOutcome,
};
use palisade_primary::store::Database;
use palisade_transport::seal::Sealer;
use secrecy::{ExposeSecret as _, SecretString};

use crate::server::TestDatabase;

const PASSWORD: &str = "coffee-beans";

fn clock() -> Arc<ManualClock> {
    ManualClock::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

async fn open(
    database: &Database,
    clock: &Arc<ManualClock>,
    data_dir: &Path,
    password: Option<&str>,
) -> Result<Arc<Identity>, IdentityError> {
    let sealer = Arc::new(Sealer::from_key_file(&data_dir.join("sealing-key")).unwrap());
    let password = password.map(SecretString::from);
    let bootstrap_password = password.as_ref();
    let options = IdentityOptions { bootstrap_password, data_dir, https_proxy: None };
    Identity::open(database.clone(), clock.clone(), sealer, options).await
}

async fn login(identity: &Identity, password: &str) -> Result<LoggedIn, LoginError> {
    let login = Login {
        username: "admin".to_owned(),
        password: password.into(),
        new_password: None,
        address: "192.0.2.1".to_owned(),
        by: LoginBy::Any,
    };
    match identity.login(login).await? {
        LoginOutcome::LoggedIn(session) => Ok(*session),
        LoginOutcome::MustResetPassword => panic!("the password need not be reset"),
    }
}

async fn caller(identity: &Identity, session: &LoggedIn) -> Option<Caller> {
    match identity.authenticate(session.token.expose_secret(), "192.0.2.2").await {
        Ok(caller) => Some(caller),
        Err(AuthenticateError::Unauthorized) => None,
        Err(AuthenticateError::Store(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_session_ends_when_idle_and_every_call_restarts_the_time() {
    let test = TestDatabase::start().await;
    let clock = clock();
    let identity = open(&test.database, &clock, test.dir.path(), Some(PASSWORD)).await.unwrap();
    let session = login(&identity, PASSWORD).await.unwrap();
    for _ in 0..3 {
        clock.advance(TimeDelta::seconds(299));
        let caller = caller(&identity, &session).await.unwrap();
        assert_eq!((caller.fullname.as_str(), caller.role), ("admin", Role::FedAdmin.into()));
        assert_eq!(caller.address, "192.0.2.2");
    }
    clock.advance(TimeDelta::seconds(300));
    assert_eq!(caller(&identity, &session).await, None);
    test.stop().await;
}

#[tokio::test]
async fn a_session_ends_after_six_hours_however_busy() {
    let test = TestDatabase::start().await;
    let clock = clock();
    let identity = open(&test.database, &clock, test.dir.path(), Some(PASSWORD)).await.unwrap();
    let session = login(&identity, PASSWORD).await.unwrap();
    for _ in 0..119 {
        clock.advance(TimeDelta::minutes(3));
        assert!(caller(&identity, &session).await.is_some());
    }
    clock.advance(TimeDelta::minutes(3));
    assert_eq!(caller(&identity, &session).await, None);
    test.stop().await;
}

#[tokio::test]
async fn a_session_outlives_a_restart_and_ends_with_the_logout() {
    let test = TestDatabase::start().await;
    let clock = clock();
    let before = open(&test.database, &clock, test.dir.path(), Some(PASSWORD)).await.unwrap();
    let session = login(&before, PASSWORD).await.unwrap();
    let after = open(&test.database, &clock, test.dir.path(), None).await.unwrap();
    let caller_after = caller(&after, &session).await.unwrap();
    after.logout(&caller_after).await.unwrap();
    assert_eq!(caller(&after, &session).await, None);
    assert_eq!(caller(&before, &session).await, None, "another replica still serves it");
    test.stop().await;
}

#[tokio::test]
async fn without_a_given_password_one_is_generated_for_the_owner_alone() {
    let test = TestDatabase::start().await;
    let clock = clock();
    let identity = open(&test.database, &clock, test.dir.path(), None).await.unwrap();
    let file = test.dir.path().join("admin-password");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let password = std::fs::read_to_string(&file).unwrap();
    let session = login(&identity, password.trim_end()).await.unwrap();
    assert!(session.user.row.default_password);
    // A later start changes nothing.
    open(&test.database, &clock, test.dir.path(), Some(PASSWORD)).await.unwrap();
    assert!(matches!(login(&identity, PASSWORD).await, Err(LoginError::Refused)));
    test.stop().await;
}

#[tokio::test]
async fn a_weak_first_password_is_refused_and_changes_nothing() {
    let test = TestDatabase::start().await;
    let clock = clock();
    let refused = open(&test.database, &clock, test.dir.path(), Some("short")).await;
    let message = refused.unwrap_err().to_string();
    assert!(message.starts_with("PALISADE_BOOTSTRAP_PASSWORD: "), "{message}");
    let identity = open(&test.database, &clock, test.dir.path(), Some(PASSWORD)).await.unwrap();
    login(&identity, PASSWORD).await.unwrap();
    test.stop().await;
}

#[tokio::test]
async fn those_known_to_the_database_stay_known_while_it_is_away() {
    let test = TestDatabase::start().await;
    let clock = clock();
    let identity = open(&test.database, &clock, test.dir.path(), Some(PASSWORD)).await.unwrap();
    let known = login(&identity, PASSWORD).await.unwrap();
    let unknown = login(&identity, PASSWORD).await.unwrap();
    assert!(caller(&identity, &known).await.is_some());
    test.server.stop().await;

    assert!(caller(&identity, &known).await.is_some());
    let token = unknown.token.expose_secret();
    let Err(AuthenticateError::Store(error)) = identity.authenticate(token, "").await else {
        panic!("a session that nobody vouched for is served");
    };
    assert!(error.is_unavailable(), "{error}");
    let refused = login(&identity, PASSWORD).await;
    assert!(matches!(refused, Err(LoginError::Store(error)) if error.is_unavailable()));
    clock.advance(TimeDelta::minutes(5));
    let token = known.token.expose_secret();
    assert!(identity.authenticate(token, "").await.is_err(), "trusted for ever");
}
