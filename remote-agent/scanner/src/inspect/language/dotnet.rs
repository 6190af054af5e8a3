//! .NET: what a program was published with, and what projects want.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::json::{self, Entries, Flag, Text};
use super::{Entry, Facts, Inspector, Problem, add, is_leftover, is_lock, xml};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] =
    &[Inspector { wants: |entry| entry.base().ends_with(".deps.json"), read: deps }];

pub(super) const WANTED: &[Inspector] = &[
    Inspector { wants: |entry| is_lock(entry, "packages.lock.json"), read: lock },
    Inspector { wants: |entry| is_lock(entry, "packages.config"), read: config },
    Inspector { wants: is_project, read: project },
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deps {
    #[serde(default)]
    runtime_target: RuntimeTarget,
    #[serde(default)]
    targets: Entries<Entries<Used>>,
    #[serde(default)]
    libraries: Entries<Library>,
}

/// The target's name, which early files give alone and others in an object.
#[derive(Default)]
struct RuntimeTarget(String);

impl<'de> Deserialize<'de> for RuntimeTarget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = RuntimeTarget;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a target's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<RuntimeTarget, E> {
        Ok(RuntimeTarget(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RuntimeTarget, A::Error> {
        let mut name = Text::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == "name" {
                name = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(RuntimeTarget(name.0.unwrap_or_default()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    /// Not there when the program runs.
    #[serde(default)]
    compile_only: Flag,
}

#[derive(Deserialize)]
struct Library {
    #[serde(rename = "type", default)]
    kind: Text,
}

/// The libraries of the target that the program runs on.
pub(in crate::inspect) fn deps(
    entry: &Entry<'_>,
    bytes: &[u8],
    facts: &mut Facts,
) -> Result<(), Problem> {
    let deps: Deps = json::read(json::bounded(bytes)?)?;
    let kinds: HashMap<&str, &str> = deps
        .libraries
        .0
        .iter()
        .map(|(key, library)| (key.as_str(), library.kind.as_str()))
        .collect();
    let keys: Vec<&str> = match deps.targets.get(&deps.runtime_target.0) {
        Some(target) => {
            let used = target.0.iter().filter(|(_, used)| !used.compile_only.0);
            used.map(|(key, _)| key.as_str()).collect()
        }
        None => kinds.keys().copied().collect(),
    };
    for key in keys {
        let kind = kinds.get(key).copied().unwrap_or_default();
        if let Some((name, version)) = key.rsplit_once('/')
            && !matches!(kind, "project" | "reference")
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
    dependencies: Entries<Entries<Locked>>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(rename = "type", default)]
    kind: Text,
    #[serde(default)]
    resolved: Text,
}

fn lock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Lock = json::read(json::bounded(bytes)?)?;
    for (name, locked) in lock.dependencies.0.iter().flat_map(|(_, framework)| &framework.0) {
        if !locked.kind.as_str().eq_ignore_ascii_case("project") {
            add(facts, entry, Ecosystem::NuGet, name, locked.resolved.as_str())?;
        }
    }
    Ok(())
}

/// `<package id="X" version="1.2.3" />`, one element after the other.
fn config(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    xml::elements(bytes, |element| {
        if element.is(&["packages", "package"])
            && element.attribute("developmentDependency") != "true"
        {
            let (name, version) = (element.attribute("id"), element.attribute("version"));
            add(facts, entry, Ecosystem::NuGet, name, version)?;
        }
        Ok(())
    })
}

/// Files of projects that name packages with versions.
fn is_project(entry: &Entry<'_>) -> bool {
    let is_one = entry.base() == "Directory.Packages.props"
        || ["csproj", "fsproj", "vbproj"].iter().any(|kind| entry.has_extension(kind));
    is_one && !is_leftover(entry.path)
}

/// `<PackageReference Include="X" Version="1.2.3" />`, with the version as an
/// element in it at times. Ranges are no version.
fn project(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    const NAMES: [&str; 3] = ["PackageReference", "PackageVersion", "GlobalPackageReference"];
    let mut inner = String::new();
    xml::elements(bytes, |element| {
        if element.name() == "Version" {
            element.text.clone_into(&mut inner);
        }
        if !NAMES.contains(&element.name()) {
            return Ok(());
        }
        let inner = std::mem::take(&mut inner);
        let version = match element.attribute("Version") {
            "" => inner.as_str(),
            version => version,
        };
        let name = match element.attribute("Include") {
            "" => element.attribute("Update"),
            name => name,
        };
        let version =
            version.strip_prefix('[').and_then(|exact| exact.strip_suffix(']')).unwrap_or(version);
        // Assets of analyzers and the like stay with the build.
        let is_private = element.attribute("PrivateAssets").eq_ignore_ascii_case("all");
        if !is_private && !version.contains(['*', '$', ',', '[', '(', '@']) && !name.contains('$') {
            add(facts, entry, Ecosystem::NuGet, name, version)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn published_programs() {
        let deps = r#"{"runtimeTarget":{"name":".NETCoreApp,Version=v6.0/linux-x64","signature":""},
            "targets":{".NETCoreApp,Version=v6.0":{},".NETCoreApp,Version=v6.0/linux-x64":{
                "shop/1.0.0":{"dependencies":{"Newtonsoft.Json":"12.0.1"}},"Newtonsoft.Json/12.0.1":{"runtime":{"lib/x.dll":{}}},
                "Build.Only/1.0.0":{"compileOnly":true},"Own.Dll/1.0.0.0":{},
                "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/6.0.1":{}}},
            "libraries":{"shop/1.0.0":{"type":"project"},"Own.Dll/1.0.0.0":{"type":"reference"},"Newtonsoft.Json/12.0.1":{"type":"package"},"Other.Target/1.0.0":{"type":"package"}}}"#;
        assert_eq!(
            found(INSTALLED, "app/shop.deps.json", deps),
            pairs(&[
                ("Microsoft.NETCore.App.Runtime.linux-x64", "6.0.1"),
                ("Newtonsoft.Json", "12.0.1")
            ])
        );
        let early = r#"{"runtimeTarget":".NETCoreApp,Version=v1.0","targets":{},"libraries":{"A/1.0.0":{"type":"package"}}}"#;
        assert_eq!(found(INSTALLED, "a.deps.json", early), pairs(&[("A", "1.0.0")]));
    }

    #[test]
    fn wishes_of_projects() {
        let lock = r#"{"version":1,"dependencies":{"net6.0":{"Serilog":{"type":"Direct","resolved":"2.10.0"},"own":{"type":"Project"}},
            "net6.0/linux-x64":{"Libuv":{"type":"Transitive","resolved":"1.10.0"}}}}"#;
        assert_eq!(
            found(WANTED, "packages.lock.json", lock),
            pairs(&[("Libuv", "1.10.0"), ("Serilog", "2.10.0")])
        );
        let config = r#"<?xml version="1.0"?><packages><package id="jQuery" version="3.1.1" targetFramework="net46" /><package id='Dev' version='1.0' developmentDependency='true'/></packages>"#;
        assert_eq!(found(WANTED, "packages.config", config), pairs(&[("jQuery", "3.1.1")]));
        let project = r#"<Project><ItemGroup><PackageReference Include="Serilog" Version="2.10.0" />
            <PackageReference Include="Inner"><Version>[1.2.3]</Version></PackageReference>
            <PackageReference Include="Open" Version="1.*" /><PackageReference Include="Named" Version="$(V)" />
            <PackageReference Include="Analyzer" Version="1.0" PrivateAssets="all" />
            <PackageReference Include="Central" /></ItemGroup></Project>"#;
        assert_eq!(
            found(WANTED, "src/shop.csproj", project),
            pairs(&[("Inner", "1.2.3"), ("Serilog", "2.10.0")])
        );
        let central = r#"<Project><ItemGroup><PackageVersion Include="Central" Version="4.0.0" /></ItemGroup></Project>"#;
        assert_eq!(
            found(WANTED, "Directory.Packages.props", central),
            pairs(&[("Central", "4.0.0")])
        );
    }
}
