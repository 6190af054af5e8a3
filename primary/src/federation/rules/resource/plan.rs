//! What a change would do, object by object, for people to read.

use std::collections::BTreeMap;

use palisade_api::ObjectKind;
use palisade_policy::cluster::ClusterSelector;
use serde_json::Value;

use super::super::reference::Key;
use super::super::{Edit, Result};
use crate::store::change::{Op, Target};
use crate::store::object::{Object, SELECTOR_KEY};
use crate::store::{self, StoreError};

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// It is deleted.
    Delete,
}

impl Action {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Delete => "delete",
        }
    }
}

/// A field that changes; null where it is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it was.
    pub before: Value,
    /// What it becomes.
    pub after: Value,
}

/// What becomes of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What.
    pub action: Action,
    /// The object's kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// What changes in it, where it is changed.
    pub fields: Vec<Field>,
}

/// Fields that follow from others.
const DERIVED: [&str; 2] = ["last_modified_timestamp", "created_timestamp"];

/// The plan of an edit, by kind and name.
pub(in crate::federation::rules) async fn of(edit: &mut Edit) -> Result<Vec<Planned>> {
    let mut plan = Vec::with_capacity(edit.items.len());
    let keys = edit.items.keys().map(|(kind, name)| (*kind, name.as_str()));
    let present = store::object::of(&mut edit.tx, keys).await?.into_iter();
    let mut present: BTreeMap<Key, Object> =
        present.map(|object| ((object.kind, object.name.clone()), object)).collect();
    for (key, item) in &edit.items {
        let (kind, name) = key;
        let (action, fields) = match (present.remove(key), &item.op) {
            (None, _) => (Action::Create, Vec::new()),
            (Some(_), Op::Delete) => (Action::Delete, Vec::new()),
            (Some(before), op) => {
                let mut fields = match op {
                    Op::Put(after) => fields(&before.payload, after)?,
                    Op::Keep | Op::Delete => Vec::new(),
                };
                fields.extend(selector(&before.selector, &item.target)?);
                (Action::Change, fields)
            }
        };
        plan.push(Planned { action, kind: *kind, name: name.clone(), fields });
    }
    Ok(plan)
}

/// For which clusters it was and is to be, where that changes.
fn selector(before: &ClusterSelector, target: &Target) -> Result<Option<Field>> {
    let Target::Set(after) = target else {
        return Ok(None);
    };
    if before == after {
        return Ok(None);
    }
    let value = |selector: &ClusterSelector| {
        serde_json::to_value(selector).map_err(|error| StoreError::inconsistent("object", error))
    };
    Ok(Some(Field { name: SELECTOR_KEY.to_owned(), before: value(before)?, after: value(after)? }))
}

fn fields(before: &[u8], after: &[u8]) -> Result<Vec<Field>> {
    let object = |payload: &[u8]| {
        serde_json::from_slice::<serde_json::Map<String, Value>>(payload)
            .map_err(|error| StoreError::inconsistent("object", error))
    };
    let (before, after) = (object(before)?, object(after)?);
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let names = names.into_iter().filter(|name| !DERIVED.contains(&name.as_str()));
    let field = |name: &String| Field {
        name: name.clone(),
        before: before.get(name).cloned().unwrap_or_default(),
        after: after.get(name).cloned().unwrap_or_default(),
    };
    Ok(names.map(field).filter(|field| field.before != field.after).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = br#"{"a":1,"b":[1],"last_modified_timestamp":1}"#;
        let after = br#"{"b":[2],"c":null,"last_modified_timestamp":2}"#;
        let fields = fields(before, after).unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!((&fields[0].before, &fields[0].after), (&Value::from(1), &Value::Null));
    }
}
