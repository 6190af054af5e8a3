//! JSON bodies, as clients of this API write them: unknown keys count as nothing, null
//! as absent. An object is written as one: a list in its place, which serde would read
//! by the order of fields, is refused. So is a text with a NUL, which names nothing and
//! which no database keeps.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::Value;
use thiserror::Error;

use super::byte_order_mark;

/// A body that is not what is expected.
#[derive(Debug, Error)]
pub enum JsonError {
    /// It is no JSON, or nested deeper than anything that is asked for.
    #[error("Not JSON: {0}.")]
    Syntax(serde_json::Error),
    /// A text in it, or a key, has a NUL.
    #[error("A text does not contain a NUL.")]
    Nul,
    /// As a whole it is something else.
    #[error("The body is not as expected: {0}.")]
    Whole(serde_json::Error),
    /// Something in it is something else.
    #[error("{place} is not as expected: {what}.")]
    Place {
        /// Where, for example `config.ids[1]`.
        place: String,
        /// What is there, and what should be.
        what: serde_json::Error,
    },
}

/// Whether nothing was sent.
pub fn is_blank(body: &[u8]) -> bool {
    byte_order_mark::strip(body).iter().all(u8::is_ascii_whitespace)
}

/// Reads a body. What is blank counts as `null`.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonError> {
    let mut value = if is_blank(body) {
        Value::Null
    } else {
        // serde_json refuses more than 128 levels, so what follows is bounded.
        serde_json::from_slice(byte_order_mark::strip(body)).map_err(JsonError::Syntax)?
    };
    if has_nul(&value) {
        return Err(JsonError::Nul);
    }
    drop_nulls(&mut value);
    serde_path_to_error::deserialize(Strict(value)).map_err(|error| {
        let place = error.path().to_string();
        let what = error.into_inner();
        if place == "." { JsonError::Whole(what) } else { JsonError::Place { place, what } }
    })
}

/// Whether a text in it, or a key, has the character that no database takes. No deeper than
/// what was parsed, which is bounded.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => {
            members.iter().any(|(key, value)| key.contains('\0') || has_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Leaves out what is null: it counts as absent.
pub fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A value of which no list is read as an object.
struct Strict(Value);

impl IntoDeserializer<'_, serde_json::Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(items) => {
                SeqDeserializer::new(items.into_iter().map(Strict)).deserialize_any(visitor)
            }
            Value::Object(members) => {
                let members = members.into_iter().map(|(key, value)| (key, Strict(value)));
                MapDeserializer::new(members).deserialize_any(visitor)
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(_) => Err(serde_json::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Body {
        config: Inner,
        more: Option<Inner>,
        list: Vec<Inner>,
        by_name: BTreeMap<String, Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        ids: Vec<u32>,
        name: Option<String>,
        mode: Option<Mode>,
        number: Newtype,
        any: Option<Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Monitor,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Newtype(u64);

    fn refusal(text: &str) -> String {
        read::<Body>(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_right_is_read_as_serde_reads_it() {
        for text in [
            "{}",
            r#"{"config":{"ids":[1,2],"name":"x","mode":"monitor","number":7,"other":[[],{}]}}"#,
            r#"{"more":{},"list":[{"name":"a"},{}],"by_name":{"x":{"ids":[]}}}"#,
            r#"{"config":{"any":{"a":[1,{"b":2.5}]}}}"#,
        ] {
            let plain: Body = serde_json::from_str(text).unwrap();
            assert_eq!(read::<Body>(text.as_bytes()).unwrap(), plain, "{text}");
        }
    }

    #[test]
    fn null_counts_as_absent_and_a_blank_body_as_null() {
        let body = r#"{"config":{"ids":null,"name":null},"list":null}"#;
        assert_eq!(read::<Body>(body.as_bytes()).unwrap(), Body::default());
        for blank in ["", " \n", "\u{feff}", "null"] {
            assert_eq!(read::<Option<Body>>(blank.as_bytes()).unwrap(), None, "{blank:?}");
        }
    }

    #[test]
    fn a_list_is_no_object_wherever_it_stands() {
        for (text, place) in [
            ("[]", "The body "),
            ("[[]]", "The body "),
            (r#"{"config":[]}"#, "config "),
            (r#"{"config":[[1],"x"]}"#, "config "),
            (r#"{"more":[]}"#, "more "),
            (r#"{"list":[[]]}"#, "list[0] "),
            (r#"{"by_name":{"x":[]}}"#, "by_name.x "),
            (r#"{"by_name":[]}"#, "by_name "),
        ] {
            let told = refusal(text);
            assert!(told.starts_with(place) && told.contains("sequence"), "{text}: {told}");
        }
    }

    #[test]
    fn a_nul_stands_in_no_text() {
        for text in [
            r#"{"config":{"name":"a\u0000"}}"#,
            r#"{"other":[{"x":"\u0000"}]}"#,
            r#"{"by_name":{"\u0000":{}}}"#,
        ] {
            assert_eq!(refusal(text), "A text does not contain a NUL.", "{text}");
        }
        assert!(read::<Body>(br#"{"config":{"name":"\\u0000"}}"#).is_ok());
    }

    #[test]
    fn a_wrong_type_is_named_with_its_place() {
        for (text, place) in [
            (r#"{"config":{"ids":[1,"two"]}}"#, "config.ids[1] "),
            (r#"{"config":{"mode":"other"}}"#, "config.mode"),
            (r#"{"config":3}"#, "config "),
            ("3", "The body "),
        ] {
            let told = refusal(text);
            assert!(told.starts_with(place), "{text}: {told}");
        }
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused() {
        for text in ["{", "{}x", "\u{0}", "{\u{feff}}", &"[".repeat(100_000)] {
            assert!(refusal(text).starts_with("Not JSON: "), "{text:.20}");
        }
    }
}
