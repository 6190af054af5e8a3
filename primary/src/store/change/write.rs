//! The rows of one change beside its own.

use palisade_api::kind::LogId;
use palisade_api::{ObjectKind, Revision};
use palisade_policy::cluster::ClusterSelector;
use palisade_sync::view::Version;
use sqlx::PgTransaction;

use super::super::object::{kind_column, selector_column};
use super::super::{Actor, Result, StoreError};
use super::{column_of, log_column};

/// The rows of one change, gathered so that each table costs one statement.
#[derive(Default)]
pub(in crate::store) struct Writing {
    put_kinds: Vec<i32>,
    put_names: Vec<String>,
    put_revisions: Vec<i64>,
    put_payloads: Vec<Vec<u8>>,
    put_selectors: Vec<Option<String>>,
    delete_kinds: Vec<i32>,
    delete_names: Vec<String>,
    audit_actions: Vec<String>,
    audit_kinds: Vec<String>,
    audit_names: Vec<String>,
    audit_before: Vec<Option<Vec<u8>>>,
    audit_after: Vec<Option<Vec<u8>>>,
}

impl Writing {
    /// An object is written as `revision` made it.
    pub(in crate::store) fn put(
        &mut self,
        kind: ObjectKind,
        name: &str,
        version: &Version,
        selector: &ClusterSelector,
    ) -> Result<()> {
        self.put_kinds.push(kind_column(kind));
        self.put_names.push(name.to_owned());
        self.put_revisions.push(column_of(version.revision));
        self.put_payloads.push(version.payload.to_vec());
        self.put_selectors.push(selector_column(selector)?);
        Ok(())
    }

    /// An object is deleted.
    pub(in crate::store) fn delete(&mut self, kind: ObjectKind, name: &str) {
        self.delete_kinds.push(kind_column(kind));
        self.delete_names.push(name.to_owned());
    }

    /// What became of an object, for people.
    pub(in crate::store) fn audit(
        &mut self,
        kind: ObjectKind,
        name: &str,
        before: Option<Vec<u8>>,
        after: Option<Vec<u8>>,
    ) {
        let action = match (&before, &after) {
            (None, _) => "create",
            (Some(_), Some(_)) => "update",
            (Some(_), None) => "delete",
        };
        self.audit_actions.push(action.to_owned());
        self.audit_kinds.push(kind.as_str().to_owned());
        self.audit_names.push(name.to_owned());
        self.audit_before.push(before);
        self.audit_after.push(after);
    }

    /// Writes all of it.
    pub(in crate::store) async fn write(
        &self,
        tx: &mut PgTransaction<'_>,
        log: LogId,
        revision: Revision,
        actor: &Actor,
    ) -> Result<()> {
        let inserted = sqlx::query!(
            "INSERT INTO object (kind, name, log, revision, payload, selector)
             SELECT kind, name, $6, revision, payload, selector::json
             FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bytea[], $5::text[])
                  AS item (kind, name, revision, payload, selector)
             ON CONFLICT (kind, name) DO UPDATE
             SET revision = EXCLUDED.revision, payload = EXCLUDED.payload,
                 selector = EXCLUDED.selector",
            &self.put_kinds,
            &self.put_names,
            &self.put_revisions,
            &self.put_payloads,
            &self.put_selectors as &[Option<String>],
            log_column(log),
        )
        .execute(&mut **tx)
        .await?;
        let deleted = sqlx::query!(
            "DELETE FROM object USING unnest($1::int[], $2::text[]) AS item (kind, name)
             WHERE object.kind = item.kind AND object.name = item.name",
            &self.delete_kinds,
            &self.delete_names,
        )
        .execute(&mut **tx)
        .await?;
        let written = inserted.rows_affected() + deleted.rows_affected();
        if written != (self.put_names.len() + self.delete_names.len()) as u64 {
            return Err(StoreError::inconsistent("object", "an object moved under the lock"));
        }
        if self.audit_names.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO audit (actor, source, action, kind, name, log, revision, before, after)
             SELECT $6, $7, action, kind, name, $8, $9,
                    convert_from(before, 'UTF8')::json, convert_from(after, 'UTF8')::json
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
                  AS item (action, kind, name, before, after)",
            &self.audit_actions,
            &self.audit_kinds,
            &self.audit_names,
            &self.audit_before as &[Option<Vec<u8>>],
            &self.audit_after as &[Option<Vec<u8>>],
            actor.name,
            actor.source,
            log_column(log),
            column_of(revision),
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
