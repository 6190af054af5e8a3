//! Logins that come back from a provider while it says that they ended.

use chrono::{TimeDelta, Utc};
use palisade_primary::store::auth_server;
use palisade_primary::store::provider_logout::{self, EndingLogin, ProviderLogout};

use crate::server::TestDatabase;

const SERVER: &str = "openId1";
const SESSION: [u8; 32] = [7; 32];
const SUBJECT: [u8; 32] = [1; 32];

#[tokio::test]
async fn a_login_waits_for_who_says_that_it_ended() {
    let test = TestDatabase::start().await;
    let mut conn = test.database.acquire().await.unwrap();
    auth_server::create(&mut conn, SERVER, &serde_json::json!({}), None).await.unwrap();
    let now = Utc::now();
    let login = EndingLogin {
        server: SERVER,
        began_at: now,
        subject_hash: &SUBJECT,
        session_hash: Some(&SESSION),
    };
    assert!(!provider_logout::ended_since(&mut conn, login).await.unwrap());
    let mut saying = test.database.begin().await.unwrap();
    let over = ProviderLogout {
        server: SERVER,
        subject_hash: None,
        session_hashes: &[SESSION.to_vec(), vec![8; 32]],
    };
    provider_logout::note(&mut saying, over, now).await.unwrap();
    let said = async {
        test.somebody_waits().await;
        saying.commit().await.unwrap();
    };
    let (ended, ()) = tokio::join!(provider_logout::ended_since(&mut conn, login), said);
    assert!(ended.unwrap());
    for (login, ended) in [
        (EndingLogin { began_at: now + TimeDelta::seconds(1), ..login }, false),
        (EndingLogin { session_hash: Some(&[9; 32]), ..login }, false),
        // Nobody says whose sessions these are.
        (EndingLogin { session_hash: None, ..login }, false),
    ] {
        let found = provider_logout::ended_since(&mut conn, login).await.unwrap();
        assert_eq!(found, ended, "{login:?}");
    }
    // What is long over is forgotten.
    let later = ProviderLogout { session_hashes: &[vec![9; 32]], ..over };
    provider_logout::note(&mut conn, later, now + TimeDelta::hours(1)).await.unwrap();
    assert!(!provider_logout::ended_since(&mut conn, login).await.unwrap());
    drop(conn);
    test.stop().await;
}
