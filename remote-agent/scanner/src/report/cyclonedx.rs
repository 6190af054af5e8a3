//! CycloneDX 1.6 JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Report;

pub(super) fn document(report: &Report, target: &str) -> Result<String, serde_json::Error> {
    let result = &report.result;
    let (id, version) = result.base_os.split_once(':').unwrap_or((&result.base_os, ""));
    let mut components = Vec::new();
    let mut references: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for module in &result.report.modules {
        let (source, name) = module.name.split_once('/').unwrap_or((&module.name, &module.name));
        let purl = purl(id, version, name, &module.version, source);
        if references.insert((&module.name, &module.version), purl.clone()).is_some() {
            continue;
        }
        components.push(json!({
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": module.version,
            "purl": purl,
        }));
    }
    if !id.is_empty() {
        components.push(json!({
            "type": "operating-system", "bom-ref": format!("os:{}", result.base_os),
            "name": id, "version": version,
        }));
    }
    // One vulnerability with all the packages it is in.
    let mut vulnerabilities: BTreeMap<&str, Value> = BTreeMap::new();
    for found in &result.report.vulnerabilities {
        let reference = references
            .get(&(found.package_name.as_str(), found.package_version.as_str()))
            .cloned()
            .unwrap_or_default();
        let affects = json!({ "ref": reference });
        let entry = vulnerabilities.entry(&found.name).or_insert_with(|| {
            let mut ratings = Vec::new();
            if !found.vectors_v3.is_empty() {
                let method =
                    if found.vectors_v3.starts_with("CVSS:3.0") { "CVSSv3" } else { "CVSSv31" };
                ratings.push(json!({ "method": method, "score": tenth(found.score_v3),
                    "severity": found.severity.to_lowercase(), "vector": found.vectors_v3 }));
            } else if !found.vectors.is_empty() {
                ratings.push(json!({ "method": "CVSSv2", "score": tenth(found.score),
                    "severity": found.severity.to_lowercase(), "vector": found.vectors }));
            } else {
                ratings
                    .push(json!({ "method": "other", "severity": found.severity.to_lowercase() }));
            }
            let mut vulnerability = json!({
                "id": found.name, "ratings": ratings, "affects": [],
            });
            if !found.description.is_empty() {
                vulnerability["description"] = json!(found.description);
            }
            if !found.fixed_version.is_empty() {
                vulnerability["recommendation"] =
                    json!(format!("Update {} to {}", found.package_name, found.fixed_version));
            }
            if !found.link.is_empty() {
                vulnerability["advisories"] = json!([{ "url": found.link }]);
            }
            vulnerability
        });
        if let Some(list) = entry.get_mut("affects").and_then(Value::as_array_mut)
            && !list.contains(&affects)
        {
            list.push(affects);
        }
    }
    let mut component = json!({ "type": "container", "name": target });
    if !result.digest.is_empty() {
        component["version"] = json!(result.digest);
    }
    serde_json::to_string_pretty(&json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", uuid::Uuid::new_v4()),
        "version": 1,
        "metadata": {
            "timestamp": report.scanned_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "tools": { "components": [{ "type": "application", "name": "palisade-scanner",
                "version": env!("CARGO_PKG_VERSION") }] },
            "component": component,
        },
        "components": components,
        "vulnerabilities": vulnerabilities.into_values().collect::<Vec<_>>(),
    }))
}

/// A score without the noise of its conversion from single precision.
fn tenth(score: f32) -> f64 {
    (f64::from(score) * 10.0).round() / 10.0
}

fn purl(id: &str, version: &str, name: &str, package_version: &str, source: &str) -> String {
    let kind = match id {
        "alpine" | "wolfi" | "chainguard" => "apk",
        "debian" | "ubuntu" | "raspbian" => "deb",
        _ => "generic",
    };
    let mut purl = format!(
        "pkg:{kind}/{id}/{}@{}?distro={id}-{version}",
        encode(name),
        encode(package_version)
    );
    if source != name {
        purl.push_str("&upstream=");
        purl.push_str(&encode(source));
    }
    purl
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
