//! A definition: what it is about, and its criteria.

use std::collections::HashMap;

use super::super::advisory::{Advisory, Status, cves_in, is_cve, joined, seconds};
use super::super::input::Element;
use super::super::platform;
use super::check::Checks;
use super::criteria;

/// What a definition says: of itself, and of each CVE that it names.
pub(super) fn advisories(
    definition: &Element,
    checks: &Checks,
    place: &str,
) -> Result<Vec<Advisory>, String> {
    let metadata = definition.child("metadata").ok_or("it has no metadata")?;
    let class = definition.attribute("class");
    if class == "inventory" || class == "compliance" || class == "miscellaneous" {
        return Ok(Vec::new());
    }
    let empty = Element::default();
    let told = metadata.child("advisory").unwrap_or(&empty);
    let mut advisory = Advisory {
        // The definition of a vulnerability refers to all advisories on it.
        id: if class == "vulnerability" { String::new() } else { id(metadata, told) },
        names: names(metadata, told),
        description: metadata.text_of("description").to_owned(),
        rating: rating(metadata, told),
        published: date(told.child("issued")),
        modified: date(told.child("updated")),
        ..Advisory::default()
    };
    if advisory.published == 0 {
        advisory.published = seconds(metadata.text_of("public_date"));
    }
    if advisory.published == 0 {
        advisory.published = seconds(metadata.text_of("advisory_date"));
    }
    for reference in metadata.all("reference") {
        let url = reference.attribute("ref_url");
        if !url.is_empty() {
            advisory.references.push(url.to_owned());
        }
    }
    advisory.link = link(metadata, &advisory);
    let criteria = definition.child("criteria").or_else(|| definition.child("criterion"));
    if let Some(criteria) = criteria {
        let around = platforms(metadata, place);
        let plans = resolutions(told);
        let status = |package: &str| {
            let own = plans.get(package).or_else(|| plans.get(""));
            own.copied().unwrap_or_default()
        };
        advisory.statements = criteria::statements(criteria, checks, &around, &status)?;
        // Azure Linux takes back what turned out to be wrong.
        if metadata.text_of("patchable").eq_ignore_ascii_case("not applicable") {
            let taken_back = advisory.statements.drain(..);
            advisory.statements =
                taken_back.map(|statement| statement.with_status(Status::NotAffected)).collect();
        }
    }
    let cpes: Vec<String> = told
        .child("affected_cpe_list")
        .map(|list| list.all("cpe").map(|cpe| cpe.text().to_owned()).collect())
        .unwrap_or_default();
    for statement in &mut advisory.statements {
        if statement.ecosystem.starts_with("Red Hat:") {
            statement.cpes.clone_from(&cpes);
        }
    }
    advisory.statements = joined(advisory.statements);
    let mut all = of_each(told, advisory.names.len());
    if let ([own], [name]) = (all.as_slice(), advisory.names.as_slice()) {
        if own.names.first() == Some(name) {
            advisory.scores.clone_from(&own.scores);
            advisory.cwes.clone_from(&own.cwes);
        }
        all.clear();
    }
    all.push(advisory);
    Ok(all)
}

/// Scores of each CVE that an advisory names.
fn of_each(told: &Element, count: usize) -> Vec<Advisory> {
    let mut all = Vec::new();
    for cve in told.all("cve").filter(|cve| is_cve(cve.text())) {
        let mut own = Advisory {
            names: vec![cve.text().to_owned()],
            link: cve.attribute("href").to_owned(),
            published: compact_date(cve.attribute("public")),
            rating: cve.attribute("impact").to_owned(),
            ..Advisory::default()
        };
        for score in ["cvss4", "cvss3", "cvss2", "cvss_vector"] {
            own.score(cve.attribute(score));
        }
        let cwes = cve.attribute("cwe");
        for cwe in cwes.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            if cwe.starts_with("CWE-") && !own.cwes.iter().any(|known| known == cwe) {
                own.cwes.push(cwe.to_owned());
            }
        }
        if !own.scores.is_empty() || !own.cwes.is_empty() || count > 1 {
            all.push(own);
        }
    }
    all
}

/// The id of the advisory, where the definition is one and not a CVE.
fn id(metadata: &Element, told: &Element) -> String {
    let source = |reference: &&Element| {
        let source = reference.attribute("source").to_ascii_uppercase();
        !matches!(source.as_str(), "CVE" | "BUGZILLA" | "SUSE CVE" | "SUSE BUG" | "BUGID" | "BUG")
    };
    let named = metadata.all("reference").filter(source).map(|r| r.attribute("ref_id"));
    let mut named = named.filter(|id| !id.is_empty() && !is_cve(id) && id.len() < 64);
    let own = told.text_of("id");
    named.next().unwrap_or(own).trim().to_owned()
}

/// The CVEs that a definition is about.
fn names(metadata: &Element, told: &Element) -> Vec<String> {
    let mut names: Vec<String> = metadata
        .all("reference")
        .flat_map(|reference| cves_in(reference.attribute("ref_id")))
        .chain(told.all("cve").flat_map(|cve| cves_in(cve.text())))
        .collect();
    if names.is_empty() {
        names = cves_in(metadata.text_of("title"));
    }
    names.sort();
    names.dedup();
    names
}

fn rating(metadata: &Element, told: &Element) -> String {
    let words = [told.text_of("severity"), metadata.text_of("severity")];
    words.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}

fn link(metadata: &Element, advisory: &Advisory) -> String {
    let own = metadata.all("reference").find(|reference| {
        let id = reference.attribute("ref_id");
        id == advisory.id || advisory.names.iter().any(|name| name == id)
    });
    own.map(|reference| reference.attribute("ref_url").to_owned()).unwrap_or_default()
}

/// The distributions that a definition is of, where its criteria name none.
fn platforms(metadata: &Element, place: &str) -> Vec<String> {
    let affected = metadata.all("affected").flat_map(|affected| affected.all("platform"));
    let mut all: Vec<String> =
        affected.filter_map(|platform| platform::named_in(platform.text())).collect();
    if all.is_empty() {
        all.extend(of_file(place));
    }
    all.dedup();
    all
}

/// The release in the name of a file: `azurelinux-3.0-oval.xml`,
/// `com.ubuntu.jammy.cve.oval.xml`.
fn of_file(place: &str) -> Option<String> {
    let file = place.rsplit('/').next().unwrap_or_default();
    if let Some(rest) = file.strip_prefix("com.ubuntu.") {
        let codename = rest.split('.').next()?;
        return super::super::ubuntu::release_of(codename).map(|r| format!("Ubuntu:{r}"));
    }
    let (_, rest) = file.split_once("azurelinux-").or_else(|| file.split_once("cbl-mariner-"))?;
    platform::named_in(&format!("Azure Linux {}", rest.split('-').next()?))
}

/// What Red Hat will do about packages that it has not repaired, by their
/// names.
fn resolutions(told: &Element) -> HashMap<&str, Status> {
    let mut plans = HashMap::new();
    let affected = told.all("affected").flat_map(|affected| affected.all("resolution"));
    for resolution in affected {
        let status = match resolution.attribute("state") {
            "Will not fix" | "Out of support scope" => Status::WillNotFix,
            "Fix deferred" => Status::Deferred,
            "Under investigation" => Status::UnderInvestigation,
            "Not affected" => Status::NotAffected,
            _ => Status::Affected,
        };
        for component in resolution.all("component") {
            // `nodejs:18/nodejs` names the package of a module.
            let name = component.text().rsplit('/').next().unwrap_or_default();
            plans.insert(name, status);
        }
        plans.entry("").or_insert(status);
    }
    plans
}

fn date(element: Option<&Element>) -> i64 {
    element.map_or(0, |element| seconds(element.attribute("date")))
}

/// `20230101` or `20230101:1200`
fn compact_date(text: &str) -> i64 {
    let day = text.get(..8).unwrap_or_default();
    match (day.get(..4), day.get(4..6), day.get(6..8)) {
        (Some(year), Some(month), Some(day)) => seconds(&format!("{year}-{month}-{day}")),
        _ => 0,
    }
}
