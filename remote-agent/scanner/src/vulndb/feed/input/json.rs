//! JSON of any size, a record at a time.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::path::Path;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde_json::value::RawValue;

use super::bounded::Budget;
use super::{Accepts, Document, InputError, RECORD_BYTES, Sink, documents, is_json};

/// What the outermost value of a document is.
#[derive(Clone, Copy)]
pub(in super::super) enum Shape {
    /// A record, an array of records, or one record after the other.
    Records,
    /// An object: the elements of the arrays of these names are the records.
    /// An outermost array holds records as well.
    Arrays(&'static [&'static str]),
    /// An object: each of its members is a record.
    Members,
}

/// A piece of a document.
pub(in super::super) enum Piece<'a> {
    /// A document begins.
    Begin,
    /// A member of the outermost object.
    Member(&'a str, &'a RawValue),
    /// A record.
    Record(&'a [u8]),
    /// The document ends.
    End,
}

/// Where a piece stands, for messages.
pub(in super::super) type Place = str;

type Each<'a> = dyn FnMut(&mut dyn Sink, &Place, Piece<'_>) + 'a;

type EachLine<'a> = dyn FnMut(&mut dyn Sink, &Place, &[u8]) -> io::Result<()> + 'a;

/// Reads every JSON document of the source. Where the name says so, every
/// line is a document.
pub(in super::super) fn read(
    path: &Path,
    shape: Shape,
    sink: &mut dyn Sink,
    each: &mut Each<'_>,
) -> Result<(), InputError> {
    read_of(path, is_json, shape, sink, each)
}

/// The same for the documents that `accepts` takes.
pub(in super::super) fn read_of(
    path: &Path,
    accepts: Accepts,
    shape: Shape,
    sink: &mut dyn Sink,
    each: &mut Each<'_>,
) -> Result<(), InputError> {
    documents(path, accepts, sink, &mut |sink, content| document(content, shape, sink, each))
}

/// Reads one document.
pub(in super::super) fn document(
    content: &mut Document<'_>,
    shape: Shape,
    sink: &mut dyn Sink,
    each: &mut Each<'_>,
) -> io::Result<()> {
    if matches!(content.ending().as_str(), "jsonl" | "ndjson") {
        return lines(content, sink, &mut |sink, place, line| {
            let ends = line.ends_with(b"\n");
            let mut line = line;
            match whole(&mut line, shape, sink, place, None, each) {
                Err(error) if ends && error.is_eof() => {
                    sink.malformed(place, &error.to_string());
                    Ok(())
                }
                result => tell(result, sink, place, false),
            }
        });
    }
    let name = content.name.to_owned();
    let budget = content.budget.clone();
    let mut begun = false;
    let result = whole(
        &mut *content.reader,
        shape,
        sink,
        &name,
        Some(&budget),
        &mut |sink, place, piece| {
            begun |= !matches!(piece, Piece::Begin);
            each(sink, place, piece);
        },
    );
    tell(result, sink, &name, begun)
}

/// Gives every line that is not empty to `each`.
pub(in super::super) fn lines(
    document: &mut Document<'_>,
    sink: &mut dyn Sink,
    each: &mut EachLine<'_>,
) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        document.budget.refill();
        line.clear();
        let read = (&mut *document.reader).take(RECORD_BYTES).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if !line.trim_ascii().is_empty() {
            each(sink, &format!("{}:{number}", document.name), &line)?;
        }
    }
    Ok(())
}

/// What is wrong with the text is told and left; what is wrong with the file
/// is an error. Where it had `begun`, all that follows is lost with it.
fn tell(
    result: Result<(), serde_json::Error>,
    sink: &mut dyn Sink,
    place: &Place,
    begun: bool,
) -> io::Result<()> {
    match result {
        Ok(()) => Ok(()),
        Err(error) if error.io_error_kind().is_some_and(|k| k != io::ErrorKind::InvalidData) => {
            Err(error.into())
        }
        Err(error) if error.is_eof() || begun && error.is_syntax() => {
            sink.cut(place, &error.to_string());
            Ok(())
        }
        Err(error) => {
            sink.malformed(place, &error.to_string());
            Ok(())
        }
    }
}

fn whole(
    reader: &mut dyn BufRead,
    shape: Shape,
    sink: &mut dyn Sink,
    place: &Place,
    budget: Option<&Budget>,
    each: &mut Each<'_>,
) -> Result<(), serde_json::Error> {
    let first = first(reader).map_err(serde_json::Error::io)?;
    each(sink, place, Piece::Begin);
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let mut pieces = Pieces { sink, place, budget, each };
    let arrays = match shape {
        Shape::Arrays(arrays) => arrays,
        Shape::Records | Shape::Members => &[],
    };
    if matches!(shape, Shape::Records) && first.is_some_and(|first| first != b'[') {
        // Lines are not always told by the name.
        for record in deserializer.into_iter::<Box<RawValue>>() {
            pieces.give(Piece::Record(record?.get().as_bytes()));
        }
    } else {
        Outermost { pieces: &mut pieces, arrays }.deserialize(&mut deserializer)?;
        deserializer.end()?;
    }
    each(sink, place, Piece::End);
    Ok(())
}

/// The first byte of the text that is no space.
fn first(reader: &mut dyn BufRead) -> io::Result<Option<u8>> {
    loop {
        let buffer = reader.fill_buf()?;
        let mark = buffer.strip_prefix(b"\xef\xbb\xbf").map_or(0, |_| 3);
        let spaces = buffer.get(mark..).unwrap_or_default();
        let spaces = mark + spaces.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if let Some(byte) = buffer.get(spaces).copied() {
            reader.consume(spaces);
            return Ok(Some(byte));
        }
        if spaces == 0 {
            return Ok(None);
        }
        reader.consume(spaces);
    }
}

struct Pieces<'a, 'e> {
    sink: &'a mut dyn Sink,
    place: &'a Place,
    budget: Option<&'a Budget>,
    each: &'a mut Each<'e>,
}

impl Pieces<'_, '_> {
    fn give(&mut self, piece: Piece<'_>) {
        (self.each)(self.sink, self.place, piece);
        if let Some(budget) = self.budget {
            budget.refill();
        }
    }
}

/// The outermost value.
struct Outermost<'p, 'a, 'e> {
    pieces: &'p mut Pieces<'a, 'e>,
    arrays: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for Outermost<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Outermost<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(element) = array.next_element::<Box<RawValue>>()? {
            self.pieces.give(Piece::Record(element.get().as_bytes()));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            if self.arrays.contains(&key.as_str()) {
                object.next_value_seed(Array(&mut *self.pieces))?;
            } else {
                let value = object.next_value::<Box<RawValue>>()?;
                self.pieces.give(Piece::Member(&key, &value));
            }
        }
        Ok(())
    }
}

/// An array of records inside the outermost object; nothing where it is null,
/// or an object of nothing, as some write what is empty.
struct Array<'p, 'a, 'e>(&'p mut Pieces<'a, 'e>);

impl<'de> DeserializeSeed<'de> for Array<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Array<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(element) = array.next_element::<Box<RawValue>>()? {
            self.0.give(Piece::Record(element.get().as_bytes()));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        match object.next_key::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}
