//! A database file that is not what was written to it: half written by a disk or a
//! machine that lied, cut short, overwritten.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;

use super::StoreError;

/// SQLite's result codes for a malformed file and for a file of something else;
/// extended codes have more in their higher bits.
const CORRUPT: u32 = 11;
const NOT_A_DATABASE: u32 = 26;

/// What belongs to a database file.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

impl StoreError {
    /// Whether the file itself is damaged, so that trying again is in vain.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Open { source, .. }
            | Self::Database(source)
            | Self::Migrate(MigrateError::Execute(source)) => damaged(source),
            Self::Damaged(_) => true,
            _ => false,
        }
    }
}

fn damaged(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, CORRUPT | NOT_A_DATABASE))
}

/// Reads every page. What a running program would meet later shows here.
pub(super) async fn check(database: &SqlitePool) -> Result<(), StoreError> {
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(database).await?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Damaged("page")) }
}

/// Renames the file and its companions; one that was set aside before is replaced.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, sqlx::Error> {
    let beside = |path: &Path, ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let aside = beside(path, ".damaged");
    for ending in std::iter::once("").chain(COMPANIONS) {
        match std::fs::rename(beside(path, ending), beside(&aside, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::super::Store;

    async fn filled(path: &std::path::Path) {
        let store = Store::open(path).await.unwrap();
        sqlx::query("CREATE TABLE filler (text TEXT)").execute(&store.writer).await.unwrap();
        for _ in 0..200 {
            sqlx::query("INSERT INTO filler VALUES (hex(randomblob(500)))")
                .execute(&store.writer)
                .await
                .unwrap();
        }
        store.close().await;
    }

    #[tokio::test]
    async fn a_damaged_file_is_set_aside_and_a_sound_one_kept() {
        for (what, damage) in [
            ("cut short", Some(|bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2))),
            ("overwritten", Some(|bytes: &mut Vec<u8>| bytes[8_192..16_384].fill(0xa5))),
            ("something else", Some(|bytes: &mut Vec<u8>| bytes[..4_096].fill(b'x'))),
            ("sound", None),
        ] as [(&str, Option<fn(&mut Vec<u8>)>); 4]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("agent.db");
            filled(&path).await;
            let mut bytes = std::fs::read(&path).unwrap();
            if let Some(damage) = damage {
                damage(&mut bytes);
            }
            std::fs::write(&path, &bytes).unwrap();
            let store = Store::open(&path).await.unwrap();
            store.check().await.unwrap();
            store.close().await;
            let aside = folder.path().join("agent.db.damaged").exists();
            assert_eq!(aside, damage.is_some(), "{what}");
        }
    }
}
