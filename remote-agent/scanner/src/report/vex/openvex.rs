//! OpenVEX 0.0.x and 0.2.

use serde_json::Value;

use super::product::Product;
use super::{Statement, list, moment, state, text};
use crate::report::finding::{VexNote, VexState};

pub(super) fn statements(name: &str, json: &Value) -> Result<Vec<Statement>, String> {
    let id = Some(text(json, "@id")).filter(|id| !id.is_empty()).unwrap_or(name);
    let time = |value: &Value| {
        let updated = text(value, "last_updated");
        if updated.is_empty() { text(value, "timestamp") } else { updated }.to_owned()
    };
    let mut statements = Vec::new();
    for (at, statement) in list(json, "statements").iter().enumerate() {
        let wrong = |what: &str| format!("statement {}: {what}", at + 1);
        let word = text(statement, "status");
        let state = state(word).ok_or_else(|| wrong(&format!("{word:?} is no status")))?;
        let vulnerability = vulnerability(statement);
        if vulnerability.is_empty() {
            return Err(wrong("it names no vulnerability"));
        }
        let note = VexNote {
            state,
            justification: text(statement, "justification").to_owned(),
            statement: match state {
                VexState::Affected => text(statement, "action_statement"),
                VexState::NotAffected => text(statement, "impact_statement"),
                _ => text(statement, "status_notes"),
            }
            .to_owned(),
            document: id.to_owned(),
        };
        // The time of the document stands for that of a statement without one.
        let time = moment(&time(statement)).or_else(|| moment(&time(json)));
        for product in list(statement, "products") {
            // The oldest documents name them once for all products.
            let of_all = list(statement, "subcomponents");
            let own = list(product, "subcomponents");
            let components = if own.is_empty() { of_all } else { own };
            let one = |component: Option<Product>| Statement {
                vulnerability: vulnerability.clone(),
                product: named(product),
                component,
                note: note.clone(),
                time,
            };
            if components.is_empty() {
                statements.push(one(None));
            }
            statements.extend(components.iter().map(|component| one(Some(named(component)))));
        }
    }
    Ok(statements)
}

/// Older documents give the name alone, younger ones an object.
fn vulnerability(statement: &Value) -> Vec<String> {
    let Some(value) = statement.get("vulnerability") else { return Vec::new() };
    if let Some(name) = value.as_str() {
        return vec![name.to_owned()];
    }
    let mut names = vec![text(value, "name").to_owned()];
    // Of one that has no name its address tells it.
    if text(value, "name").is_empty() {
        let address = text(value, "@id").trim_end_matches('/');
        names.push(address.rsplit(['/', '#', ':']).next().unwrap_or_default().to_owned());
    }
    names.extend(list(value, "aliases").iter().filter_map(Value::as_str).map(str::to_owned));
    names.retain(|name| !name.is_empty());
    names
}

fn named(value: &Value) -> Product {
    let mut product = Product::default();
    if let Some(name) = value.as_str() {
        product.name(name);
        return product;
    }
    product.name(text(value, "@id"));
    if let Some(identifiers) = value.get("identifiers") {
        product.name(text(identifiers, "purl"));
    }
    if let Some(Value::Object(hashes)) = value.get("hashes") {
        for (algorithm, hash) in hashes {
            product.digest(algorithm, hash.as_str().unwrap_or_default());
        }
    }
    product
}
