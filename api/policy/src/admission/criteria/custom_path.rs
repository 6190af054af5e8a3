//! `customPath`: what stands at a path of the pod template, such as
//! `item.spec.containers[_].image`. `[_]` and `_` stand for each element of a list, a
//! number for one. One value that is reached must meet the criterion; with `notExist` none
//! may be there.

use palisade_api::rest::admission::AdmissionCriterion;
use serde_json::Value;

use super::{Definition, Met, Test, parsed, set, truth};
use crate::pattern::Wildcard;

/// The type of criteria that say a path; their name is for people.
pub(super) const TYPE: &str = "customPath";
/// What a path is relative to.
const TEMPLATE: &str = "podTemplate";
const MOST_STEPS: usize = 32;

/// Operators by the type of the value, the most usual first.
pub(super) const OPERATORS: [(&str, &[&str]); 4] = [
    ("key", &["exist", "notExist"]),
    (
        "string",
        &["containsAny", "notContainsAny", "containsAll", "containsOtherThan", "exist", "notExist"],
    ),
    ("number", &[">=", ">", "<=", "=", "!=", "exist", "notExist"]),
    ("boolean", &["=", "exist", "notExist"]),
];

pub(super) const DEFINITION: Definition = Definition {
    name: TYPE,
    // They depend on the type of the value.
    deny: &[""],
    allow: &[],
    values: &[],
    source: "yaml",
    sub: &[],
    normal: |value| Ok(value.trim().to_owned()),
    compile: |criterion| {
        if !matches!(criterion.template_kind.as_str(), "" | TEMPLATE) {
            return Err(format!("its template_kind is {TEMPLATE}"));
        }
        let path = steps(&criterion.path)?;
        let wanted = Wanted::of(criterion)?;
        Ok(Test::new(move |subject| {
            // Of a request of the past the template is not known, and meets nothing.
            let Some(template) = &subject.workload.template else { return Met::No };
            let mut reached = Vec::new();
            reach(template, &path, &mut reached);
            Met::from(match &wanted {
                Wanted::Exist => !reached.is_empty(),
                Wanted::NotExist => reached.is_empty(),
                Wanted::Value(wanted) => reached.iter().any(|value| wanted.is_met(value)),
            })
        }))
    },
};

/// A step of a path.
enum Step {
    Key(String),
    Index(usize),
    Each,
}

fn steps(path: &str) -> Result<Vec<Step>, String> {
    let wrong = || "its path begins with item. and names keys, numbers or [_]".to_owned();
    let path = path.trim().strip_prefix("item.").ok_or_else(wrong)?;
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (key, each) = match part.strip_suffix("[_]") {
            Some(key) => (key, true),
            None => (part, false),
        };
        if key.is_empty() || key.contains(['[', ']']) {
            return Err(wrong());
        }
        steps.push(match key.parse() {
            _ if key == "_" => Step::Each,
            Ok(index) => Step::Index(index),
            Err(_) => Step::Key(key.to_owned()),
        });
        if each {
            steps.push(Step::Each);
        }
    }
    // The list itself is compared as a set.
    if matches!(steps.last(), Some(Step::Each)) {
        steps.pop();
    }
    if steps.len() > MOST_STEPS { Err(wrong()) } else { Ok(steps) }
}

fn reach<'a>(value: &'a Value, path: &[Step], reached: &mut Vec<&'a Value>) {
    let Some((step, rest)) = path.split_first() else {
        reached.push(value);
        return;
    };
    match step {
        Step::Key(key) => {
            if let Some(at) = value.get(key) {
                reach(at, rest, reached);
            }
        }
        Step::Index(index) => {
            // Keys of objects may be numbers too.
            let at = value.get(index).or_else(|| value.get(index.to_string()));
            if let Some(at) = at {
                reach(at, rest, reached);
            }
        }
        Step::Each => {
            for at in value.as_array().into_iter().flatten() {
                reach(at, rest, reached);
            }
        }
    }
}

enum Wanted {
    Exist,
    NotExist,
    Value(Comparison),
}

/// How a value that is there is compared.
enum Comparison {
    Set(set::Comparison<Wildcard>),
    Number(fn(f64, f64) -> bool, f64),
    Truth(bool),
}

impl Wanted {
    fn of(criterion: &AdmissionCriterion) -> Result<Self, String> {
        let (kind, op) = (criterion.value_type.as_str(), criterion.op.as_str());
        let Some((_, ops)) = OPERATORS.iter().find(|(known, _)| *known == kind) else {
            let known = OPERATORS.map(|(kind, _)| kind).join(", ");
            return Err(format!("its value_type is one of: {known}"));
        };
        if !ops.contains(&op) {
            let op = crate::error::shorten(op);
            return Err(format!("{op:?} is no operator of it; use one of: {}", ops.join(", ")));
        }
        Ok(match (op, kind) {
            ("exist", _) => Self::Exist,
            ("notExist", _) => Self::NotExist,
            (_, "number") => Self::Value(numeric(op, parsed(&criterion.value)?)),
            (_, "boolean") => Self::Value(Comparison::Truth(truth(&criterion.value)? == "true")),
            _ if criterion.value.len() < 2 => {
                return Err("its value has two characters at least".to_owned());
            }
            _ => Self::Value(Comparison::Set(set::wildcards(criterion)?)),
        })
    }
}

fn numeric(op: &str, wanted: f64) -> Comparison {
    let compare: fn(f64, f64) -> bool = match op {
        "=" => |said, wanted| said.total_cmp(&wanted).is_eq(),
        "!=" => |said, wanted| said.total_cmp(&wanted).is_ne(),
        ">=" => |said, wanted| said >= wanted,
        ">" => |said, wanted| said > wanted,
        _ => |said, wanted| said <= wanted,
    };
    Comparison::Number(compare, wanted)
}

impl Comparison {
    fn is_met(&self, value: &Value) -> bool {
        match self {
            Self::Set(comparison) => {
                let listed = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                comparison.is_met(&listed.iter().filter_map(text).collect::<Vec<_>>())
            }
            Self::Number(compare, wanted) => {
                value.as_f64().is_some_and(|said| compare(said, *wanted))
            }
            Self::Truth(wanted) => value.as_bool() == Some(*wanted),
        }
    }
}

/// A scalar as people write it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
