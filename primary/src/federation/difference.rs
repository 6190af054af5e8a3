//! What differs between two states of an object, field by field.

use palisade_api::rest::history::FieldDifference;
use serde_json::Value;

/// Fields that one object is shown with.
const MOST_FIELDS: usize = 200;

/// The fields that differ, in the order of their names. Of an object that was
/// made or deleted these are its fields.
pub fn fields(before: Option<&Value>, after: Option<&Value>) -> Vec<FieldDifference> {
    let mut fields = Vec::new();
    walk(String::new(), before, after, &mut fields);
    fields
}

fn walk(
    path: String,
    before: Option<&Value>,
    after: Option<&Value>,
    fields: &mut Vec<FieldDifference>,
) {
    if before == after || fields.len() >= MOST_FIELDS {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                walk(member(&path, key), old.get(key), new.get(key), fields);
            }
        }
        // An object that comes or goes is shown by its fields.
        (Some(Value::Object(only)), None) | (None, Some(Value::Object(only)))
            if path.is_empty() =>
        {
            let mut keys: Vec<&String> = only.keys().collect();
            keys.sort_unstable();
            for key in keys {
                let (old, new) = (before.and_then(|v| v.get(key)), after.and_then(|v| v.get(key)));
                walk(key.clone(), old, new, fields);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new)))
            if old.iter().chain(new).any(Value::is_object) =>
        {
            for index in 0..old.len().max(new.len()) {
                walk(format!("{path}[{index}]"), old.get(index), new.get(index), fields);
            }
        }
        _ => fields.push(FieldDifference { path, before: before.cloned(), after: after.cloned() }),
    }
}

fn member(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
        fields(before, after).into_iter().map(|field| field.path).collect()
    }

    #[test]
    fn fields_are_found_where_they_are() {
        let old = json!({"name": "a", "criteria": [{"op": "=", "value": "x"}], "ports": ["1"]});
        let new = json!({"name": "a", "criteria": [{"op": "=", "value": "y"}, {"op": "!="}],
            "ports": ["1", "2"], "comment": "c"});
        assert_eq!(
            paths(Some(&old), Some(&new)),
            ["comment", "criteria[0].value", "criteria[1]", "ports"]
        );
        assert!(paths(Some(&old), Some(&old)).is_empty());
        assert_eq!(paths(None, Some(&old)), ["criteria", "name", "ports"]);
        assert_eq!(paths(Some(&old), None), ["criteria", "name", "ports"]);
    }

    #[test]
    fn there_are_only_so_many() {
        let many: Value =
            (0..1_000).map(|n| (n.to_string(), json!(n))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(paths(None, Some(&many)).len(), MOST_FIELDS);
    }
}
