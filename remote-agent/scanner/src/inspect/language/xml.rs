//! XML of projects and documents: each element told when it ends, nothing kept.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::text;
use crate::inspect::Problem;

/// Elements inside each other.
const DEPTH: usize = 64;
/// Bytes of an element's text that are kept.
const LONGEST_TEXT: usize = 4096;

/// An element that has ended.
pub(crate) struct Element<'a> {
    /// The names from the root to it.
    pub(crate) path: &'a [String],
    attributes: &'a [(String, String)],
    /// Its own text, without that of the elements in it.
    pub(crate) text: &'a str,
}

impl Element<'_> {
    /// The value of an attribute, whatever its case; empty where there is none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// Whether the names from the root are these.
    pub(crate) fn is(&self, path: &[&str]) -> bool {
        self.path.iter().map(String::as_str).eq(path.iter().copied())
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map(String::as_str).unwrap_or_default()
    }
}

#[derive(Default)]
struct Open {
    attributes: Vec<(String, String)>,
    text: String,
}

/// Tells of each element of a document when it ends.
pub(crate) fn elements(
    bytes: &[u8],
    mut each: impl FnMut(&Element<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let text = text(bytes);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    loop {
        let event = reader.read_event().map_err(|error| malformed(&error))?;
        match event {
            Event::Start(start) => {
                if path.len() >= DEPTH {
                    return Err(Problem::new(format!("nests more than {DEPTH} elements")));
                }
                path.push(start.local_name().as_ref().to_owned());
                open.push(Open { attributes: attributes(&start)?, text: String::new() });
            }
            Event::End(_) => {
                let Some(closed) = open.pop() else { break };
                let text = closed.text.trim();
                each(&Element { path: &path, attributes: &closed.attributes, text })?;
                path.pop();
            }
            Event::Text(text) => add(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => add(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => {
                let name = reference.xml_content(XmlVersion::Implicit1_0);
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character.to_string()),
                    // Entities that the document defines itself are none.
                    _ => quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned),
                };
                add(&mut open, &resolved.unwrap_or_default());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(())
}

fn add(open: &mut [Open], text: &str) {
    if let Some(element) = open.last_mut()
        && element.text.len() + text.len() <= LONGEST_TEXT
    {
        element.text.push_str(text);
    }
}

fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>, Problem> {
    const MOST: usize = 64;
    let mut found = Vec::new();
    for attribute in start.attributes().with_checks(false).take(MOST) {
        let attribute =
            attribute.map_err(|error| Problem::new(format!("is no such XML: {error}")))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| malformed(&error))?;
        if value.len() <= LONGEST_TEXT {
            found.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
        }
    }
    Ok(found)
}

fn malformed(error: &quick_xml::Error) -> Problem {
    Problem::new(format!("is no such XML: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(xml: &str) -> Result<Vec<String>, Problem> {
        let mut told = Vec::new();
        elements(xml.as_bytes(), |element| {
            told.push(format!(
                "{} {:?} {}",
                element.path.join("/"),
                element.text,
                element.attribute("id")
            ));
            Ok(())
        })?;
        Ok(told)
    }

    #[test]
    fn elements_with_texts_and_attributes() {
        let xml = "\u{feff}<?xml version='1.0'?><!-- c --><p:a xmlns:p='x'> t <b ID='1 &amp; 2'/><c>x &lt;<![CDATA[ < ]]>&#65;</c></p:a>";
        assert_eq!(told(xml).unwrap(), ["a/b \"\" 1 & 2", "a/c \"x < < A\" ", "a \"t\" "]);
    }

    #[test]
    fn hostile_documents() {
        assert!(told(&"<a>".repeat(100_000)).is_err());
        assert!(told("<a></b>").is_err());
        let bomb = "<!DOCTYPE a [<!ENTITY l \"lol\"><!ENTITY m \"&l;&l;&l;\">]><a>&m;</a>";
        assert_eq!(told(bomb).unwrap(), ["a \"\" "]);
    }
}
