//! The history of federated objects.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::apply::PlannedChange;

/// One revision of the federation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryRevision {
    /// Its number.
    pub revision: u64,
    /// When it was made, RFC 3339.
    pub at: String,
    /// Who made it.
    pub actor: String,
    /// The address that the request came from; empty for the primary itself.
    pub source: String,
    /// How many objects it changed.
    pub objects: u64,
    /// Which, the first of them.
    pub changes: Vec<HistoryChange>,
}

/// What a revision did to one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryChange {
    /// `create`, `update` or `delete`.
    pub action: String,
    /// The kind of the object in words, such as `admission rule`.
    pub kind: String,
    /// Its name; of rules the id.
    pub name: String,
}

/// Answer of `GET /v1/fed/history`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct HistoryData {
    /// The revisions, newest first.
    pub revisions: Vec<HistoryRevision>,
    /// What to ask for as `before` to get those before; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// What a revision did to one object, in full.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryDifference {
    /// What was done to which object.
    #[serde(flatten)]
    pub change: HistoryChange,
    /// The object before; absent where it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The object after; absent where it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The fields that differ.
    pub fields: Vec<FieldDifference>,
}

/// A field that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldDifference {
    /// Where it is, such as `criteria[0].value`.
    pub path: String,
    /// What it was; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    pub before: Option<Value>,
    /// What it is; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    pub after: Option<Value>,
}

/// Answer of `GET /v1/fed/history/{revision}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct HistoryRevisionData {
    /// The revision.
    pub revision: HistoryRevision,
    /// What it did, in the order in which it did it.
    pub differences: Vec<HistoryDifference>,
}

/// Answer of `POST /v1/fed/history/{revision}/rollback`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RollbackData {
    /// How many objects the roll-back changes; none where everything is as it
    /// was.
    pub objects: u64,
    /// Whether it was done; false for a dry run.
    pub applied: bool,
    /// What was done or would be, by kind and name.
    pub plan: Vec<PlannedChange>,
}
