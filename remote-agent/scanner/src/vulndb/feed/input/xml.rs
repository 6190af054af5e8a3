//! XML of any size, an element at a time.

use std::io::{self, BufRead};

use quick_xml::errors::SyntaxError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use thiserror::Error;

use super::bounded::Budget;
use super::{Document, Sink};

/// Elements inside each other.
const DEPTH: usize = 128;
/// Elements and attributes of one record.
const NODES: usize = 2_000_000;

/// XML that cannot be read.
#[derive(Debug, Error)]
pub(in super::super) enum XmlError {
    /// The file fails.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// The text is no XML, or of another form than it should be.
    #[error("{0}")]
    Malformed(String),
    /// The text ends where it should go on.
    #[error("the document ends inside an element")]
    Cut,
}

impl XmlError {
    /// What is wrong with the text is told and left; what is wrong with the
    /// file is an error.
    pub(in super::super) fn tell(self, sink: &mut dyn Sink, place: &str) -> io::Result<()> {
        match self {
            Self::Read(error) => return Err(error),
            Self::Cut => sink.cut(place, &self.to_string()),
            Self::Malformed(reason) => sink.malformed(place, &reason),
        }
        Ok(())
    }
}

impl From<quick_xml::Error> for XmlError {
    fn from(error: quick_xml::Error) -> Self {
        match error {
            quick_xml::Error::Io(error) if error.kind() != io::ErrorKind::InvalidData => {
                Self::Read(io::Error::new(error.kind(), error.to_string()))
            }
            // All other mistakes of this kind are ends where something is open.
            quick_xml::Error::Syntax(error) if error != SyntaxError::InvalidBangMarkup => Self::Cut,
            error => Self::Malformed(error.to_string()),
        }
    }
}

/// An element with all that is in it. Names have no prefixes.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Element {
    pub(in super::super) name: String,
    attributes: Vec<(String, String)>,
    pub(in super::super) children: Vec<Element>,
    /// Its own text, without that of its children.
    text: String,
}

impl Element {
    /// The value of an attribute; empty where there is none.
    pub(in super::super) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// Its own text without the space around it.
    pub(in super::super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The first child of that name.
    pub(in super::super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name.
    pub(in super::super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of that name; empty where there is none.
    pub(in super::super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map(Self::text).unwrap_or_default()
    }
}

/// A document that is read from front to back.
pub(in super::super) struct Xml<'a> {
    reader: Reader<&'a mut dyn BufRead>,
    budget: Budget,
    buffer: Vec<u8>,
    depth: usize,
}

impl<'a> Xml<'a> {
    pub(in super::super) fn new(document: &'a mut Document<'_>) -> Self {
        let budget = document.budget.clone();
        let mut reader = Reader::from_reader(&mut *document.reader as &mut dyn BufRead);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, budget, buffer: Vec::new(), depth: 0 }
    }

    /// Goes on to the next element that is named, however deep, and reads it
    /// whole; none at the end of the document.
    pub(in super::super) fn next(&mut self, names: &[&str]) -> Result<Option<Element>, XmlError> {
        loop {
            self.budget.refill();
            self.buffer.clear();
            match self.reader.read_event_into(&mut self.buffer)? {
                Event::Start(start) if names.contains(&local(&start)) => {
                    let element = element_of(&start)?;
                    return self.rest_of(element).map(Some);
                }
                Event::Start(_) => {
                    self.depth += 1;
                    if self.depth > DEPTH {
                        return Err(too_deep());
                    }
                }
                Event::End(_) => self.depth = self.depth.saturating_sub(1),
                Event::Eof if self.depth > 0 => return Err(XmlError::Cut),
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads what is inside an element that began.
    fn rest_of(&mut self, element: Element) -> Result<Element, XmlError> {
        let mut open = vec![element];
        let mut nodes = 0;
        loop {
            self.buffer.clear();
            match self.reader.read_event_into(&mut self.buffer)? {
                Event::Start(start) => {
                    let element = element_of(&start)?;
                    nodes += 1 + element.attributes.len();
                    if open.len() > DEPTH {
                        return Err(too_deep());
                    }
                    if nodes > NODES {
                        let text = format!("a record of more than {NODES} elements");
                        return Err(XmlError::Malformed(text));
                    }
                    open.push(element);
                }
                Event::End(_) => {
                    let Some(closed) = open.pop() else { break };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(closed),
                        None => return Ok(closed),
                    }
                }
                Event::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text.xml_content(XmlVersion::Implicit1_0));
                    }
                }
                Event::CData(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text.xml_content(XmlVersion::Implicit1_0));
                    }
                }
                Event::GeneralRef(reference) => {
                    if let Some(element) = open.last_mut() {
                        if let Some(c) = reference.resolve_char_ref()? {
                            element.text.push(c);
                        } else {
                            element.text.push_str(entity(&reference));
                        }
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        Err(XmlError::Cut)
    }
}

/// The entities that XML itself knows; others mean nothing without a DTD,
/// and none is followed.
fn entity(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

fn local<'s>(start: &'s BytesStart<'_>) -> &'s str {
    start.local_name().into_inner()
}

fn element_of(start: &BytesStart<'_>) -> Result<Element, XmlError> {
    let mut element = Element { name: local(start).to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| XmlError::Malformed(error.to_string()))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?.into_owned();
        element.attributes.push((attribute.key.local_name().into_inner().to_owned(), value));
    }
    Ok(element)
}

fn too_deep() -> XmlError {
    XmlError::Malformed(format!("more than {DEPTH} elements inside each other"))
}
