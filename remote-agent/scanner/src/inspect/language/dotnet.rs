//! .NET: what a program was published with, and what projects want.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, is_lock, json, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector { wants: |entry| entry.base().ends_with(".deps.json"), read: deps },
    Inspector { wants: |entry| is_lock(entry, "packages.lock.json"), read: lock },
    Inspector { wants: |entry| is_lock(entry, "packages.config"), read: config },
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deps {
    runtime_target: Option<RuntimeTarget>,
    #[serde(default)]
    targets: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    libraries: BTreeMap<String, Library>,
}

#[derive(Deserialize)]
struct RuntimeTarget {
    name: String,
}

#[derive(Deserialize)]
struct Library {
    #[serde(rename = "type", default)]
    kind: String,
}

fn deps(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let deps: Deps = json(bytes)?;
    let target = deps.runtime_target.and_then(|target| deps.targets.get(&target.name));
    let keys: Vec<&String> = match target {
        Some(target) => target.keys().collect(),
        None => deps.libraries.keys().collect(),
    };
    for key in keys {
        let kind = deps.libraries.get(key).map_or("", |library| library.kind.as_str());
        if let Some((name, version)) = key.rsplit_once('/')
            && kind != "project"
        {
            let name = name.strip_prefix("runtimepack.").unwrap_or(name);
            add(facts, entry, Ecosystem::NuGet, name, version)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Lock {
    /// By framework.
    #[serde(default)]
    dependencies: BTreeMap<String, BTreeMap<String, Locked>>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(rename = "type", default)]
    kind: String,
    resolved: Option<String>,
}

fn lock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Lock = json(bytes)?;
    for (name, locked) in lock.dependencies.values().flatten() {
        if let Some(version) = locked.resolved.as_deref().filter(|_| locked.kind != "Project") {
            add(facts, entry, Ecosystem::NuGet, name, version)?;
        }
    }
    Ok(())
}

/// `<package id="X" version="1.2.3" />`, one element after the other.
fn config(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for element in text(bytes).split("<package ").skip(1) {
        let element = element.split('>').next().unwrap_or_default();
        let attribute = |name: &str| {
            let (_, after) = element.split_once(&format!("{name}=\""))?;
            after.split('"').next()
        };
        if let (Some(name), Some(version)) = (attribute("id"), attribute("version")) {
            add(facts, entry, Ecosystem::NuGet, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn published_programs() {
        let deps = r#"{"runtimeTarget":{"name":".NETCoreApp,Version=v6.0/linux-x64"},
            "targets":{".NETCoreApp,Version=v6.0":{},".NETCoreApp,Version=v6.0/linux-x64":{
                "shop/1.0.0":{},"Newtonsoft.Json/12.0.1":{"runtime":{}},
                "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/6.0.1":{}}},
            "libraries":{"shop/1.0.0":{"type":"project"},"Newtonsoft.Json/12.0.1":{"type":"package"}}}"#;
        assert_eq!(
            found(INSPECTORS, "app/shop.deps.json", deps),
            [
                ("Microsoft.NETCore.App.Runtime.linux-x64".into(), "6.0.1".into()),
                ("Newtonsoft.Json".into(), "12.0.1".into())
            ]
        );
    }

    #[test]
    fn wishes_of_projects() {
        let lock = r#"{"version":1,"dependencies":{"net6.0":{"Serilog":{"type":"Direct","resolved":"2.10.0"},"own":{"type":"Project"}}}}"#;
        assert_eq!(
            found(INSPECTORS, "packages.lock.json", lock),
            [("Serilog".into(), "2.10.0".into())]
        );
        let config = r#"<packages><package id="jQuery" version="3.1.1" targetFramework="net46" /></packages>"#;
        assert_eq!(
            found(INSPECTORS, "packages.config", config),
            [("jQuery".into(), "3.1.1".into())]
        );
    }
}
