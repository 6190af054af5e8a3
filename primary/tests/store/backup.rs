//! Backups: what is left out of them is told anew by what comes back.

use std::io::Cursor;

use chrono::{TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_primary::store::Database;
use palisade_primary::store::backup::TableHead;
use palisade_primary::store::backup::dump::dump;
use palisade_primary::store::backup::frame::{Frame, FrameKind, FrameReader, FrameWriter};
use palisade_primary::store::backup::load::{self, Frames};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::event::{event, insert};
use crate::report_vulnerability::{renew, some_of_fleet};
use crate::server::TestDatabase;

/// What lists are answered by, though no backup has it.
const TOLD_ANEW: [&str; 6] = [
    "event_tally",
    "event_tally_namespace",
    "event_tally_image",
    "event_kind",
    "event_namespace",
    "report_vulnerability",
];

async fn rows(database: &Database, table: &str) -> String {
    let statement = format!(
        "SELECT coalesce(string_agg(one::text, ' ' ORDER BY one::text), '') FROM {table} AS one"
    );
    let mut conn = database.acquire().await.unwrap();
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&mut *conn).await.unwrap()
}

/// The backup as an older program makes it beside a newer one: it does not know that a table is
/// told anew.
fn with_a_tally(backup: Vec<u8>) -> Vec<u8> {
    let columns = ["image", "hours", "at", "name", "level", "category", "events"];
    let head = TableHead {
        name: "event_tally_image".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
    };
    let row = "shop:v1\t24\t2026-01-01 00:00:00+00\tAdmission.Control.Denied\tCritical\taudit\t1\n";
    let mut reader = FrameReader::new(Cursor::new(backup)).unwrap();
    let mut writer = FrameWriter::new(Vec::new()).unwrap();
    while let Some(frame) = reader.read().unwrap() {
        writer.write(&frame).unwrap();
    }
    for (kind, content) in [
        (FrameKind::Table, serde_json::to_vec(&head).unwrap()),
        (FrameKind::Rows, row.as_bytes().to_vec()),
    ] {
        writer.write(&Frame { kind, content: content.into() }).unwrap();
    }
    writer.finish().unwrap()
}

#[tokio::test]
async fn what_is_left_out_is_told_anew_by_what_comes_back() {
    let (test, restored) = (some_of_fleet().await, TestDatabase::unmigrated().await);
    let cluster = ClusterId::from_uuid(Uuid::now_v7());
    let now = Utc::now();
    let events = [event(1, now - TimeDelta::days(3)), event(2, now)];
    assert_eq!(insert(&test.database, cluster, &events).await, 2);

    let (backup, _) = dump(&test.database, Vec::new(), now).await.unwrap();
    let backup = with_a_tally(backup);
    let mut conn = load::connect(&restored.database).await.unwrap();
    let mut tx = conn.begin().await.unwrap();
    load::load(&mut tx, Frames::of(Cursor::new(backup)), now).await.unwrap();
    tx.commit().await.unwrap();
    load::close(conn).await.unwrap();

    for database in [&test.database, &restored.database] {
        assert_eq!(renew(database).await, 200);
    }
    for table in TOLD_ANEW {
        let expected = rows(&test.database, table).await;
        assert!(!expected.is_empty(), "{table}");
        assert!(rows(&restored.database, table).await == expected, "{table}");
    }
    test.stop().await;
    restored.stop().await;
}
