//! JSON that tools write, read within bounds whatever a file holds.
//!
//! Only what is asked for is kept, so that memory follows the packages of a
//! file and not its size. Depth is bounded by `serde_json`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::MOST_PACKAGES;
use crate::inspect::Problem;

/// Reads a document.
pub(in crate::inspect) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| Problem::new(format!("is no such JSON: {error}")))
}

/// Reads a document that has comments, and commas behind the last element.
pub(super) fn read_relaxed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    read(&strict(bytes))
}

/// The document, where it may be read: what is in objects in objects is bounded by its size only.
pub(super) fn bounded(bytes: &[u8]) -> Result<&[u8], Problem> {
    const MOST: usize = 10 << 20;
    if bytes.len() <= MOST {
        return Ok(bytes);
    }
    Err(Problem::new(format!("has more than {MOST} bytes")))
}

/// A text; none where there is something else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) Option<String>);

impl Text {
    pub(super) fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

/// Whether a flag is set; anything that is no flag is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

/// An object, in its order. An empty array is one without entries: some tools
/// write it so.
#[derive(Clone, Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(String, T)>);

/// An array.
#[derive(Clone, Debug)]
pub(in crate::inspect) struct Items<T>(pub(in crate::inspect) Vec<T>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    pub(super) fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar).map(|scalar| match scalar {
            Found::Text(text) => Self(Some(text)),
            Found::Flag(_) | Found::Other => Self(None),
        })
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(matches!(deserializer.deserialize_any(Scalar)?, Found::Flag(true))))
    }
}

enum Found {
    Text(String),
    Flag(bool),
    Other,
}

struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Found, E> {
        Ok(Found::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Found, E> {
        Ok(Found::Flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(Found::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found, E> {
        Ok(Found::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(Found::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Found, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Found::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Found::Other)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Entries<T>, E> {
        Ok(Entries::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entries<T>, A::Error> {
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(Entries::default()),
            Some(_) => Err(A::Error::custom("an array where an object is expected")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            within(entries.len())?;
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemsVisitor(PhantomData))
    }
}

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
    type Value = Items<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<Items<T>, E> {
        Ok(Items::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            within(items.len())?;
            items.push(item);
        }
        Ok(Items(items))
    }
}

/// Fails when one more than `held` is too many.
pub(super) fn within<E: serde::de::Error>(held: usize) -> Result<(), E> {
    if held < MOST_PACKAGES {
        return Ok(());
    }
    Err(E::custom(format_args!("more than {MOST_PACKAGES} elements")))
}

/// The document without comments and without commas before a closing bracket.
fn strict(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    // Where a comma was kept that nothing but space follows.
    let mut comma = None;
    while let Some(byte) = rest.next() {
        match (byte, rest.peek()) {
            (b'"', _) => {
                comma = None;
                kept.push(byte);
                while let Some(inner) = rest.next() {
                    kept.push(inner);
                    match inner {
                        b'\\' => kept.extend(rest.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            (b'/', Some(b'/')) => while rest.next_if(|byte| *byte != b'\n').is_some() {},
            (b'/', Some(b'*')) => {
                rest.next();
                while let Some(inner) = rest.next() {
                    if inner == b'*' && rest.next_if_eq(&b'/').is_some() {
                        break;
                    }
                }
            }
            (b',', _) => {
                comma = Some(kept.len());
                kept.push(byte);
            }
            (b'}' | b']', _) => {
                if let Some(at) = comma.take() {
                    kept.truncate(at);
                }
                kept.push(byte);
            }
            _ => {
                if !byte.is_ascii_whitespace() {
                    comma = None;
                }
                kept.push(byte);
            }
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_commas_too_many_are_dropped() {
        for (relaxed, expected) in [
            ("{\"a\": [1, 2, ], }", "{\"a\": [1, 2]}"),
            ("[1, // one, ]\n 2 /* two */ ]", "[1, \n 2  ]"),
            (r#"{"a // b": "c,]\",}"}"#, r#"{"a // b": "c,]\",}"}"#),
            ("[\"unclosed", "[\"unclosed"),
            ("/*", ""),
        ] {
            assert_eq!(strict(relaxed.as_bytes()), expected.as_bytes(), "{relaxed}");
        }
    }

    #[test]
    fn what_is_no_text_is_none() {
        for (json, expected) in
            [("\"a\"", Some("a")), ("1", None), ("[[\"a\"]]", None), ("{\"a\":1}", None)]
        {
            assert_eq!(read::<Text>(json.as_bytes()).unwrap().0.as_deref(), expected, "{json}");
        }
        assert!(read::<Flag>(b"true").unwrap().0);
        assert!(!read::<Flag>(b"\"true\"").unwrap().0);
    }

    #[test]
    fn objects_and_arrays_are_bounded() {
        let many = |open: &str, one: &str, close: &str| {
            format!("{open}{}{close}", vec![one; MOST_PACKAGES + 1].join(","))
        };
        assert!(read::<Entries<Flag>>(many("{", "\"a\":1", "}").as_bytes()).is_err());
        assert!(read::<Items<Flag>>(many("[", "1", "]").as_bytes()).is_err());
        assert!(read::<Entries<Flag>>(b"[]").unwrap().0.is_empty());
        assert!(read::<Entries<Flag>>(b"[1]").is_err());
    }
}
