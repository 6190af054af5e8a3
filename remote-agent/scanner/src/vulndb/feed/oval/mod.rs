//! OVAL definitions: of Red Hat, SUSE, Oracle, AlmaLinux, Azure Linux,
//! Ubuntu and Debian.
//!
//! A definition names the tests that it needs before the document holds
//! them. So each document is read twice: first what tests mean, in a compact
//! form, then the definitions, one at a time.

mod check;
mod criteria;
mod definition;

use std::collections::HashMap;
use std::path::Path;

use super::Sink;
use super::advisory::emit;
use super::input::{self, Document, InputError, Xml, XmlError};
use crate::vulndb::record::{Prose, Vulnerability};
use check::Checks;

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    for file in input::files(path, input::is_xml)? {
        // An archive may hold several documents.
        let mut known: HashMap<String, Checks> = HashMap::new();
        let mut first = Aside;
        input::one_file(&file, input::is_xml, &mut first, &mut |_, document| {
            let checks = known.entry(document.name.to_owned()).or_default();
            // What is wrong is told when it is read again.
            match checks.read(&mut Xml::new(document)) {
                Err(XmlError::Read(error)) => Err(error),
                _ => Ok(()),
            }
        })?;
        input::one_file(&file, input::is_xml, sink, &mut |sink, document| {
            let checks = known.remove(document.name).unwrap_or_default();
            definitions(sink, document, &checks)
        })?;
    }
    Ok(())
}

fn definitions(
    sink: &mut dyn Sink,
    document: &mut Document<'_>,
    checks: &Checks,
) -> std::io::Result<()> {
    let name = document.name.to_owned();
    let mut xml = Xml::new(document);
    loop {
        match xml.next(&["definition"]) {
            Ok(Some(element)) => match definition::advisories(&element, checks, &name) {
                Ok(advisories) => {
                    sink.valid();
                    for advisory in advisories {
                        emit(sink, advisory);
                    }
                }
                Err(reason) => {
                    let id = element.attribute("id");
                    sink.malformed(&format!("{name}: {id}"), &reason);
                }
            },
            Ok(None) => return Ok(()),
            Err(error) => return error.tell(sink, &name),
        }
    }
}

/// Takes nothing.
pub(super) struct Aside;

impl Sink for Aside {
    fn vulnerability(&mut self, _: Vulnerability, _: Prose, _: bool) {}
    fn package(&mut self, _: super::PackageEntry) {}
    fn valid(&mut self) {}
    fn malformed(&mut self, _: &str, _: &str) {}
    fn content(&mut self, _: &[u8]) {}
}

#[cfg(test)]
mod tests;
