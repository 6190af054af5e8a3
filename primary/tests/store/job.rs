//! Jobs and their leases.

use std::time::Duration;

use palisade_api::Digest;
use palisade_primary::store::image::{self, FoundImage};
use palisade_primary::store::job::{self, Takes, Work};
use palisade_primary::store::{Database, registry};

use crate::server::TestDatabase;

const LEASE: Duration = Duration::from_mins(1);
/// A lease that has run out when it begins.
const LOST: Duration = Duration::ZERO;
/// What who deletes a registry holds of it, before all that refers to it.
const DELETING: &str = "SELECT FROM registry WHERE name = 'fed.shop' FOR UPDATE";

async fn with_list_job(database: &Database) {
    let mut conn = database.acquire().await.unwrap();
    registry::create(&mut conn, "fed.shop", None).await.unwrap();
    job::list(&mut conn, "fed.shop").await.unwrap();
}

#[tokio::test]
async fn a_job_whose_lease_was_lost_is_done_by_another_and_only_there() {
    let test = TestDatabase::start().await;
    with_list_job(&test.database).await;
    let mut conn = test.database.acquire().await.unwrap();
    let first = job::take(&mut conn, LOST, Takes::All).await.unwrap().unwrap();
    let second = job::take(&mut conn, LEASE, Takes::All).await.unwrap().unwrap();
    assert_eq!((first.id, first.attempts, second.attempts), (second.id, 1, 2));
    assert!(job::take(&mut conn, LEASE, Takes::All).await.unwrap().is_none());
    // The first one comes too late with whatever it wants.
    assert!(!job::renew(&mut conn, &first, LEASE).await.unwrap());
    assert!(!job::postpone(&mut conn, &first, LEASE).await.unwrap());
    assert!(!job::done(&mut conn, &first).await.unwrap());
    assert!(job::done(&mut conn, &second).await.unwrap());
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn a_tag_that_is_pushed_while_somebody_looks_is_looked_at_again() {
    let test = TestDatabase::start().await;
    let mut conn = test.database.acquire().await.unwrap();
    registry::create(&mut conn, "fed.shop", None).await.unwrap();
    let tags = [("shop/menu".to_owned(), "1".to_owned())];
    for _ in 0..2 {
        job::look_at_tags(&mut conn, "fed.shop", &tags).await.unwrap();
    }
    let looking = job::take(&mut conn, LEASE, Takes::Tags).await.unwrap().unwrap();
    let work = Work::Tag { repository: "shop/menu".to_owned(), tag: "1".to_owned() };
    assert_eq!(looking.work, work);
    assert!(job::take(&mut conn, LEASE, Takes::All).await.unwrap().is_none(), "asked for twice");
    job::look_at_tags(&mut conn, "fed.shop", &tags).await.unwrap();
    assert!(!job::done(&mut conn, &looking).await.unwrap(), "it looked too early");
    let again = job::take(&mut conn, LEASE, Takes::Tags).await.unwrap().unwrap();
    assert!(job::done(&mut conn, &again).await.unwrap());
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn each_takes_what_it_can_do() {
    let test = TestDatabase::start().await;
    with_list_job(&test.database).await;
    let mut conn = test.database.acquire().await.unwrap();
    for takes in [Takes::Scans, Takes::Tags] {
        assert!(job::take(&mut conn, LEASE, takes).await.unwrap().is_none(), "{takes:?}");
    }
    assert!(job::take(&mut conn, LEASE, Takes::Lists).await.unwrap().is_some());
    drop(conn);
    test.stop().await;
}

/// An image that `fed.mirror` and `fed.shop` have, and nobody has scanned.
async fn with_image_in_two_registries(database: &Database) -> Digest {
    let mut tx = database.begin().await.unwrap();
    let digest = Digest::of(b"an image");
    for (name, repository) in [("fed.mirror", "hub/orders"), ("fed.shop", "shop/orders")] {
        registry::create(&mut tx, name, None).await.unwrap();
        let found = FoundImage {
            repository: repository.to_owned(),
            tag: "1".to_owned(),
            digest: Some(digest),
            index_digest: None,
            result: String::new(),
        };
        image::put(&mut tx, name, &found, 1).await.unwrap();
    }
    tx.commit().await.unwrap();
    digest
}

/// A limit on requests of one registry may hold for hours.
#[tokio::test]
async fn what_one_registry_fails_to_give_is_read_from_another_that_has_it() {
    let test = TestDatabase::start().await;
    let digest = with_image_in_two_registries(&test.database).await;
    let mut conn = test.database.acquire().await.unwrap();
    let mut expected = ["fed.shop", "fed.mirror", "fed.mirror"].into_iter();
    job::scan_scheduled(&mut conn, "fed.shop").await.unwrap();
    // While somebody reads it, it is left to them; once it has been elsewhere, it waits.
    for attempts in 1..=3 {
        let job = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
        assert_eq!(Some(job.registry.as_str()), expected.next(), "{attempts}");
        let other = if attempts == 1 { "fed.mirror" } else { "fed.shop" };
        job::scan_scheduled(&mut conn, other).await.unwrap();
        let pause = if attempts == 2 { Duration::ZERO } else { Duration::from_hours(1) };
        assert!(job::postpone(&mut conn, &job, pause).await.unwrap(), "{attempts}");
        job::scan_scheduled(&mut conn, other).await.unwrap();
    }
    assert!(job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().is_none());
    let place = image::elsewhere(&mut conn, digest, "fed.mirror").await.unwrap().unwrap();
    assert_eq!((&*place.registry, &*place.repository), ("fed.shop", "shop/orders"));
    drop(conn);
    test.stop().await;
}

/// The other one fails, too, and the first is welcome again before it.
#[tokio::test]
async fn a_scan_goes_back_to_the_registry_that_is_welcome_first() {
    let test = TestDatabase::start().await;
    let digest = with_image_in_two_registries(&test.database).await;
    let mut conn = test.database.acquire().await.unwrap();
    job::scan_scheduled(&mut conn, "fed.shop").await.unwrap();
    let hours = |hours| Some(Duration::from_hours(hours));
    let first = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
    assert_eq!(job::go_back(&mut conn, &first, None).await.unwrap(), None);
    let place = image::elsewhere(&mut conn, digest, "fed.shop").await.unwrap().unwrap();
    let wait = job::Wait { pause: Duration::from_hours(2), result: "it allows no more" };
    assert!(job::hand_on(&mut conn, &first, &place, Some(wait)).await.unwrap());
    let second = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
    assert_eq!(second.registry, "fed.mirror");
    for (job, pause, expected) in [
        (&first, None, None),
        (&second, hours(1), None),
        (&second, hours(3), Some("it allows no more")),
        (&second, None, None),
    ] {
        let back = job::go_back(&mut conn, job, pause).await.unwrap();
        assert_eq!(back.as_deref(), expected, "{} {pause:?}", job.registry);
    }
    assert!(job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().is_none());
    sqlx::query("UPDATE job SET run_after = run_after - interval '2 hours'")
        .execute(&mut *conn)
        .await
        .unwrap();
    let third = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
    assert_eq!((third.registry.as_str(), third.attempts), ("fed.shop", 3));
    // A refusal is nothing to come back to.
    assert!(job::hand_on(&mut conn, &third, &place, None).await.unwrap());
    let fourth = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
    assert_eq!(job::go_back(&mut conn, &fourth, None).await.unwrap(), None);
    drop(conn);
    test.stop().await;
}

/// Two who waited for each other's jobs would both fail.
#[tokio::test]
async fn a_listing_waits_for_nobody_who_holds_what_waits_for_another_registry() {
    let test = TestDatabase::start().await;
    with_image_in_two_registries(&test.database).await;
    let mut conn = test.database.acquire().await.unwrap();
    job::scan_scheduled(&mut conn, "fed.shop").await.unwrap();
    let job = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
    assert!(job::postpone(&mut conn, &job, Duration::from_hours(1)).await.unwrap());
    let mut holder = test.database.begin().await.unwrap();
    sqlx::query("SELECT FROM job FOR UPDATE").execute(&mut *holder).await.unwrap();
    let listed = job::scan_scheduled(&mut conn, "fed.mirror");
    tokio::time::timeout(LEASE, listed).await.expect("it waits").unwrap();
    holder.rollback().await.unwrap();
    // Nor for who deletes the other one, who waits for those who hold its jobs.
    let mut deleting = test.database.begin().await.unwrap();
    sqlx::query(DELETING).execute(&mut *deleting).await.unwrap();
    let listed = job::scan_scheduled(&mut conn, "fed.mirror");
    tokio::time::timeout(LEASE, listed).await.expect("it waits").unwrap();
    deleting.rollback().await.unwrap();
    assert!(job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().is_none());
    job::scan_scheduled(&mut conn, "fed.mirror").await.unwrap();
    let job = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
    assert_eq!(job.registry, "fed.mirror");
    drop(conn);
    test.stop().await;
}

/// Who deletes a registry comes to its jobs when nobody else comes to it any more.
#[tokio::test]
async fn who_moves_a_scan_waits_for_who_deletes_a_registry_and_holds_nothing() {
    for back in [true, false] {
        let test = TestDatabase::start().await;
        let digest = with_image_in_two_registries(&test.database).await;
        let mut conn = test.database.acquire().await.unwrap();
        job::scan_scheduled(&mut conn, "fed.shop").await.unwrap();
        let place = image::elsewhere(&mut conn, digest, "fed.shop").await.unwrap().unwrap();
        let wait = job::Wait { pause: Duration::from_hours(1), result: "it allows no more" };
        let mut job = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
        if back {
            assert!(job::hand_on(&mut conn, &job, &place, Some(wait)).await.unwrap());
            job = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
        }
        let mut deleting = test.database.begin().await.unwrap();
        sqlx::query(DELETING).execute(&mut *deleting).await.unwrap();
        let moved = async {
            let mut tx = test.database.begin().await.unwrap();
            let moved = if back {
                job::go_back(&mut tx, &job, None).await.unwrap().is_some()
            } else {
                job::hand_on(&mut tx, &job, &place, Some(wait)).await.unwrap()
            };
            tx.commit().await.unwrap();
            moved
        };
        let deleted = async {
            test.somebody_waits().await;
            registry::delete(&mut deleting, "fed.shop").await.unwrap();
            deleting.commit().await.unwrap();
        };
        let (moved, ()) = tokio::join!(moved, deleted);
        assert!(!moved, "back: {back}");
        drop(conn);
        test.stop().await;
    }
}

#[tokio::test]
async fn an_image_whose_scan_was_lost_waits_again() {
    let test = TestDatabase::start().await;
    let mut tx = test.database.begin().await.unwrap();
    registry::create(&mut tx, "fed.shop", None).await.unwrap();
    let digest = Digest::of(b"an image");
    let found = FoundImage {
        repository: "shop/orders".to_owned(),
        tag: "1".to_owned(),
        digest: Some(digest),
        index_digest: None,
        result: String::new(),
    };
    image::put(&mut tx, "fed.shop", &found, 1).await.unwrap();
    job::scan_scheduled(&mut tx, "fed.shop").await.unwrap();
    tx.commit().await.unwrap();
    let mut conn = test.database.acquire().await.unwrap();
    let taken = job::take(&mut conn, LEASE, Takes::Scans).await.unwrap().unwrap();
    image::set_status(&mut conn, digest, "scanning", "").await.unwrap();
    for (lease, expected) in [(LEASE, "scanning"), (LOST, "scheduled")] {
        assert!(job::renew(&mut conn, &taken, lease).await.unwrap());
        // It has its job still.
        assert_eq!(job::heal(&mut conn).await.unwrap(), 0);
        let status: String =
            sqlx::query_scalar("SELECT status FROM image").fetch_one(&mut *conn).await.unwrap();
        assert_eq!(status, expected);
    }
    drop(conn);
    test.stop().await;
}
