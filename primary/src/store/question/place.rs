//! Orders without ties, and places in them, which pages begin behind.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use thiserror::Error;

use super::{Kind, Value};

/// Bytes of a place as clients send it.
const MOST_PLACE_BYTES: usize = 2_048;

/// An order without ties.
#[derive(Debug)]
pub struct Order {
    /// Its name.
    pub name: &'static str,
    /// The columns, which together are unique. Each needs no more than the
    /// index that begins with them.
    pub columns: &'static [(&'static str, Kind)],
    /// Whether it descends where nobody says.
    pub descends: bool,
}

impl Order {
    fn begins_with(&self, part: &str) -> bool {
        self.columns.first().is_some_and(|(column, _)| column.starts_with(part))
    }

    /// Whether it is one of images.
    pub(super) fn is_of_images(&self) -> bool {
        self.begins_with("image.")
    }

    /// Whether it is one of what belongs to images. Of what comes first in it there may be some
    /// in each of them.
    pub(super) fn is_of_what_images_have(&self) -> bool {
        self.begins_with("item.")
    }

    /// Whether images are in the order of how much runs of them.
    pub(super) fn is_of_numbers(&self) -> bool {
        self.columns.first().is_some_and(|(column, _)| counts_what_runs(column))
    }
}

/// Whether a column tells how much runs of an image.
pub(super) fn counts_what_runs(column: &str) -> bool {
    ["image.clusters", "image.workloads"].contains(&column)
}

/// A place in an order: the values of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(pub Vec<Value>);

/// A text that is no place in the order.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not a place in this order")]
pub struct NoPlace;

impl Place {
    /// The place as clients carry it from page to page.
    pub fn to_text(&self, order: &Order, descending: bool) -> String {
        let direction = if descending { "desc" } else { "asc" };
        let parts = [order.name.to_owned(), direction.to_owned()].into_iter();
        let parts: Vec<String> = parts.chain(self.0.iter().map(Value::to_text)).collect();
        // A list of texts is always JSON.
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).unwrap_or_default())
    }

    /// Reads what [`Self::to_text`] made of the same order.
    pub fn parse(text: &str, order: &Order, descending: bool) -> Result<Self, NoPlace> {
        if text.len() > MOST_PLACE_BYTES {
            return Err(NoPlace);
        }
        let json = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| NoPlace)?;
        let parts: Vec<String> = serde_json::from_slice(&json).map_err(|_| NoPlace)?;
        let direction = if descending { "desc" } else { "asc" };
        let values = match parts.split_at_checked(2) {
            Some(([name, way], values)) if name == order.name && way == direction => values,
            _ => return Err(NoPlace),
        };
        if values.len() != order.columns.len() {
            return Err(NoPlace);
        }
        let values = values.iter().zip(order.columns);
        let values = values.map(|(text, (_, kind))| Value::parse(*kind, text).ok_or(NoPlace));
        Ok(Self(values.collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    pub(in crate::store::question) const ORDER: Order = Order {
        name: "time",
        columns: &[("at", Kind::Time), ("cluster_id", Kind::Cluster), ("seq", Kind::Number)],
        descends: true,
    };

    pub(in crate::store::question) fn place() -> Place {
        let at = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
        Place(vec![Value::Time(at), Value::Cluster(Uuid::from_u128(7)), Value::Number(-3)])
    }

    #[test]
    fn a_place_leads_back_to_itself_in_its_own_order_only() {
        let text = place().to_text(&ORDER, true);
        assert_eq!(Place::parse(&text, &ORDER, true), Ok(place()));
        assert_eq!(Place::parse(&text, &ORDER, false), Err(NoPlace));
        let other = Order { name: "name", ..ORDER };
        assert_eq!(Place::parse(&text, &other, true), Err(NoPlace));
        let longer = Order { columns: &[("at", Kind::Time)], ..ORDER };
        assert_eq!(Place::parse(&text, &longer, true), Err(NoPlace));
    }

    #[test]
    fn what_is_no_place_is_told() {
        let long = "A".repeat(MOST_PLACE_BYTES + 1);
        for text in ["", "%", "AAAA", "W10", "WyJ0aW1lIl0", long.as_str()] {
            assert_eq!(Place::parse(text, &ORDER, true), Err(NoPlace), "{text}");
        }
    }
}
