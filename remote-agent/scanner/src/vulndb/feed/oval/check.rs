//! What tests check: which package, and which of its versions.

use std::collections::HashMap;

use super::super::input::{Element, Xml, XmlError};
use crate::vulndb::format::hash;
use crate::vulndb::record::Range;

/// Elements of the document that are kept, by the hash of their id: ids are
/// long, and large documents have some hundred thousand.
#[derive(Default)]
pub(super) struct Checks {
    tests: HashMap<u64, (u64, u64)>,
    objects: HashMap<u64, Object>,
    states: HashMap<u64, State>,
    variables: HashMap<u64, Vec<String>>,
}

enum Object {
    Name(String),
    Variable(u64),
}

struct State {
    versions: Versions,
    arches: Vec<String>,
}

/// The versions that a state describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    /// Those in the range.
    In(Range),
    /// Whatever version is installed.
    All,
    /// It is not about the version.
    Unsaid,
}

/// What a test checks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check<'c> {
    /// The packages; several of them where a variable names them.
    pub(super) packages: Vec<&'c str>,
    pub(super) versions: Versions,
    /// The processors; none: all.
    pub(super) arches: &'c [String],
}

impl Checks {
    /// Reads what tests mean, past all else.
    pub(super) fn read(&mut self, xml: &mut Xml<'_>) -> Result<(), XmlError> {
        const KEPT: [&str; 7] = [
            "rpminfo_test",
            "dpkginfo_test",
            "rpminfo_object",
            "dpkginfo_object",
            "rpminfo_state",
            "dpkginfo_state",
            "constant_variable",
        ];
        while let Some(element) = xml.next(&KEPT)? {
            let id = key(element.attribute("id"));
            if element.name.ends_with("_test") {
                let of = |child: &str, attribute: &str| {
                    element.child(child).map_or(0, |child| key(child.attribute(attribute)))
                };
                self.tests.insert(id, (of("object", "object_ref"), of("state", "state_ref")));
            } else if element.name.ends_with("_object") {
                self.objects.extend(object(&element).map(|object| (id, object)));
            } else if element.name.ends_with("_state") {
                self.states.insert(id, state(&element));
            } else {
                let values = element.all("value").map(|value| value.text().to_owned());
                self.variables.insert(id, values.collect());
            }
        }
        Ok(())
    }

    /// What the test `id` checks; none where it is not about a package.
    pub(super) fn check(&self, id: &str) -> Option<Check<'_>> {
        let (object, state) = self.tests.get(&key(id))?;
        let packages = match self.objects.get(object)? {
            Object::Name(name) => vec![name.as_str()],
            Object::Variable(variable) => {
                self.variables.get(variable)?.iter().map(String::as_str).collect()
            }
        };
        // A test without a state asks only whether it is installed.
        let state = self.states.get(state).filter(|_| *state != 0);
        Some(Check {
            packages,
            versions: state.map_or(Versions::All, |state| state.versions.clone()),
            arches: state.map(|state| state.arches.as_slice()).unwrap_or_default(),
        })
    }
}

impl Versions {
    /// Those that both describe.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::In(one), Self::In(other)) => Self::In(Range {
                introduced: one.introduced.or(other.introduced),
                after: one.after.or(other.after),
                fixed: one.fixed.or(other.fixed),
                last_affected: one.last_affected.or(other.last_affected),
            }),
            (Self::In(range), _) | (_, Self::In(range)) => Self::In(range),
            (one, _) => one,
        }
    }
}

/// The key of an id; 0 is none.
fn key(id: &str) -> u64 {
    if id.is_empty() { 0 } else { hash(id.as_bytes()).max(1) }
}

fn object(element: &Element) -> Option<Object> {
    let name = element.child("name")?;
    let variable = name.attribute("var_ref");
    Some(if variable.is_empty() {
        Object::Name(name.text().to_owned())
    } else {
        Object::Variable(key(variable))
    })
}

fn state(element: &Element) -> State {
    let versions = match element.child("evr") {
        Some(evr) => versions(evr.attribute("operation"), evr.text()),
        None => Versions::Unsaid,
    };
    let arch = element.text_of("arch");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '|';
    let arches = if !arch.is_empty() && arch.chars().all(plain) {
        arch.split('|').filter(|arch| !arch.is_empty()).map(str::to_owned).collect()
    } else {
        Vec::new()
    };
    State { versions, arches }
}

fn versions(operation: &str, evr: &str) -> Versions {
    let version = Some(evr.to_owned()).filter(|evr| !evr.is_empty());
    // Greater than nothing: whatever is installed.
    let nothing = evr.trim_start_matches("0:").trim_end_matches("-0") == "0";
    let range = match operation {
        "less than" => Range { fixed: version, ..Range::default() },
        "less than or equal" => Range { last_affected: version, ..Range::default() },
        "greater than" | "greater than or equal" if nothing => return Versions::All,
        "greater than" => Range { after: version, ..Range::default() },
        "greater than or equal" => Range { introduced: version, ..Range::default() },
        "equals" | "" => {
            Range { introduced: version.clone(), last_affected: version, ..Range::default() }
        }
        _ => return Versions::Unsaid,
    };
    Versions::In(range)
}
