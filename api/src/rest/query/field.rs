//! Fields of rows, as filters and sorts compare them.

use std::cmp::Ordering;

use serde_json::Value;

/// A field that rows of a list have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    name: &'a str,
    empty: Field<'static>,
}

impl<'n> Column<'n> {
    /// That of the rows of which one has this field.
    pub(super) const fn new(name: &'n str, field: Field<'_>) -> Self {
        Self { name, empty: field.empty() }
    }

    /// The field of a row.
    pub(super) fn of<'a>(&self, row: &'a Value) -> Field<'a> {
        row.get(self.name).and_then(Field::of).unwrap_or(self.empty)
    }
}

/// A field that can be compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    Flag(bool),
    Number(f64),
    Text(&'a str),
}

impl<'a> Field<'a> {
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Self::Flag(*flag)),
            Value::Number(number) => number.as_f64().map(Self::Number),
            Value::String(text) => Some(Self::Text(text)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// An empty one of its type.
    const fn empty(self) -> Field<'static> {
        match self {
            Self::Flag(_) => Field::Flag(false),
            Self::Number(_) => Field::Number(0.0),
            Self::Text(_) => Field::Text(""),
        }
    }

    /// Texts as bytes, numbers and flags by value; whatever rows mix, it is an order.
    pub(super) fn compare(self, other: Field<'_>) -> Ordering {
        match (self, other) {
            (Self::Flag(left), Field::Flag(right)) => left.cmp(&right),
            (Self::Number(left), Field::Number(right)) => left.total_cmp(&right),
            (Self::Text(left), Field::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
            (Self::Flag(_), _) | (Self::Number(_), Field::Text(_)) => Ordering::Less,
            (_, Field::Flag(_)) | (Self::Text(_), Field::Number(_)) => Ordering::Greater,
        }
    }
}
