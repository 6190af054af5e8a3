//! CycloneDX as XML, in the shape of its JSON: what is read of that, and no more.

use serde_json::{Map, Value, json};

use crate::inspect::xml::{self, Element};
use crate::report::sbom::{SbomFormat, detect};

/// What is gathered while the elements end.
#[derive(Default)]
struct Gathered {
    document: Map<String, Value>,
    metadata: Map<String, Value>,
    subject: Map<String, Value>,
    /// Components within each other: one ends after those that it holds.
    open: Vec<Map<String, Value>>,
    components: Vec<Value>,
    vulnerability: Map<String, Value>,
    reference: Map<String, Value>,
    target: Map<String, Value>,
    version: Map<String, Value>,
    analysis: Map<String, Value>,
    vulnerabilities: Vec<Value>,
}

/// The document as its JSON would be; none where it is no such XML.
pub(super) fn json(content: &[u8]) -> Option<Result<Value, String>> {
    let bare = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content).trim_ascii_start();
    if !bare.starts_with(b"<") || detect(bare) != Some(SbomFormat::CycloneDxXml) {
        return None;
    }
    let mut gathered = Gathered::default();
    let read = xml::elements(content, |element| {
        let path: Vec<&str> = element.path.iter().map(String::as_str).collect();
        gathered.take(&path, element);
        Ok(())
    });
    Some(read.map(|()| gathered.finish()).map_err(crate::inspect::Problem::into_text))
}

impl Gathered {
    fn take(&mut self, path: &[&str], element: &Element<'_>) {
        let ["bom", path @ ..] = path else { return };
        match path {
            [] => {
                put(&mut self.document, "serialNumber", element.attribute("serialNumber"));
            }
            ["metadata", "timestamp"] => put(&mut self.metadata, "timestamp", element.text),
            ["metadata", "supplier", "name"] => {
                self.metadata.insert("supplier".to_owned(), json!({ "name": element.text }));
            }
            ["metadata", "authors", "author", "name"] => {
                self.metadata.insert("authors".to_owned(), json!([{ "name": element.text }]));
            }
            ["metadata", "component", within @ ..] => part(&mut self.subject, within, element),
            ["vulnerabilities", "vulnerability", within @ ..] => self.judged(within, element),
            _ => self.listed(path, element),
        }
    }

    fn listed(&mut self, mut path: &[&str], element: &Element<'_>) {
        let mut depth = 0_usize;
        while let ["components", "component", within @ ..] = path {
            depth += 1;
            path = within;
        }
        let Some(depth) = depth.checked_sub(1) else { return };
        if self.open.len() <= depth {
            self.open.resize_with(depth + 1, Map::default);
        }
        if let Some(component) = self.open.get_mut(depth) {
            part(component, path, element);
        }
        if path.is_empty() {
            let ended = self.open.drain(depth..).next();
            self.components.extend(ended.map(Value::Object));
        }
    }

    fn judged(&mut self, within: &[&str], element: &Element<'_>) {
        match within {
            [] => {
                let mut vulnerability = std::mem::take(&mut self.vulnerability);
                let analysis = std::mem::take(&mut self.analysis);
                if !analysis.is_empty() {
                    vulnerability.insert("analysis".to_owned(), Value::Object(analysis));
                }
                self.vulnerabilities.push(Value::Object(vulnerability));
            }
            ["id"] => put(&mut self.vulnerability, "id", element.text),
            ["references", "reference", "id"] => put(&mut self.reference, "id", element.text),
            ["references", "reference"] => {
                let reference = std::mem::take(&mut self.reference);
                push(&mut self.vulnerability, "references", Value::Object(reference));
            }
            ["analysis", key] => put(&mut self.analysis, key, element.text),
            ["affects", "target", "ref"] => put(&mut self.target, "ref", element.text),
            ["affects", "target", "versions", "version", key] => {
                put(&mut self.version, key, element.text);
            }
            ["affects", "target", "versions", "version"] => {
                let version = std::mem::take(&mut self.version);
                push(&mut self.target, "versions", Value::Object(version));
            }
            ["affects", "target"] => {
                let target = std::mem::take(&mut self.target);
                push(&mut self.vulnerability, "affects", Value::Object(target));
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Value {
        if !self.subject.is_empty() {
            self.metadata.insert("component".to_owned(), Value::Object(self.subject));
        }
        self.document.insert("bomFormat".to_owned(), json!("CycloneDX"));
        self.document.insert("metadata".to_owned(), Value::Object(self.metadata));
        self.document.insert("components".to_owned(), Value::Array(self.components));
        self.document.insert("vulnerabilities".to_owned(), Value::Array(self.vulnerabilities));
        Value::Object(self.document)
    }
}

/// What an element of a component says; the component itself, with an empty
/// path, has its attributes.
fn part(component: &mut Map<String, Value>, within: &[&str], element: &Element<'_>) {
    match within {
        [] => {
            for key in ["bom-ref", "type"] {
                put(component, key, element.attribute(key));
            }
        }
        [key @ ("name" | "version" | "purl")] => put(component, key, element.text),
        ["hashes", "hash"] => {
            let hash = json!({ "alg": element.attribute("alg"), "content": element.text });
            push(component, "hashes", hash);
        }
        _ => {}
    }
}

fn put(map: &mut Map<String, Value>, key: &str, text: &str) {
    map.insert(key.to_owned(), json!(text.trim()));
}

fn push(map: &mut Map<String, Value>, key: &str, value: Value) {
    let list = map.entry(key).or_insert_with(|| json!([]));
    if let Value::Array(list) = list {
        list.push(value);
    }
}
