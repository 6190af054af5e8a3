//! Fedora's updates as the interface of Bodhi gives them: source packages that
//! were built, and bugs whose titles name CVEs.

use std::path::Path;

use serde::Deserialize;

use super::Sink;
use super::advisory::{Advisory, SOURCE, Statement, cves_in, emit, seconds};
use super::input::{self, InputError, Piece, Shape};
use super::pages::Pages;

#[derive(Deserialize)]
struct Update {
    #[serde(alias = "updateid")]
    alias: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    url: String,
    #[serde(default, rename = "type")]
    kind: String,
    status: String,
    date_pushed: Option<String>,
    release: Release,
    #[serde(default)]
    bugs: Vec<Bug>,
    #[serde(default)]
    builds: Vec<Build>,
}

#[derive(Deserialize)]
struct Release {
    id_prefix: String,
    version: String,
}

#[derive(Deserialize)]
struct Bug {
    #[serde(default)]
    title: Option<String>,
}

#[derive(Deserialize)]
struct Build {
    nvr: String,
    #[serde(default)]
    epoch: Option<u32>,
    #[serde(default, rename = "type")]
    kind: String,
}

/// One update, a list of them or a page of the interface.
pub(super) fn read(_: &str, path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    let mut members = serde_json::Map::new();
    let mut pages = Pages::default();
    input::read(path, Shape::Arrays(&["updates"]), sink, &mut |sink, place, piece| match piece {
        Piece::Begin => members.clear(),
        Piece::Record(bytes) => {
            pages.record();
            update(sink, place, serde_json::from_slice(bytes));
        }
        Piece::Member(name, value) => {
            pages.member(place, name, value.get());
            members.extend(serde_json::from_str(value.get()).ok().map(|v| (name.to_owned(), v)));
        }
        Piece::End if members.contains_key("builds") => {
            update(sink, place, serde_json::from_value(std::mem::take(&mut members).into()));
        }
        Piece::End => {}
    })?;
    pages.end(sink, "put ");
    Ok(())
}

fn update(sink: &mut dyn Sink, place: &str, update: serde_json::Result<Update>) {
    match update {
        Ok(update) => {
            sink.valid();
            // What is tested may yet be taken back.
            if update.kind == "security" && update.status == "stable" {
                emit(sink, advisory(update));
            }
        }
        Err(error) => sink.malformed(place, &error.to_string()),
    }
}

fn advisory(update: Update) -> Advisory {
    let mut names = cves_in(&update.title);
    names.extend(update.bugs.iter().flat_map(|bug| cves_in(bug.title.as_deref().unwrap_or(""))));
    if names.is_empty() {
        names = cves_in(&update.notes);
    }
    // Packages for other distributions, and an update without a CVE, which
    // repairs no vulnerability.
    let told = update.release.id_prefix == "FEDORA" && !names.is_empty();
    let rpms = update.builds.iter().filter(|build| told && matches!(&*build.kind, "rpm" | ""));
    Advisory {
        statements: rpms.filter_map(|build| statement(build, &update.release.version)).collect(),
        names,
        description: if update.notes.is_empty() { update.title } else { update.notes },
        link: update.url,
        rating: update.severity,
        published: seconds(update.date_pushed.as_deref().unwrap_or_default()),
        id: update.alias,
        ..Advisory::default()
    }
}

fn statement(build: &Build, release: &str) -> Option<Statement> {
    let (rest, revision) = build.nvr.rsplit_once('-')?;
    let (package, version) = rest.rsplit_once('-')?;
    let fixed = match build.epoch {
        None | Some(0) => format!("{version}-{revision}"),
        Some(epoch) => format!("{epoch}:{version}-{revision}"),
    };
    Some(Statement {
        arches: vec![SOURCE.to_owned()],
        ..Statement::before(format!("Fedora:{release}"), package, Some(&fixed))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::Kept;
    use super::super::{FeedKind, SourceSpec, resolve};

    fn update(prefix: &str, status: &str, title: &str) -> Value {
        json!({"alias": "FEDORA-2024-1", "title": title, "notes": "CVE-2024-9", "type": "security",
            "status": status, "severity": "high", "date_pushed": "2024-01-02 00:00:00",
            "release": {"name": "F41", "version": "41", "id_prefix": prefix},
            "bugs": [{"bug_id": 1, "title": "CVE-2024-2 curl: text [fedora-41]"}, {"title": null}],
            "builds": [{"nvr": "python3-docs-3.13.1-2.fc41", "type": "rpm", "epoch": 1},
                {"nvr": "x-1-1", "type": "module", "epoch": null}]})
    }

    #[test]
    fn updates() {
        let folder = tempfile::tempdir().unwrap();
        let good = update("FEDORA", "stable", "CVE-2024-1 in curl");
        let expected = [
            "Fedora:41 python3-docs CVE-2024-1 <1:3.13.1-2.fc41",
            "Fedora:41 python3-docs CVE-2024-2 <1:3.13.1-2.fc41",
        ];
        for (text, expected) in [
            (json!({"updates": [good], "page": 1}), &expected[..]),
            (good, &expected[..]),
            (update("FEDORA", "testing", ""), &[]),
            (update("FEDORA-EPEL", "stable", ""), &[]),
        ] {
            let path = folder.path().join("updates.json");
            std::fs::write(&path, text.to_string()).unwrap();
            let found = resolve(&SourceSpec { kind: FeedKind::Auto, path: path.clone() }).unwrap();
            assert_eq!(found[0].kind, FeedKind::Fedora, "{text}");
            let mut kept = Kept::default();
            super::read("", &path, &mut kept).unwrap();
            assert_eq!((kept.valid, kept.malformed.as_slice()), (1, &[][..]), "{text}");
            assert_eq!(kept.lines(), expected, "{text}");
        }
    }
}
