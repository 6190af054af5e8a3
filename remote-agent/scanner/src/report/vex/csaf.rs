//! CSAF 2.0, profile VEX.

use std::collections::HashMap;

use serde_json::Value;

use super::product::Product;
use super::{Statement, list, moment, state, text};
use crate::report::finding::VexNote;

/// Levels of branches at most.
const DEPTH: usize = 64;

/// Products by their id, and those that are a part of another.
#[derive(Default)]
struct Products<'a> {
    named: HashMap<&'a str, Product>,
    /// By the id of the combination: the part and the whole.
    parts: HashMap<&'a str, (&'a str, &'a str)>,
    groups: HashMap<&'a str, Vec<&'a str>>,
}

pub(super) fn statements(name: &str, json: &Value) -> Result<Vec<Statement>, String> {
    let document = json.get("document").unwrap_or(&Value::Null);
    let tracking = document.get("tracking").unwrap_or(&Value::Null);
    let id = Some(text(tracking, "id")).filter(|id| !id.is_empty()).unwrap_or(name);
    let time = moment(text(tracking, "current_release_date"));
    let products = products(json.get("product_tree").unwrap_or(&Value::Null))?;
    let mut statements = Vec::new();
    for vulnerability in list(json, "vulnerabilities") {
        let mut names = vec![text(vulnerability, "cve").to_owned()];
        names.extend(list(vulnerability, "ids").iter().map(|id| text(id, "text").to_owned()));
        names.retain(|name| !name.is_empty());
        if names.is_empty() {
            continue;
        }
        let said = reasons(vulnerability, &products);
        let Some(Value::Object(status)) = vulnerability.get("product_status") else { continue };
        for (word, ids) in status {
            // `last_affected` and `recommended` are hints on other versions.
            let Some(state) = state(word) else { continue };
            for id_of in ids.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let (justification, statement) = said.get(id_of).cloned().unwrap_or_default();
                let note = VexNote { state, justification, statement, document: id.to_owned() };
                let (product, component) = products.of(id_of);
                let vulnerability = names.clone();
                statements.push(Statement { vulnerability, product, component, note, time });
            }
        }
    }
    Ok(statements)
}

impl Products<'_> {
    /// The product, and the part of it that is meant. A package of a module is a part of a part:
    /// what it is in the end part of is the product.
    fn of(&self, id: &str) -> (Product, Option<Product>) {
        let named = |id: &str| self.named.get(id).cloned().unwrap_or_default();
        let Some(&(mut part, mut whole)) = self.parts.get(id) else { return (named(id), None) };
        for _ in 0..DEPTH {
            let (inner, outer) = (self.parts.get(part), self.parts.get(whole));
            if inner.is_none() && outer.is_none() {
                break;
            }
            part = inner.map_or(part, |&(part, _)| part);
            whole = outer.map_or(whole, |&(_, whole)| whole);
        }
        (named(whole), Some(named(part)))
    }
}

fn products(tree: &Value) -> Result<Products<'_>, String> {
    let mut products = Products::default();
    for product in list(tree, "full_product_names") {
        products.named.insert(text(product, "product_id"), named(product));
    }
    let mut branches: Vec<(&Value, usize, Option<&str>)> =
        list(tree, "branches").iter().map(|branch| (branch, 0, None)).collect();
    while let Some((branch, depth, mut range)) = branches.pop() {
        if depth > DEPTH {
            return Err(format!("its product tree is deeper than {DEPTH} branches"));
        }
        if text(branch, "category") == "product_version_range" {
            range = Some(text(branch, "name"));
        }
        if let Some(product) = branch.get("product") {
            let mut named = named(product);
            if let Some(range) = range {
                named.range(range);
            }
            products.named.insert(text(product, "product_id"), named);
        }
        let within = list(branch, "branches").iter();
        branches.extend(within.map(|branch| (branch, depth + 1, range)));
    }
    for relation in list(tree, "relationships") {
        let Some(combined) = relation.get("full_product_name") else { continue };
        let id = text(combined, "product_id");
        products.named.insert(id, named(combined));
        let part = text(relation, "product_reference");
        products.parts.insert(id, (part, text(relation, "relates_to_product_reference")));
    }
    for group in list(tree, "product_groups") {
        let ids = list(group, "product_ids").iter().filter_map(Value::as_str).collect();
        products.groups.insert(text(group, "group_id"), ids);
    }
    Ok(products)
}

fn named(value: &Value) -> Product {
    let mut product = Product::default();
    let helper = value.get("product_identification_helper").unwrap_or(&Value::Null);
    product.name(text(helper, "purl"));
    for purl in list(helper, "purls").iter().filter_map(Value::as_str) {
        product.name(purl);
    }
    product.cpe(text(helper, "cpe"));
    for hashes in list(helper, "hashes") {
        for hash in list(hashes, "file_hashes") {
            product.digest(text(hash, "algorithm"), text(hash, "value"));
        }
    }
    // What has no identity but its name may be an image of that name.
    if helper.is_null() {
        product.name(text(value, "name"));
    }
    product
}

/// Justification and words by product id.
fn reasons<'a>(
    vulnerability: &'a Value,
    products: &Products<'a>,
) -> HashMap<&'a str, (String, String)> {
    let mut reasons: HashMap<&str, (String, String)> = HashMap::new();
    let ids = |value: &'a Value| {
        let groups = list(value, "group_ids").iter().filter_map(Value::as_str);
        let of_groups = groups.filter_map(|group| products.groups.get(group)).flatten().copied();
        let direct = list(value, "product_ids").iter().filter_map(Value::as_str);
        direct.chain(of_groups).collect::<Vec<_>>()
    };
    for flag in list(vulnerability, "flags") {
        for id in ids(flag) {
            text(flag, "label").clone_into(&mut reasons.entry(id).or_default().0);
        }
    }
    for threat in list(vulnerability, "threats") {
        if text(threat, "category") == "impact" {
            for id in ids(threat) {
                text(threat, "details").clone_into(&mut reasons.entry(id).or_default().1);
            }
        }
    }
    reasons
}
