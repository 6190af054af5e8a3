//! Arch's list of vulnerable packages: groups of vulnerabilities that one
//! version repairs.

use std::path::Path;

use serde::Deserialize;

use super::Sink;
use super::advisory::{Advisory, Statement, Status, emit};
use super::input::{self, InputError, Piece, Shape};

#[derive(Deserialize)]
struct Group {
    name: String,
    packages: Vec<String>,
    status: String,
    #[serde(default)]
    severity: String,
    #[serde(default, rename = "type")]
    kind: String,
    fixed: Option<String>,
    #[serde(default)]
    issues: Vec<String>,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::read(path, Shape::Records, sink, &mut |sink, place, piece| {
        let Piece::Record(bytes) = piece else { return };
        match serde_json::from_slice::<Group>(bytes) {
            Ok(group) => {
                sink.valid();
                emit(sink, advisory(group));
            }
            Err(error) => sink.malformed(place, &error.to_string()),
        }
    })
}

fn advisory(group: Group) -> Advisory {
    let status = match group.status.as_str() {
        "Not affected" => Status::NotAffected,
        "Unknown" => Status::UnderInvestigation,
        _ => Status::Affected,
    };
    let fixed = group.fixed.as_deref().filter(|fixed| !fixed.is_empty());
    let statement = |package: &String| {
        let statement = Statement::before("Arch Linux", package.as_str(), fixed);
        // What is unknown says nothing of versions that repair.
        statement.with_status(if fixed.is_some() && status != Status::NotAffected {
            Status::Affected
        } else {
            status
        })
    };
    Advisory {
        link: format!("https://security.archlinux.org/{}", group.name),
        names: group.issues,
        description: group.kind,
        rating: group.severity.to_lowercase(),
        statements: group.packages.iter().map(statement).collect(),
        id: group.name,
        ..Advisory::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Kept;
    use super::super::{FeedKind, SourceSpec, resolve};

    #[test]
    fn groups() {
        let group = |name: &str, status: &str, fixed: &str, issues: &str| {
            format!(
                r#"{{"name": "{name}", "packages": ["curl", "lib32-curl"], "status": "{status}",
                "severity": "High", "type": "T", "affected": "8.4.0-1", "fixed": {fixed},
                "issues": [{issues}], "advisories": []}}"#
            )
        };
        let text = [
            group("AVG-1", "Fixed", "\"8.5.0-1\"", "\"CVE-2024-1\", \"CVE-2024-2\""),
            group("AVG-2", "Vulnerable", "null", "\"CVE-2024-3\""),
            group("AVG-3", "Not affected", "null", "\"CVE-2024-4\""),
            group("AVG-4", "Unknown", "null", "\"CVE-2024-5\""),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.json");
        std::fs::write(&path, format!("[{}]", text.join(","))).unwrap();
        let found = resolve(&SourceSpec { kind: FeedKind::Auto, path: path.clone() }).unwrap();
        assert_eq!(found[0].kind, FeedKind::Arch);
        let mut kept = Kept::default();
        super::read(&path, &mut kept).unwrap();
        let (curl, lib32): (Vec<String>, _) =
            kept.lines().into_iter().partition(|line| line.contains(" curl "));
        assert_eq!(lib32.len(), 5, "{lib32:?}");
        assert_eq!(
            curl,
            [
                "Arch Linux curl CVE-2024-1 <8.5.0-1",
                "Arch Linux curl CVE-2024-2 <8.5.0-1",
                "Arch Linux curl CVE-2024-3 all",
                "Arch Linux curl CVE-2024-4 none",
                "Arch Linux curl CVE-2024-5 all",
            ]
        );
        let known = &kept.vulnerabilities[2].0;
        assert_eq!(
            (known.rating.as_str(), known.aliases.as_slice()),
            ("high", &["AVG-2".to_owned()][..])
        );
    }
}
