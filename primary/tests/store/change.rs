//! The change log: atomic, gapless, in commit order.

use palisade_api::kind::LogId;
use palisade_api::{Digest, ObjectKind, Revision};
use palisade_primary::store::change::{self, NewItem, Since};
use palisade_primary::store::{Actor, Database, StoreError, audit, object};
use palisade_sync::SetDigest;

use crate::server::{PATIENCE, TestDatabase};

const LOG: LogId = LogId::Federation;
const KIND: ObjectKind = ObjectKind::Group;

fn put(name: &str, payload: &'static str) -> NewItem {
    NewItem::put(KIND, name, payload.as_bytes())
}

async fn commit(database: &Database, items: &[NewItem]) -> Result<Revision, StoreError> {
    let mut tx = database.begin().await?;
    let revision = change::commit(&mut tx, LOG, &Actor::new("admin", "192.0.2.1"), items).await?;
    tx.commit().await?;
    Ok(revision)
}

/// What the digest in the counter row must be.
async fn digest_of_objects(database: &Database) -> Digest {
    let mut conn = database.acquire().await.unwrap();
    let mut digest = SetDigest::EMPTY;
    for object in object::page(&mut conn, LOG, None, 10_000).await.unwrap() {
        digest.add(object.kind, &object.name, object.revision, &object.payload);
    }
    digest.into()
}

async fn changes(database: &Database, after: u64) -> Vec<change::Change> {
    let mut conn = database.acquire().await.unwrap();
    match change::since(&mut conn, LOG, Revision(after), 10_000).await.unwrap() {
        Since::Changes { changes, .. } => changes,
        Since::Unreachable(head) => panic!("unreachable: {head:?}"),
    }
}

#[tokio::test]
async fn a_change_leaves_objects_a_batch_a_digest_and_audit_records() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    let first = [put("fed.a", r#"{"n":1}"#), put("fed.b", r#"{"n":2}"#)];
    assert_eq!(commit(database, &first).await.unwrap(), Revision(1));
    let second = [put("fed.a", r#"{"n":3}"#), NewItem::delete(KIND, "fed.b")];
    assert_eq!(commit(database, &second).await.unwrap(), Revision(2));

    let mut conn = database.acquire().await.unwrap();
    assert_eq!(object::list_names(&mut conn, KIND).await.unwrap(), ["fed.a"]);
    let a = object::get(&mut conn, KIND, "fed.a").await.unwrap().unwrap();
    assert_eq!((a.revision, a.payload.as_ref()), (Revision(2), br#"{"n":3}"#.as_slice()));
    assert_eq!(object::get(&mut conn, KIND, "fed.b").await.unwrap(), None);
    let head = change::head(&mut conn, LOG).await.unwrap();
    assert_eq!((head.revision, head.floor), (Revision(2), Revision::ZERO));
    assert_eq!(head.digest, digest_of_objects(database).await);

    let changes = changes(database, 1).await;
    let batch = changes[0].decode().unwrap();
    assert_eq!((changes.len(), batch.base, batch.revision), (1, 1, 2));
    let items: Vec<_> = batch.items.iter().map(|i| (i.name.as_str(), i.deleted)).collect();
    assert_eq!(items, [("fed.a", false), ("fed.b", true)]);

    let audit = audit::list(&mut conn, None, 10).await.unwrap();
    let told: Vec<_> = audit
        .iter()
        .map(|r| (r.action.as_str(), r.name.as_str(), r.before.as_deref(), r.after.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("delete", "fed.b", Some(r#"{"n":2}"#), None),
            ("update", "fed.a", Some(r#"{"n":1}"#), Some(r#"{"n":3}"#)),
            ("create", "fed.b", None, Some(r#"{"n":2}"#)),
            ("create", "fed.a", None, Some(r#"{"n":1}"#)),
        ]
    );
    assert_eq!(audit[0].actor, Actor::new("admin", "192.0.2.1"));
    assert_eq!(audit[0].revision, Some((LOG, Revision(2))));
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn a_refused_change_leaves_nothing() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    commit(database, &[put("fed.a", "{}")]).await.unwrap();
    let refused = [
        vec![],
        vec![put("fed.b", "{}"), put("fed.b", "{}")],
        vec![put("", "{}")],
        vec![put("fed.b", "{}"), NewItem::put(ObjectKind::Verdict, "sha256:1", "x")],
    ];
    for items in refused {
        let error = commit(database, &items).await.unwrap_err();
        assert!(matches!(error, StoreError::MalformedChange(_)), "{error}");
    }
    let missing = [put("fed.b", "{}"), NewItem::delete(KIND, "fed.c")];
    let error = commit(database, &missing).await.unwrap_err();
    assert!(matches!(error, StoreError::ObjectMissing { ref name, .. } if name == "fed.c"));
    let mut tx = database.begin().await.unwrap();
    change::commit(&mut tx, LOG, &Actor::system(), &[put("fed.d", "{}")]).await.unwrap();
    tx.rollback().await.unwrap();

    let mut conn = database.acquire().await.unwrap();
    assert_eq!(object::list_names(&mut conn, KIND).await.unwrap(), ["fed.a"]);
    assert_eq!(change::head(&mut conn, LOG).await.unwrap().revision, Revision(1));
    assert_eq!(audit::list(&mut conn, None, 10).await.unwrap().len(), 1);
    drop(conn);
    test.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_leave_no_gap_and_readers_see_none() {
    const WRITERS: usize = 8;
    const EACH: usize = 15;
    let test = TestDatabase::start().await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let database = test.database.clone();
            tokio::spawn(async move {
                let mut revisions = Vec::new();
                for n in 0..EACH {
                    // Half of the objects are shared between all writers.
                    let own = NewItem::put(KIND, format!("fed.{writer}-{n}"), "{}");
                    let shared = NewItem::put(KIND, format!("fed.shared-{}", n % 3), "{}");
                    revisions.push(commit(&database, &[own, shared]).await.unwrap());
                }
                revisions
            })
        })
        .collect();
    // A reader that follows the log sees every revision once, in order.
    let total = (WRITERS * EACH) as u64;
    let mut seen = 0;
    let follow = async {
        while seen < total {
            for change in changes(&test.database, seen).await {
                seen += 1;
                assert_eq!(change.revision, Revision(seen));
            }
        }
    };
    tokio::time::timeout(PATIENCE, follow).await.unwrap();
    let mut revisions = Vec::new();
    for writer in writers {
        let own = writer.await.unwrap();
        assert!(own.is_sorted());
        revisions.extend(own);
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=total).map(Revision).collect::<Vec<_>>());
    let mut conn = test.database.acquire().await.unwrap();
    let head = change::head(&mut conn, LOG).await.unwrap();
    assert_eq!(head.digest, digest_of_objects(&test.database).await);
    drop(conn);
    test.stop().await;
}

#[tokio::test]
async fn listeners_hear_of_a_change_when_it_is_committed() {
    let test = TestDatabase::start().await;
    let mut listener = test.database.listen().await.unwrap();
    listener.listen(change::CHANNEL).await.unwrap();
    let mut tx = test.database.begin().await.unwrap();
    change::commit(&mut tx, LOG, &Actor::system(), &[put("fed.lost", "{}")]).await.unwrap();
    tx.rollback().await.unwrap();
    commit(&test.database, &[put("fed.a", "{}")]).await.unwrap();
    commit(&test.database, &[put("fed.b", "{}")]).await.unwrap();
    for expected in ["1:1", "1:2"] {
        let heard = tokio::time::timeout(PATIENCE, listener.recv()).await.unwrap().unwrap();
        assert_eq!(heard.payload(), expected);
    }
    drop(listener);
    test.stop().await;
}

#[tokio::test]
async fn compaction_sends_those_who_are_behind_to_a_snapshot() {
    let test = TestDatabase::start().await;
    let database = &test.database;
    for name in ["fed.a", "fed.b", "fed.c"] {
        commit(database, &[put(name, "{}")]).await.unwrap();
    }
    let before = changes(database, 1).await[1].at;
    let mut tx = database.begin().await.unwrap();
    assert_eq!(change::compact(&mut tx, LOG, before).await.unwrap(), 2);
    tx.commit().await.unwrap();

    let mut conn = database.acquire().await.unwrap();
    let head = change::head(&mut conn, LOG).await.unwrap();
    assert_eq!((head.floor, head.revision), (Revision(2), Revision(3)));
    let since = change::since(&mut conn, LOG, Revision(1), 10).await.unwrap();
    assert_eq!(since, Since::Unreachable(head));
    let beyond = change::since(&mut conn, LOG, Revision(4), 10).await.unwrap();
    assert_eq!(beyond, Since::Unreachable(head));
    assert_eq!(changes(database, 2).await.len(), 1);
    assert_eq!(changes(database, 3).await.len(), 0);
    assert_eq!(object::list_names(&mut conn, KIND).await.unwrap().len(), 3);
    drop(conn);
    test.stop().await;
}
