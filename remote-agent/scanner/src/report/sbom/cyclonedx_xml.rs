//! CycloneDX as XML, read an element at a time.

use super::SbomError;
use super::cyclonedx::{Component, Property};
use super::read::Reader;
use crate::inspect::xml::{self, Element};

/// Where an element stands.
enum Place<'a> {
    /// In the component that the document is about, or is it.
    Subject(&'a [String]),
    /// In a component that so many hold, or is it.
    Listed(usize, &'a [String]),
}

/// Whether the document begins as such XML does: its root is told within a few
/// hundred bytes.
pub(super) fn is_it(content: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&content[..content.len().min(4096)]);
    head.starts_with('<') && head.contains("://cyclonedx.org/schema/bom")
}

pub(super) fn read(content: &[u8], reader: &mut Reader) -> Result<(), SbomError> {
    let mut subject = Component::default();
    // A component ends after those that it holds.
    let mut open: Vec<Component> = Vec::new();
    let mut refused = None;
    xml::elements(content, |element| {
        match place(element.path) {
            Some(Place::Subject([])) => subject.introduce(reader),
            Some(Place::Subject(within)) => take(&mut subject, within, element),
            Some(Place::Listed(depth, [])) => {
                let mut component = open.drain(depth.min(open.len())..).next().unwrap_or_default();
                element.attribute("type").clone_into(&mut component.r#type);
                if refused.is_none() {
                    refused = component.hand_over(reader).err();
                }
            }
            Some(Place::Listed(depth, within)) => {
                if open.len() <= depth {
                    open.resize_with(depth + 1, Component::default);
                }
                take(&mut open[depth], within, element);
            }
            None => {}
        }
        Ok(())
    })
    .map_err(|problem| SbomError::Malformed {
        format: "CycloneDX XML",
        reason: problem.into_text(),
    })?;
    refused.map_or(Ok(()), Err)
}

fn place(path: &[String]) -> Option<Place<'_>> {
    let (root, mut rest) = path.split_first()?;
    if root != "bom" {
        return None;
    }
    if let [metadata, component, within @ ..] = rest
        && metadata == "metadata"
        && component == "component"
    {
        return Some(Place::Subject(within));
    }
    let mut holders = None;
    while let [components, component, within @ ..] = rest {
        if components != "components" || component != "component" {
            break;
        }
        holders = Some(holders.map_or(0, |holders: usize| holders + 1));
        rest = within;
    }
    holders.map(|holders| Place::Listed(holders, rest))
}

/// Takes what an element in a component says of it.
fn take(component: &mut Component, within: &[String], element: &Element<'_>) {
    let text = element.text;
    let within: Vec<&str> = within.iter().map(String::as_str).collect();
    match within[..] {
        ["name"] => text.clone_into(&mut component.name),
        ["version"] => text.clone_into(&mut component.version),
        ["purl"] => text.clone_into(&mut component.purl),
        ["properties", "property"] => component
            .properties
            .push(Property { name: element.attribute("name").to_owned(), value: text.to_owned() }),
        _ => {}
    }
}
