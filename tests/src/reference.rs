//! What clients of the REST API take for granted: the shape of each answer, as
//! two tables beside the project tell it.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The tables.
#[derive(Debug)]
pub struct Reference {
    /// What clients call.
    pub endpoints: Vec<Endpoint>,
    types: HashMap<String, Vec<Field>>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// GET, POST, PATCH or DELETE.
    pub method: String,
    /// With parameters in braces.
    pub path: String,
    /// Which part of the API it belongs to.
    pub area: String,
    /// The types of the answer, separated by `|`; empty where it has no body.
    pub answer: String,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    value: String,
    optional: bool,
    nullable: bool,
    /// The values that clients know; empty where any will do.
    values: Vec<String>,
}

impl Reference {
    /// Reads the tables; none, with a word about it, where they are not there.
    pub fn read() -> Result<Option<Self>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference");
        if !folder.exists() {
            eprintln!("skipped: ../shared/reference is not there");
            return Ok(None);
        }
        let endpoints = rows(&folder.join("rest-endpoints.tsv"))?
            .into_iter()
            .map(|row| {
                let cell = |at: usize| row.get(at).cloned().unwrap_or_default();
                Endpoint { method: cell(0), path: cell(1), area: cell(2), answer: cell(6) }
            })
            .collect();
        let mut types = HashMap::<String, Vec<Field>>::new();
        for row in rows(&folder.join("rest-types.tsv"))? {
            let cell = |at: usize| row.get(at).map(String::as_str).unwrap_or_default();
            let values = cell(6);
            let values = if values.is_empty() { Vec::new() } else { list(values) };
            types.entry(cell(0).to_owned()).or_default().push(Field {
                name: cell(1).to_owned(),
                value: cell(2).to_owned(),
                optional: cell(3) == "y",
                nullable: cell(4) == "y",
                values,
            });
        }
        Ok(Some(Self { endpoints, types }))
    }

    /// What a client that expects one of `types` would stumble over in
    /// `answer`: of several types, what is wrong with the best fit.
    pub fn misfits(&self, types: &str, answer: &Value) -> Vec<String> {
        let fits = types.split('|').map(|name| {
            let mut misfits = Vec::new();
            self.object(name, answer, "", &mut misfits);
            misfits
        });
        fits.min_by_key(Vec::len).unwrap_or_default()
    }

    /// Whether the tables tell the fields of all of `types`.
    pub fn knows(&self, types: &str) -> bool {
        types.split('|').all(|name| self.types.contains_key(name))
    }

    fn object(&self, name: &str, value: &Value, at: &str, misfits: &mut Vec<String>) {
        let Some(object) = value.as_object() else {
            return misfits.push(format!("{at}: no object of {name} but {}", brief(value)));
        };
        for field in self.types.get(name).into_iter().flatten() {
            let at = format!("{at}.{}", field.name);
            match object.get(&field.name) {
                None if field.optional => {}
                None => misfits.push(format!("{at}: missing")),
                // Lists are never null: clients iterate over them unseen.
                Some(Value::Null) if field.nullable && !field.value.starts_with("array") => {}
                Some(value) => self.value(field, &field.value, value, &at, misfits),
            }
        }
    }

    fn value(&self, field: &Field, kind: &str, value: &Value, at: &str, misfits: &mut Vec<String>) {
        let inner = |prefix: &str| kind.strip_prefix(prefix)?.strip_suffix('>');
        if let Some(element) = inner("array<") {
            let Some(elements) = value.as_array() else {
                return misfits.push(format!("{at}: no list but {}", brief(value)));
            };
            for element_value in elements {
                self.value(field, element, element_value, &format!("{at}[]"), misfits);
            }
        } else if let Some(element) = inner("map<") {
            let Some(elements) = value.as_object() else {
                return misfits.push(format!("{at}: no map but {}", brief(value)));
            };
            for element_value in elements.values() {
                self.value(field, element, element_value, &format!("{at}{{}}"), misfits);
            }
        } else if let Some(name) = kind.strip_prefix("object ") {
            self.object(name, value, at, misfits);
        } else {
            let fits = match kind {
                "string" | "string(base64)" => value.is_string(),
                "string(RFC3339)" => value
                    .as_str()
                    .is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
                "int" => value.is_i64() || value.is_u64(),
                "float" => value.is_number(),
                "bool" => value.is_boolean(),
                _ => true,
            };
            let known = field.values.is_empty()
                // The tables tell these of some kinds only, but they are of all.
                || (field.name == "cfg_type" && (value == "federal" || value == "system_defined"))
                || value.as_str().is_none_or(|text| field.values.iter().any(|known| known == text));
            if !(fits && known) {
                misfits.push(format!("{at}: no {kind} that clients know but {}", brief(value)));
            }
        }
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

fn brief(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

/// The rows of a table below its head.
fn rows(path: &Path) -> Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let rows: Vec<Vec<String>> =
        text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect();
    ensure!(!rows.is_empty(), "{} is empty", path.display());
    Ok(rows)
}
