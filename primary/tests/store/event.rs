//! Events: by days, each once.

use chrono::{DateTime, Days, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::rest::event::Event;
use palisade_primary::store::Database;
use palisade_primary::store::event::list::{FIELDS, list, newest};
use palisade_primary::store::event::own::{self, OwnEvent};
use palisade_primary::store::event::{self, NewEvent, Received, image, partition, tally};
use palisade_primary::store::question::{Comparison, Condition, Value};
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::server::TestDatabase;

pub(crate) fn event(seq: u64, at: DateTime<Utc>) -> NewEvent {
    NewEvent {
        seq,
        at,
        name: "Admission.Control.Denied".to_owned(),
        level: "Critical".to_owned(),
        category: "audit".to_owned(),
        namespace: String::new(),
        image: String::new(),
        detail: RawValue::NULL.to_owned(),
    }
}

pub(crate) async fn insert(database: &Database, cluster: ClusterId, events: &[NewEvent]) -> u64 {
    let mut conn = database.acquire().await.unwrap();
    for event in events {
        partition::create(&mut conn, event.at.date_naive()).await.unwrap();
    }
    drop(conn);
    let newest = events.iter().map(|event| event.seq).max().unwrap();
    let received = Received { cluster, newest, events: events.to_vec() };
    let mut tx = database.begin().await.unwrap();
    let stored = event::insert(&mut tx, &[received]).await.unwrap();
    tx.commit().await.unwrap();
    stored
}

#[tokio::test]
async fn a_number_is_stored_once_whenever_its_day_is_forgotten() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let (busy, silent) =
        (ClusterId::from_uuid(Uuid::now_v7()), ClusterId::from_uuid(Uuid::now_v7()));
    let now = Utc::now();
    let old = now - TimeDelta::days(100);
    assert_eq!(insert(database, busy, &[event(1, old), event(2, old), event(3, now)]).await, 3);
    assert_eq!(insert(database, silent, &[event(1, old), event(2, old)]).await, 2);
    assert_eq!(insert(database, busy, &[event(3, now), event(4, now)]).await, 1);

    let mut conn = database.acquire().await.unwrap();
    let days: Vec<_> =
        partition::list(&mut conn).await.unwrap().iter().map(|one| one.day).collect();
    assert_eq!(days, [old.date_naive(), now.date_naive()]);
    partition::drop(&mut conn, old.date_naive()).await.unwrap();
    let left = list(&mut conn, &newest(Vec::new(), 0, 10)).await.unwrap();
    assert_eq!(left.iter().map(|one| one.event.seq).collect::<Vec<_>>(), [4, 3]);
    // What was received is known without the events.
    assert_eq!(event::last_seq(&mut conn, silent).await.unwrap(), 2);
    drop(conn);
    assert_eq!(insert(database, silent, &[event(2, now)]).await, 0);
    test.stop().await;
}

#[tokio::test]
async fn the_primary_tells_the_same_once_in_a_while() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let primary = ClusterId::from_uuid(Uuid::now_v7());
    let start = Utc::now();
    let stored = async |after: TimeDelta, message: &str, silence: TimeDelta| {
        let mut conn = database.acquire().await.unwrap();
        let before = event::last_seq(&mut conn, primary).await.unwrap();
        // Replicas tell it together.
        let told = (0..4).map(|_| async {
            let mut conn = database.acquire().await.unwrap();
            let detail = Event { message: message.to_owned(), ..Event::default() };
            let own = OwnEvent {
                at: start + after,
                name: "Access.Denied",
                level: "Warning",
                category: "event",
                detail: &detail,
                silence,
            };
            own::tell(&mut conn, primary, &own).await.unwrap();
        });
        futures_util::future::join_all(told).await;
        event::last_seq(&mut conn, primary).await.unwrap() - before
    };
    let (minute, silence) = (TimeDelta::minutes(1), TimeDelta::minutes(10));
    let cases = [
        ("at first", TimeDelta::zero(), "one", silence, 1),
        ("lately", minute * 9, "one", silence, 0),
        ("another", minute * 9, "two", silence, 1),
        ("when its silence ended", minute * 10, "one", silence, 1),
        ("by a clock that was set back", minute * -60, "one", silence, 1),
        ("each time", minute * 11, "two", TimeDelta::zero(), 4),
    ];
    for (case, after, message, silence, times) in cases {
        assert_eq!(stored(after, message, silence).await, times, "{case}");
    }

    let mut conn = database.acquire().await.unwrap();
    let silent = async |conn: &mut PgConnection| {
        let count = "SELECT count(*) FROM event_told";
        sqlx::query_scalar::<_, i64>(count).fetch_one(conn).await.unwrap()
    };
    assert_eq!(silent(&mut conn).await, 2);
    own::forget(&mut conn, start + minute * 18).await.unwrap();
    assert_eq!(silent(&mut conn).await, 1, "only what may be told again is forgotten");
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn partitions_are_made_once_by_many_at_a_time_and_end_at_midnight() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let day = Utc::now().date_naive() + Days::new(30);
    let making = (0..8).map(|_| async {
        let mut conn = database.acquire().await.unwrap();
        partition::create(&mut conn, day).await.unwrap()
    });
    let made = futures_util::future::join_all(making).await;
    assert_eq!(made.into_iter().filter(|made| *made).count(), 1);
    let midnight = day.and_hms_opt(0, 0, 0).unwrap().and_utc();
    let last = midnight + TimeDelta::days(1) - TimeDelta::microseconds(1);
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    assert_eq!(insert(database, cluster, &[event(1, midnight), event(2, last)]).await, 2);
    let mut conn = database.acquire().await.unwrap();
    let days = partition::list(&mut conn).await.unwrap();
    assert_eq!(days.iter().filter(|one| one.day >= day).count(), 1);
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn events_are_found_by_what_their_names_and_namespaces_are_like() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    let now = Utc::now();
    let named = |seq, name: &str, namespace: String| NewEvent {
        name: name.to_owned(),
        namespace,
        ..event(seq, now)
    };
    let mut events = vec![
        named(1, "Admission.Control.Denied", "shop".to_owned()),
        named(2, "Container.Scan.Report", "shop".to_owned()),
        named(3, "Container.Start", String::new()),
    ];
    // More of them than are looked up.
    events.extend((4..=83).map(|n| named(n, "Container.Stop", format!("team-{n}"))));
    insert(database, cluster, &events).await;

    let mut conn = database.acquire().await.unwrap();
    let all = |but: &[u64]| (1..=83).rev().filter(|seq| !but.contains(seq)).collect::<Vec<u64>>();
    for (name, comparison, wanted, expected) in [
        ("name", Comparison::Contains, "SCAN", vec![2]),
        ("name", Comparison::Contains, "nothing", vec![]),
        ("name", Comparison::ContainsNot, "container", vec![1]),
        ("name", Comparison::Prefix, "Container.S", all(&[1])),
        ("name", Comparison::Prefix, "container", vec![]),
        ("name", Comparison::Neq, "Container.Stop", vec![3, 2, 1]),
        ("category", Comparison::Neq, "audit", vec![]),
        ("level", Comparison::Neq, "Info", all(&[])),
        ("namespace", Comparison::Neq, "team-4", all(&[4])),
        ("namespace", Comparison::Prefix, "team-4", (40..=49).rev().chain([4]).collect()),
        ("namespace", Comparison::Prefix, "team", all(&[1, 2, 3])),
        ("namespace", Comparison::Contains, "e", all(&[1, 2, 3])),
        ("image", Comparison::Prefix, "shop/", vec![]),
        // None of them has an image, and each text begins with nothing.
        ("image", Comparison::Prefix, "", all(&[])),
        ("image", Comparison::Contains, "", all(&[])),
    ] {
        let field = FIELDS.iter().find(|field| field.name == name).unwrap();
        let wanted = vec![Value::Text(wanted.to_owned())];
        let condition = Condition { field, comparison, wanted: wanted.clone() };
        let found = list(&mut conn, &newest(vec![condition], 0, 100)).await.unwrap();
        let found: Vec<u64> = found.iter().map(|one| one.event.seq).collect();
        assert_eq!(found, expected, "{name} {comparison:?} {wanted:?}");
    }
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn what_is_said_of_kinds_holds_whatever_else_there_is() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    let now = Utc::now();
    let of = |seq, name: &str, level: &str, category: &str| NewEvent {
        name: name.to_owned(),
        level: level.to_owned(),
        category: category.to_owned(),
        ..event(seq, now)
    };
    let events = [
        of(1, "Denied", "Critical", "audit"),
        of(2, "Denied", "Warning", "audit"),
        of(3, "Report", "Info", "audit"),
        of(4, "Start", "Info", "event"),
        of(5, "Stop", "Warning", "event"),
        of(6, "Denied", "Critical", "audit"),
    ];
    insert(database, cluster, &events).await;
    let mut conn = database.acquire().await.unwrap();
    for (conditions, expected) in [
        (vec![("name", Comparison::Eq, "Denied")], vec![6, 2, 1]),
        (vec![("level", Comparison::Eq, "Critical")], vec![6, 1]),
        (vec![("level", Comparison::Neq, "Info")], vec![6, 5, 2, 1]),
        (vec![("category", Comparison::Eq, "event")], vec![5, 4]),
        (vec![("level", Comparison::Neq, "None")], vec![6, 5, 4, 3, 2, 1]),
        (vec![("level", Comparison::Eq, "None")], vec![]),
        (vec![("name", Comparison::Eq, "Denied"), ("level", Comparison::Eq, "Warning")], vec![2]),
        (
            vec![("category", Comparison::Eq, "audit"), ("level", Comparison::Neq, "Critical")],
            vec![3, 2],
        ),
        (vec![("name", Comparison::Eq, "Stop"), ("level", Comparison::Eq, "Info")], vec![]),
    ] {
        let condition = |(name, comparison, wanted): &(&str, Comparison, &str)| Condition {
            field: FIELDS.iter().find(|field| field.name == *name).unwrap(),
            comparison: *comparison,
            wanted: vec![Value::Text((*wanted).to_owned())],
        };
        let asked = newest(conditions.iter().map(condition).collect(), 0, 100);
        let found = list(&mut conn, &asked).await.unwrap();
        let found: Vec<u64> = found.iter().map(|one| one.event.seq).collect();
        assert_eq!(found, expected, "{conditions:?}");
    }
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn kinds_and_namespaces_are_known_as_long_as_there_are_events_of_them() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    let now = Utc::now();
    let old = now - TimeDelta::days(100);
    let of =
        |seq, at, namespace: &str| NewEvent { namespace: namespace.to_owned(), ..event(seq, at) };
    let started = NewEvent { name: "Container.Start".to_owned(), ..of(2, old, "bar") };
    insert(database, cluster, &[of(1, old, "shop"), started]).await;
    // Of an older day than what is known already, and of a newer one.
    insert(database, cluster, &[of(3, old - TimeDelta::days(1), "shop")]).await;
    insert(database, cluster, &[of(4, now, "shop"), of(5, now, ""), of(6, now, "shop")]).await;

    let mut conn = database.acquire().await.unwrap();
    let read = async |conn: &mut PgConnection, statement: &'static str| {
        let rows = sqlx::query_as::<_, (String, chrono::NaiveDate)>(statement);
        rows.fetch_all(conn).await.unwrap()
    };
    let compare = async |conn: &mut PgConnection, kinds: usize, namespaces: usize| {
        let known = "SELECT name || level || category, day FROM event_kind ORDER BY 1";
        let known = read(&mut *conn, known).await;
        let told = "SELECT name || level || category, max((at AT TIME ZONE 'UTC')::date)
                    FROM event GROUP BY 1 ORDER BY 1";
        assert_eq!((known.len(), &known), (kinds, &read(&mut *conn, told).await));
        let known = "SELECT namespace, day FROM event_namespace ORDER BY 1";
        let known = read(&mut *conn, known).await;
        let told = "SELECT namespace, max((at AT TIME ZONE 'UTC')::date)
                    FROM event GROUP BY 1 ORDER BY 1";
        assert_eq!((known.len(), &known), (namespaces, &read(&mut *conn, told).await));
    };
    compare(&mut conn, 2, 3).await;
    for day in [old - TimeDelta::days(1), old] {
        partition::drop(&mut conn, day.date_naive()).await.unwrap();
    }
    tally::forget(&mut conn, now.date_naive()).await.unwrap();
    compare(&mut conn, 1, 2).await;
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn events_are_found_by_a_text_of_their_image_as_long_as_there_are_any() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    let now = Utc::now();
    let old = now - TimeDelta::days(100);
    let about = |seq, at, image: &str| NewEvent { image: image.to_owned(), ..event(seq, at) };
    let events = [
        about(1, old, "shop/menu:v1"),
        about(2, old, "shop/orders:v1"),
        about(3, now, "shop/menu:v1"),
    ];
    insert(database, cluster, &events).await;

    let mut conn = database.acquire().await.unwrap();
    let field = FIELDS.iter().find(|field| field.name == "image").unwrap();
    let found = async |conn: &mut PgConnection, text: &str| {
        let wanted = vec![Value::Text(text.to_owned())];
        let condition = Condition { field, comparison: Comparison::Contains, wanted };
        let found = list(conn, &newest(vec![condition], 0, 10)).await.unwrap();
        found.iter().map(|one| one.event.seq).collect::<Vec<_>>()
    };
    assert_eq!(found(&mut conn, "MENU").await, [3, 1]);
    assert_eq!(found(&mut conn, "orders").await, [2]);
    assert_eq!(found(&mut conn, "nothing").await, [0_u64; 0]);
    partition::drop(&mut conn, old.date_naive()).await.unwrap();
    image::forget(&mut conn, now.date_naive()).await.unwrap();
    assert_eq!(found(&mut conn, "menu").await, [3]);
    let kept =
        sqlx::query_scalar::<_, String>("SELECT image FROM event_image").fetch_all(&mut *conn);
    assert_eq!(kept.await.unwrap(), ["shop/menu:v1"]);
    drop(conn);
    test.stop().await;
}
