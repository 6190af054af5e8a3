//! CycloneDX 1.4 and younger: the analysis of a vulnerability.

use std::collections::HashMap;

use serde_json::Value;

use super::product::Product;
use super::{Statement, list, moment, state, text};
use crate::report::finding::{VexNote, VexState};
use crate::report::purl::decode;
use crate::version::range::Intervals;

/// Components at most; those in components count too.
const COMPONENTS: usize = 1_000_000;

pub(super) fn statements(name: &str, json: &Value) -> Result<Vec<Statement>, String> {
    let serial = text(json, "serialNumber");
    let id = if serial.is_empty() { name } else { serial };
    let known = components(json)?;
    let whole = json.pointer("/metadata/component");
    let whole_ref = whole.map_or("", |component| text(component, "bom-ref"));
    let own_version = whole.map_or("", |component| text(component, "version"));
    let document_time = json.pointer("/metadata/timestamp").and_then(Value::as_str);
    let mut statements = Vec::new();
    for vulnerability in list(json, "vulnerabilities") {
        let Some(analysis) = vulnerability.get("analysis") else { continue };
        let Some(state) = state(text(analysis, "state")) else { continue };
        let mut names = vec![text(vulnerability, "id").to_owned()];
        names.extend(list(vulnerability, "references").iter().map(|r| text(r, "id").to_owned()));
        names.retain(|name| !name.is_empty());
        let note = VexNote {
            state,
            justification: text(analysis, "justification").to_owned(),
            statement: text(analysis, "detail").to_owned(),
            document: id.to_owned(),
        };
        let time = text(analysis, "lastUpdated");
        let time = if time.is_empty() { document_time.unwrap_or_default() } else { time };
        let one = |product, component| Statement {
            vulnerability: names.clone(),
            product,
            component,
            note: note.clone(),
            time: moment(time),
        };
        for affects in list(vulnerability, "affects") {
            let reference = text(affects, "ref");
            // Whoever names versions speaks of no others.
            let versions = list(affects, "versions");
            let meant = || versions.iter().filter(|version| !denies(state, version));
            if !whole_ref.is_empty() && reference == whole_ref {
                // The whole of what the document is about: every package in it.
                if versions.is_empty() || meant().any(|told| is_told(own_version, told)) {
                    statements.push(one(whole.map(named).unwrap_or_default(), None));
                }
                continue;
            }
            let by_name = || {
                let mut product = Product::default();
                product.name(element(reference));
                product
            };
            let mut component = known.get(reference).map_or_else(by_name, |known| named(known));
            for version in meant() {
                match text(version, "range") {
                    "" => component.version(text(version, "version")),
                    range => component.range(range),
                }
            }
            if versions.is_empty() || meant().next().is_some() {
                statements.push(one(Product::any(), Some(component)));
            }
        }
    }
    Ok(statements)
}

/// Whether what is told of a version alone is not what the analysis says of the whole: of a
/// vulnerability that is resolved the versions before that are named too.
fn denies(state: VexState, version: &Value) -> bool {
    match text(version, "status") {
        "affected" | "unknown" => matches!(state, VexState::NotAffected | VexState::Fixed),
        "unaffected" => matches!(state, VexState::Affected | VexState::UnderInvestigation),
        _ => false,
    }
}

/// Whether what is told of a version, or of a range of such, is told of `version`.
fn is_told(version: &str, told: &Value) -> bool {
    match text(told, "range") {
        "" => text(told, "version") == version,
        range => Intervals::from_vers(range, decode).is_ok_and(|range| range.contains(version)),
    }
}

/// A link into another document, `urn:cdx:SERIAL/VERSION#REFERENCE`, names its
/// component behind the mark; a package URL may have one of its own.
fn element(reference: &str) -> &str {
    match reference.strip_prefix("urn:cdx:").and_then(|rest| rest.split_once('#')) {
        Some((_, element)) => element,
        None => reference,
    }
}

fn components(json: &Value) -> Result<HashMap<&str, &Value>, String> {
    let mut known = HashMap::new();
    let mut open: Vec<&Value> = list(json, "components").iter().collect();
    while let Some(component) = open.pop() {
        if known.len() >= COMPONENTS {
            return Err(format!("it has more than {COMPONENTS} components"));
        }
        known.insert(text(component, "bom-ref"), component);
        open.extend(list(component, "components"));
    }
    Ok(known)
}

fn named(component: &Value) -> Product {
    let mut product = Product::default();
    product.name(text(component, "purl"));
    if matches!(text(component, "type"), "container" | "application") {
        let (name, version) = (text(component, "name"), text(component, "version"));
        if palisade_api::Digest::from_oci(version).is_ok() {
            product.name(version);
        } else if !version.is_empty() && !name.contains('@') {
            product.name(&format!("{name}:{version}"));
        } else {
            product.name(name);
        }
    }
    for hash in list(component, "hashes") {
        product.digest(text(hash, "alg"), text(hash, "content"));
    }
    product
}
