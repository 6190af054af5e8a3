//! CSAF documents: Red Hat's and SUSE's VEX and advisories.

mod product;
mod record;

use std::collections::BTreeMap;
use std::path::Path;

use super::Sink;
use super::advisory::{Advisory, SOURCE, Statement, Status, emit, is_cve, joined, seconds};
use super::input::{self, InputError, Piece, Shape};
use product::{Component, Products};
use record::{Document, Vulnerability};

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::read(path, Shape::Records, sink, &mut |sink, place, piece| {
        let Piece::Record(bytes) = piece else { return };
        match serde_json::from_slice::<Document>(bytes) {
            Ok(document) if document.head.tracking.id.is_empty() => {
                sink.malformed(place, "the document has no id");
            }
            Ok(document) => {
                sink.valid();
                for advisory in advisories(&document) {
                    emit(sink, advisory);
                }
            }
            Err(error) => sink.malformed(place, &error.to_string()),
        }
    })
}

fn advisories(document: &Document) -> Vec<Advisory> {
    let products = Products::of(&document.product_tree);
    let vulnerabilities = document.vulnerabilities.iter();
    vulnerabilities.filter_map(|of| advisory(document, of, &products)).collect()
}

fn advisory(
    document: &Document,
    vulnerability: &Vulnerability,
    products: &Products<'_>,
) -> Option<Advisory> {
    let name = vulnerability.cve.clone().filter(|name| is_cve(name))?;
    let head = &document.head;
    let id = &head.tracking.id;
    let notes = vulnerability.notes.iter().chain(&head.notes);
    let description = notes.clone().find(|note| note.category == "description");
    let description = description.or_else(|| notes.clone().find(|note| note.category == "summary"));
    let own = |reference: &&record::Reference| reference.category == "self";
    let references = || vulnerability.references.iter().chain(&head.references);
    let link = references().find(own).or_else(|| references().next());
    let mut advisory = Advisory {
        // The document of a CVE has the CVE's id, in some spelling.
        id: if id.to_ascii_uppercase().contains("CVE-") { String::new() } else { id.clone() },
        description: description.map(|note| note.text.clone()).unwrap_or_default(),
        link: link.map(|reference| reference.url.clone()).unwrap_or_default(),
        references: references().map(|reference| reference.url.clone()).collect(),
        cwes: vulnerability.cwe.iter().map(|cwe| cwe.id.clone()).collect(),
        rating: head.aggregate_severity.text.to_lowercase(),
        published: seconds(vulnerability.release_date.as_deref().unwrap_or_default()),
        modified: seconds(&head.tracking.current_release_date),
        names: vec![name],
        ..Advisory::default()
    };
    if advisory.published == 0 {
        advisory.published = seconds(&head.tracking.initial_release_date);
    }
    let contents = vulnerability.metrics.iter().map(|metric| &metric.content);
    for score in vulnerability.scores.iter().chain(contents) {
        for vector in [&score.v4, &score.v3, &score.v2].into_iter().flatten() {
            advisory.score(&vector.vector);
        }
    }
    advisory.statements = statements(vulnerability, products);
    Some(advisory)
}

fn statements(vulnerability: &Vulnerability, products: &Products<'_>) -> Vec<Statement> {
    let plans = plans(vulnerability);
    let ratings = ratings(vulnerability);
    let status = &vulnerability.product_status;
    let mut statements = Vec::new();
    let mut add = |id: &str, status: Status, fixed: bool| {
        let Some(component) = products.component(id) else { return };
        let rating = ratings.get(id).map(|text| (*text).to_lowercase()).unwrap_or_default();
        statements.extend(statement(component, status, fixed, rating));
    };
    for id in status.fixed.iter().chain(&status.first_fixed).chain(&status.recommended) {
        add(id, Status::Affected, true);
    }
    for id in &status.known_affected {
        add(id, plans.get(id.as_str()).copied().unwrap_or_default(), false);
    }
    for id in &status.under_investigation {
        add(id, Status::UnderInvestigation, false);
    }
    for id in &status.known_not_affected {
        add(id, Status::NotAffected, false);
    }
    joined(statements)
}

fn statement(
    component: Component<'_>,
    status: Status,
    fixed: bool,
    rating: String,
) -> Option<Statement> {
    let is_source = component.arch == SOURCE;
    // Of what is repaired every package that was built is listed as well.
    if fixed && (is_source || component.version.is_empty()) {
        return None;
    }
    let version = Some(component.version.as_str()).filter(|_| fixed);
    let arch = if fixed || is_source { component.arch } else { String::new() };
    Some(Statement {
        arches: Some(arch)
            .filter(|arch| !arch.is_empty() && arch != "noarch")
            .into_iter()
            .collect(),
        stream: component.stream,
        cpes: Some(component.cpe.to_owned()).filter(|cpe| !cpe.is_empty()).into_iter().collect(),
        rating,
        ..Statement::before(component.ecosystem, component.package, version).with_status(status)
    })
}

/// What will become of the products that are affected.
fn plans(vulnerability: &Vulnerability) -> BTreeMap<&str, Status> {
    let mut plans = BTreeMap::new();
    for remediation in &vulnerability.remediations {
        let status = match (remediation.category.as_str(), remediation.details.as_str()) {
            ("no_fix_planned", _) | ("none_available", "Will not fix" | "Out of support scope") => {
                Status::WillNotFix
            }
            ("none_available", "Fix deferred" | "Deferred") => Status::Deferred,
            _ => continue,
        };
        for id in &remediation.product_ids {
            plans.insert(id.as_str(), status);
        }
    }
    plans
}

/// How bad it is for each product.
fn ratings(vulnerability: &Vulnerability) -> BTreeMap<&str, &str> {
    let impacts = vulnerability.threats.iter().filter(|threat| threat.category == "impact");
    impacts
        .flat_map(|threat| {
            threat.product_ids.iter().map(|id| (id.as_str(), threat.details.as_str()))
        })
        .collect()
}

#[cfg(test)]
mod tests;
