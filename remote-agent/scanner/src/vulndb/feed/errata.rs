//! Errata of rpm distributions as JSON: AlmaLinux's and Rocky's lists, each in
//! two forms, and updates of Amazon's repositories written as JSON. They have the
//! same content under other names.

use std::path::Path;

use serde_json::{Map, Value};

use super::advisory::{Advisory, Statement, cves_in, emit, joined, seconds};
use super::input::{self, InputError, Piece, Shape};
use super::pages::Pages;
use super::{Sink, platform};

/// Members of answers that hold the records.
const ARRAYS: &[&str] = &["advisories", "data", "errata", "updates"];

pub(super) fn read(enterprise: &str, path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    let mut members = Map::new();
    let mut records = 0_u64;
    let mut pages = Pages::default();
    input::read(path, Shape::Arrays(ARRAYS), sink, &mut |sink, place, piece| match piece {
        Piece::Begin => {
            members.clear();
            records = 0;
        }
        Piece::Record(bytes) => {
            records += 1;
            pages.record();
            match serde_json::from_slice::<Value>(bytes) {
                Ok(Value::Object(record)) => one(enterprise, &record, sink, place),
                Ok(_) => sink.malformed(place, "it is no record"),
                Err(error) => sink.malformed(place, &error.to_string()),
            }
        }
        Piece::Member(name, value) => {
            pages.member(place, name, value.get());
            if let Ok(value) = serde_json::from_str(value.get()) {
                members.insert(name.to_owned(), value);
            }
        }
        // A document may be one record.
        Piece::End if records == 0 && !members.is_empty() => {
            one(enterprise, &members, sink, place);
        }
        Piece::End => {}
    })?;
    pages.end(sink, "put ");
    Ok(())
}

fn one(enterprise: &str, record: &Map<String, Value>, sink: &mut dyn Sink, place: &str) {
    match advisory(enterprise, record) {
        Some(advisory) => {
            sink.valid();
            emit(sink, advisory);
        }
        None => sink.malformed(place, "it has no id"),
    }
}

fn advisory(enterprise: &str, record: &Map<String, Value>) -> Option<Advisory> {
    let first = |keys: &[&str]| {
        let mut texts = keys.iter().filter_map(|key| record.get(*key)?.as_str());
        texts.find(|text| !text.is_empty()).unwrap_or_default()
    };
    let id = ["updateinfo_id", "name", "id"].iter().find_map(|key| {
        let id = record.get(*key)?.as_str()?;
        id.contains(|c: char| c.is_ascii_digit()).then_some(id)
    })?;
    let date = |keys: &[&str]| keys.iter().find_map(|key| moment(record.get(*key)?)).unwrap_or(0);
    let mut advisory = Advisory {
        id: id.to_owned(),
        description: first(&["description", "topic", "summary", "synopsis", "title"]).to_owned(),
        rating: first(&["severity"]).trim_start_matches("SEVERITY_").to_lowercase(),
        published: date(&["issued_date", "issued", "publishedAt", "published_at"]),
        modified: date(&["updated_date", "updated", "updatedAt", "updated_at"]),
        ..Advisory::default()
    };
    for reference in list(record, "references") {
        for key in ["href", "url"] {
            let url = reference.get(key).and_then(Value::as_str);
            advisory.references.extend(url.map(str::to_owned));
        }
        advisory.names.extend(cves_in(text(reference, "id")));
    }
    for name in list(record, "cveids") {
        advisory.names.extend(cves_in(name.as_str().unwrap_or_default()));
    }
    for cve in list(record, "cves") {
        cve_of(cve, &mut advisory);
    }
    advisory.link = link(id, enterprise, &advisory);
    let title = first(&["title", "synopsis", "summary"]);
    advisory.statements = joined(statements(enterprise, record, title));
    // An erratum without a CVE repairs no vulnerability.
    if advisory.names.is_empty() {
        advisory.statements.clear();
    }
    Some(advisory)
}

fn cve_of(cve: &Value, advisory: &mut Advisory) {
    let name = cve.as_str().unwrap_or_else(|| {
        let mut keys = ["name", "cve", "id"].iter().map(|key| text(cve, key));
        keys.rfind(|name| name.contains("CVE-")).unwrap_or_default()
    });
    advisory.names.extend(cves_in(name));
    for key in ["cvss3ScoringVector", "cvss3_scoring_vector"] {
        advisory.score(text(cve, key));
    }
    advisory
        .cwes
        .extend(Some(text(cve, "cwe")).filter(|w| w.starts_with("CWE-")).map(str::to_owned));
}

/// A date as text, in milliseconds, or as `{"$date": …}` or `{"date": …}`.
fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => Some(seconds(text)),
        Value::Number(number) => {
            let number = number.as_i64()?;
            Some(if number > 100_000_000_000 { number / 1000 } else { number })
        }
        Value::Object(object) => {
            let inner = object.get("$date").or_else(|| object.get("date"))?;
            (!inner.is_object()).then(|| moment(inner)).flatten()
        }
        _ => None,
    }
}

fn statements(enterprise: &str, record: &Map<String, Value>, title: &str) -> Vec<Statement> {
    let mut all = Vec::new();
    let mut add = |nevra: &Nevra<'_>, platform: Option<String>, stream: String| {
        let platform = platform.or_else(|| platform::of_version(&nevra.version, enterprise));
        let (Some(ecosystem), false) = (platform, matches!(nevra.arch, "src" | "nosrc")) else {
            return;
        };
        let stream =
            if stream.is_empty() { super::stream_of(&nevra.version, title) } else { stream };
        let arches = Some(nevra.arch).filter(|arch| !matches!(*arch, "" | "noarch"));
        all.push(Statement {
            arches: arches.map(str::to_owned).into_iter().collect(),
            stream,
            ..Statement::before(ecosystem, nevra.name, Some(&nevra.version))
        });
    };
    let collection = record.get("pkglist").map(|list| match list {
        Value::Array(collections) => collections.as_slice(),
        one => std::slice::from_ref(one),
    });
    for collection in collection.unwrap_or_default() {
        let module = collection.get("module").filter(|module| module.is_object());
        let stream = module.map(|module| stream(text(module, "name"), text(module, "stream")));
        for package in collection.get("packages").and_then(Value::as_array).into_iter().flatten() {
            if let Some(nevra) = Nevra::of_fields(package) {
                add(&nevra, None, stream.clone().unwrap_or_default());
            }
        }
    }
    // Of all packages that are built for modules, where it is one module.
    let mut modules: Vec<String> = list(record, "modules")
        .iter()
        .map(|module| stream(text(module, "name"), text(module, "stream")))
        .collect();
    modules.dedup();
    let of_all = if let [only] = modules.as_slice() { only.as_str() } else { "" };
    for package in list(record, "packages") {
        let mut stream = stream(text(package, "module_name"), text(package, "module_stream"));
        let built = text(package, "release").contains(".module");
        if stream.is_empty() && built {
            of_all.clone_into(&mut stream);
        }
        let platform = platform::named_in(text(package, "product_name"));
        let nevra = Nevra::parse(text(package, "nevra")).or_else(|| Nevra::of_fields(package));
        if let Some(nevra) = nevra {
            add(&nevra, platform, stream);
        }
    }
    for (product, rpms) in record.get("rpms").and_then(Value::as_object).into_iter().flatten() {
        for nevra in rpms.get("nvras").and_then(Value::as_array).into_iter().flatten() {
            if let Some(nevra) = nevra.as_str().and_then(Nevra::parse) {
                add(&nevra, platform::named_in(product), String::new());
            }
        }
    }
    all
}

/// A package that was built.
struct Nevra<'r> {
    name: &'r str,
    /// `epoch:version-release`
    version: String,
    arch: &'r str,
}

impl<'r> Nevra<'r> {
    fn of_fields(package: &'r Value) -> Option<Self> {
        let (name, version) = (text(package, "name"), text(package, "version"));
        if name.is_empty() || version.is_empty() {
            return None;
        }
        let epoch = match package.get("epoch") {
            Some(Value::Number(epoch)) => epoch.to_string(),
            Some(Value::String(epoch)) => epoch.clone(),
            _ => String::new(),
        };
        let version = format!("{version}-{}", text(package, "release"));
        let version = match epoch.as_str() {
            "" | "0" => version,
            epoch => format!("{epoch}:{version}"),
        };
        Some(Self { name, version, arch: text(package, "arch") })
    }

    /// `python36-devel-0:3.6.8-38.module+el8.5.0.x86_64.rpm`
    fn parse(text: &'r str) -> Option<Self> {
        let text = text.strip_suffix(".rpm").unwrap_or(text);
        let (rest, arch) = text.rsplit_once('.')?;
        let (rest, release) = rest.rsplit_once('-')?;
        let (name, version) = rest.rsplit_once('-')?;
        let version = version.strip_prefix("0:").unwrap_or(version);
        Some(Self { name, version: format!("{version}-{release}"), arch })
    }
}

fn stream(name: &str, stream: &str) -> String {
    if name.is_empty() || stream.is_empty() { String::new() } else { format!("{name}:{stream}") }
}

fn link(id: &str, enterprise: &str, advisory: &Advisory) -> String {
    if enterprise == "Rocky Linux" {
        return format!("https://errata.rockylinux.org/{id}");
    }
    let own = advisory.references.iter().find(|url| url.contains(id));
    own.or(advisory.references.first()).cloned().unwrap_or_default()
}

fn list<'r>(record: &'r Map<String, Value>, key: &str) -> &'r [Value] {
    record.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'r>(value: &'r Value, key: &str) -> &'r str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Package, ecosystem, repaired version and stream.
    fn told(enterprise: &str, record: &Value) -> (Advisory, Vec<[String; 4]>) {
        let advisory = advisory(enterprise, record.as_object().unwrap()).unwrap();
        let packages = advisory.statements.iter().map(|statement| {
            let fixed = statement.ranges[0].fixed.clone().unwrap();
            [
                statement.package.clone(),
                statement.ecosystem.clone(),
                fixed,
                statement.stream.clone(),
            ]
        });
        let packages = packages.collect();
        (advisory, packages)
    }

    fn row(package: &str, ecosystem: &str, fixed: &str, stream: &str) -> [String; 4] {
        [package, ecosystem, fixed, stream].map(str::to_owned)
    }

    #[test]
    fn alma() {
        let (advisory, packages) = told(
            "AlmaLinux",
            &json!({"updateinfo_id": "ALSA-2024:1", "description": "D", "severity": "Important",
                "issued_date": {"$date": 1_704_153_600_000_i64}, "title": "Important: nodejs:18 security update",
                "references": [{"href": "https://example.org/CVE-2024-1", "id": "CVE-2024-1", "type": "cve"}],
                "pkglist": {"module": {"name": "nodejs", "stream": "18"}, "packages": [
                    {"name": "nodejs", "epoch": "1", "version": "18.1", "release": "1.module_el8.9.0", "arch": "x86_64"},
                    {"name": "nodejs", "epoch": "1", "version": "18.1", "release": "1.module_el8.9.0", "arch": "aarch64"},
                    {"name": "nodejs", "epoch": "1", "version": "18.1", "release": "1.module_el8.9.0", "arch": "src"}]}}),
        );
        assert_eq!((advisory.id.as_str(), advisory.published), ("ALSA-2024:1", 1_704_153_600));
        assert_eq!(advisory.names, ["CVE-2024-1"]);
        assert_eq!(
            packages,
            [row("nodejs", "AlmaLinux:8", "1:18.1-1.module_el8.9.0", "nodejs:18")]
        );
        assert_eq!(advisory.statements[0].arches, ["x86_64", "aarch64"]);
    }

    /// The form that has replaced the first one.
    #[test]
    fn alma_in_full() {
        let package = |name: &str, release: &str, arch: &str| {
            json!({"name": name, "epoch": "1", "version": "18.1", "release": release, "arch": arch,
                "src": "x.src.rpm", "reponame": "almalinux-8-for-x86_64-appstream-rpms"})
        };
        let record = json!({"id": "ALSA-2024:1", "type": "security", "severity": "Important",
            "issued_date": 1_704_153_600, "title": "Important: security update", "description": "D",
            "references": [{"href": "https://example.org/CVE-2024-1", "type": "cve", "id": "CVE-2024-1"},
                {"href": "https://errata.almalinux.org/8/ALSA-2024-1.html", "type": "self", "id": "ALSA-2024:1"}],
            "packages": [package("nodejs", "1.module_el8.9.0", "x86_64"), package("curl", "2.el8", "x86_64"),
                package("curl", "2.el8", "src")],
            "modules": [{"name": "nodejs", "stream": "18", "arch": "x86_64"},
                {"name": "nodejs", "stream": "18", "arch": "aarch64"}]});
        let (advisory, packages) = told("AlmaLinux", &record);
        assert_eq!(
            (advisory.published, advisory.names),
            (1_704_153_600, vec!["CVE-2024-1".to_owned()])
        );
        let expected = [
            row("nodejs", "AlmaLinux:8", "1:18.1-1.module_el8.9.0", "nodejs:18"),
            row("curl", "AlmaLinux:8", "1:18.1-2.el8", ""),
        ];
        assert_eq!(packages, expected);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("errata.full.json");
        std::fs::write(&path, json!({"data": [record]}).to_string()).unwrap();
        let spec = super::super::SourceSpec { kind: super::super::FeedKind::Auto, path };
        let found = super::super::resolve(&spec).unwrap();
        assert_eq!(found[0].kind, super::super::FeedKind::Alma);
        let mut kept = super::super::tests::Kept::default();
        read("AlmaLinux", &found[0].path, &mut kept).unwrap();
        assert_eq!(kept.packages.len(), 2);
    }

    #[test]
    fn rocky_in_both_forms() {
        let expected = [row("openssl", "Rocky Linux:9", "1:3.0.7-6.el9_2", "")];
        let (advisory, packages) = told(
            "Rocky Linux",
            &json!({"name": "RLSA-2024:1", "severity": "SEVERITY_IMPORTANT", "synopsis": "S",
                "publishedAt": "2024-01-02T00:00:00Z",
                "cves": [{"name": "CVE-2024-1", "cwe": "CWE-79",
                    "cvss3ScoringVector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
                "rpms": {"Rocky Linux 9": {"nvras": ["openssl-1:3.0.7-6.el9_2.x86_64.rpm",
                    "openssl-1:3.0.7-6.el9_2.src.rpm"]}}}),
        );
        assert_eq!(packages, expected);
        assert_eq!((advisory.rating.as_str(), advisory.published), ("important", 1_704_153_600));
        assert_eq!((advisory.scores.len(), advisory.cwes.len()), (1, 1));
        let (advisory, packages) = told(
            "Rocky Linux",
            &json!({"id": 7, "name": "RLSA-2024:1", "published_at": "2024-01-02T00:00:00Z",
                "cves": [{"id": 3, "cve": "CVE-2024-1"}],
                "packages": [{"nevra": "openssl-1:3.0.7-6.el9_2.x86_64.rpm",
                    "product_name": "Rocky Linux 9 x86_64", "module_name": null}]}),
        );
        assert_eq!((packages, advisory.names), (expected.to_vec(), vec!["CVE-2024-1".to_owned()]));
    }

    #[test]
    fn amazon() {
        let (advisory, packages) = told(
            "",
            &json!({"id": "ALAS2023-2024-001", "severity": "medium", "issued": {"date": "2024-01-02 00:00"},
                "cveids": ["CVE-2024-1"], "references": [],
                "packages": [{"name": "curl", "epoch": "0", "version": "8.5.0", "release": "1.amzn2023.0.1",
                    "arch": "x86_64"}]}),
        );
        assert_eq!(packages, [row("curl", "Amazon Linux:2023", "8.5.0-1.amzn2023.0.1", "")]);
        assert_eq!(advisory.published, 1_704_153_600);
    }

    #[test]
    fn without_a_name_it_is_no_erratum() {
        assert_eq!(advisory("", json!({"title": "T"}).as_object().unwrap()), None);
    }
}
