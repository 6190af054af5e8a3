//! Events of members: each stored once, the old ones forgotten.

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_primary::store::event::{self, EventFilter, NewEvent};
use uuid::Uuid;

use crate::server::TestDatabase;

fn event(seq: u64, at: DateTime<Utc>) -> NewEvent {
    NewEvent {
        seq,
        at,
        name: "Admission.Control.Denied".to_owned(),
        level: "Warning".to_owned(),
        category: "audit".to_owned(),
        detail: serde_json::value::to_raw_value(&serde_json::json!({"n": seq})).unwrap(),
    }
}

#[tokio::test]
async fn old_events_are_forgotten_but_never_what_was_received() {
    let test = TestDatabase::start().await;
    let mut conn = test.database.acquire().await.unwrap();
    let now = Utc::now();
    let old = now - TimeDelta::days(100);
    let (busy, silent) =
        (ClusterId::from_uuid(Uuid::now_v7()), ClusterId::from_uuid(Uuid::now_v7()));
    let events = vec![event(1, old), event(2, old), event(3, old), event(4, now)];
    assert_eq!(event::insert(&mut conn, busy, events).await.unwrap(), 4);
    let events = vec![event(1, old), event(2, old)];
    assert_eq!(event::insert(&mut conn, silent, events).await.unwrap(), 2);

    let before = now - TimeDelta::days(90);
    assert_eq!(event::forget(&mut conn, before, 3).await.unwrap(), 3);
    assert_eq!(event::forget(&mut conn, before, 3).await.unwrap(), 1);
    assert_eq!(event::forget(&mut conn, before, 3).await.unwrap(), 0);
    let filter = EventFilter { limit: 10, ..EventFilter::default() };
    let left = event::list(&mut conn, &filter).await.unwrap();
    let mut left: Vec<_> = left.iter().map(|e| (e.cluster == busy, e.event.seq)).collect();
    left.sort_unstable();
    assert_eq!(left, [(false, 2), (true, 4)]);
    // What the member sends again was received before.
    assert_eq!(event::last_seq(&mut conn, silent).await.unwrap(), 2);
    drop(conn);
    test.stop().await;
}
