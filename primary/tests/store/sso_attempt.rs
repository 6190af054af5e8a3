//! Logins at a provider that are under way: there is room for those who began few.

use chrono::{TimeDelta, Utc};
use palisade_primary::store::auth_server;
use palisade_primary::store::sso_attempt::{self, Most, SsoAttempt};

use crate::server::TestDatabase;

const MOST: Most = Most { in_all: 6, of_address: 4 };

#[tokio::test]
async fn who_begins_the_most_makes_room_for_others() {
    let test = TestDatabase::start().await;
    let mut conn = test.database.acquire().await.unwrap();
    auth_server::create(&mut conn, "openId1", &serde_json::json!({}), None).await.unwrap();
    let now = Utc::now();
    let attempt = |n: u8, address: &str| SsoAttempt {
        state_hash: vec![n; 32],
        server: "openId1".to_owned(),
        sealed: vec![n],
        browser_hash: None,
        expires_at: now + TimeDelta::seconds(60 + i64::from(n)),
        address: address.to_owned(),
    };
    let began = [
        (1, "quiet"),
        (2, "loud"),
        (3, "loud"),
        (4, "loud"),
        (5, "loud"),
        (6, "other"),
        // There is no room now: the oldest of the loud one goes.
        (7, "late"),
        (8, "later"),
        // Nor for one more of the loud one itself.
        (9, "loud"),
    ];
    for (n, address) in began {
        let kept = sso_attempt::create(&mut conn, &attempt(n, address), MOST, now).await.unwrap();
        assert!(kept, "{n} of {address}");
    }
    let mut left = Vec::new();
    for (n, _) in began {
        if sso_attempt::take(&mut conn, &[n; 32], now).await.unwrap().is_some() {
            left.push(n);
        }
    }
    assert_eq!(left, [1, 5, 6, 7, 8, 9]);
}
