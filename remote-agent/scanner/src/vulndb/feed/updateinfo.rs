//! `updateinfo.xml` of rpm repositories: of Amazon, Rocky, AlmaLinux, Oracle,
//! Fedora, Bottlerocket.

use std::path::Path;

use super::advisory::{Advisory, Statement, cves_in, emit, joined, seconds};
use super::input::{self, Element, InputError, Xml};
use super::{Sink, platform};

/// `enterprise` names the distribution whose versions have the tag of
/// Enterprise Linux.
pub(super) fn read(enterprise: &str, path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::documents(path, input::is_xml, sink, &mut |sink, document| {
        let name = document.name.to_owned();
        let mut xml = Xml::new(document);
        loop {
            match xml.next(&["update"]) {
                Ok(Some(update)) => match advisory(enterprise, &update) {
                    Some(advisory) => {
                        sink.valid();
                        emit(sink, advisory);
                    }
                    None => sink.malformed(&name, "an update has no id"),
                },
                Ok(None) => return Ok(()),
                Err(error) => return error.tell(sink, &name),
            }
        }
    })
}

fn advisory(enterprise: &str, update: &Element) -> Option<Advisory> {
    let id = Some(update.text_of("id")).filter(|id| !id.is_empty())?;
    let date = |name: &str| update.child(name).map_or(0, |date| seconds(date.attribute("date")));
    let mut advisory = Advisory {
        id: id.to_owned(),
        description: update.text_of("description").to_owned(),
        rating: update.text_of("severity").to_lowercase(),
        published: date("issued"),
        modified: date("updated"),
        ..Advisory::default()
    };
    if advisory.description.is_empty() {
        update.text_of("title").clone_into(&mut advisory.description);
    }
    let references = update.child("references");
    for reference in references.iter().flat_map(|references| references.all("reference")) {
        advisory.names.extend(cves_in(reference.attribute("id")));
        advisory.references.push(reference.attribute("href").to_owned());
    }
    let own = advisory.references.iter().find(|url| url.contains(id));
    advisory.link = own.or(advisory.references.first()).cloned().unwrap_or_default();
    // An update without a CVE repairs no vulnerability.
    if !advisory.names.is_empty() {
        advisory.statements = joined(statements(enterprise, update));
    }
    Some(advisory)
}

fn statements(enterprise: &str, update: &Element) -> Vec<Statement> {
    let title = update.text_of("title");
    let mut all = Vec::new();
    let lists = update.all("pkglist");
    for collection in lists.flat_map(|list| list.all("collection")) {
        let module = collection.child("module");
        let stream = module
            .map(|module| format!("{}:{}", module.attribute("name"), module.attribute("stream")));
        let named = platform::named_in(collection.text_of("name"));
        for package in collection.all("package") {
            let arch = package.attribute("arch");
            let version = match package.attribute("epoch") {
                "" | "0" => String::new(),
                epoch => format!("{epoch}:"),
            };
            let (number, release) = (package.attribute("version"), package.attribute("release"));
            let version = format!("{version}{number}-{release}");
            let ecosystem = platform::of_version(&version, enterprise).or_else(|| named.clone());
            let Some(ecosystem) = ecosystem.filter(|_| !matches!(arch, "src" | "nosrc")) else {
                continue;
            };
            let stream = stream.clone().unwrap_or_else(|| super::stream_of(&version, title));
            let arches = Some(arch).filter(|arch| !matches!(*arch, "" | "noarch"));
            all.push(Statement {
                arches: arches.map(str::to_owned).into_iter().collect(),
                stream,
                ..Statement::before(ecosystem, package.attribute("name"), Some(&version))
            });
        }
    }
    all
}
