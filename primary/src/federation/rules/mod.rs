//! Federated rules: groups, network rules and admission rules. Each operation
//! is one transaction and one revision; what it depends on is read under the
//! log's lock, so that a rule and the group it names cannot part.

pub mod admission;
mod error;
pub mod group;
pub mod network;

use palisade_api::ObjectKind;
use palisade_api::kind::LogId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{PgConnection, PgTransaction};

use super::promotion::require_primary;
use crate::store::change::{self, NewItem};
use crate::store::{self, Actor, Database, StoreError};
pub use error::{Result, RuleError};

/// A transaction that changes federated rules.
struct Edit {
    tx: PgTransaction<'static>,
    items: Vec<NewItem>,
}

impl Edit {
    /// Begins a change; this must be a primary.
    async fn begin(database: &Database) -> Result<Self> {
        let mut tx = database.begin().await?;
        change::lock(&mut tx, LogId::Federation).await?;
        require_primary(&mut tx).await?;
        Ok(Self { tx, items: Vec::new() })
    }

    fn put<T: Serialize>(&mut self, kind: ObjectKind, name: String, object: &T) -> Result<()> {
        let payload = serde_json::to_vec(object).map_err(RuleError::Encoding)?;
        self.items.push(NewItem::put(kind, name, payload));
        Ok(())
    }

    fn delete(&mut self, kind: ObjectKind, name: String) {
        self.items.push(NewItem::delete(kind, name));
    }

    /// Commits what was put and deleted as one revision; nothing where nothing
    /// was.
    async fn commit(mut self, actor: &Actor) -> Result<()> {
        if !self.items.is_empty() {
            change::commit(&mut self.tx, LogId::Federation, actor, &self.items).await?;
        }
        self.tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

/// All objects of a kind.
async fn load<T: DeserializeOwned>(conn: &mut PgConnection, kind: ObjectKind) -> Result<Vec<T>> {
    let objects = store::object::list(conn, kind).await?;
    objects.iter().map(|object| parse(&object.payload)).collect()
}

/// One object.
async fn find<T: DeserializeOwned>(
    conn: &mut PgConnection,
    kind: ObjectKind,
    name: &str,
) -> Result<Option<T>> {
    let object = store::object::get(conn, kind, name).await?;
    object.map(|object| parse(&object.payload)).transpose()
}

fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T> {
    serde_json::from_slice(payload)
        .map_err(|error| StoreError::inconsistent("object", error).into())
}
