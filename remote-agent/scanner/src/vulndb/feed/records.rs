//! Feeds of one record a file, which upstream writes in YAML and others hand
//! on in JSON.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::Sink;
use super::advisory::{Advisory, emit};
use super::input::{self, InputError, Piece, Shape};

/// Makes an advisory of each record and the name of the document it stands in.
pub(super) fn read<T: DeserializeOwned>(
    path: &Path,
    sink: &mut dyn Sink,
    advisory: fn(T, &str) -> Result<Advisory, String>,
) -> Result<(), InputError> {
    let give = |sink: &mut dyn Sink, place: &str, record: Result<T, String>| match record
        .and_then(|record| advisory(record, place))
    {
        Ok(advisory) => {
            sink.valid();
            emit(sink, advisory);
        }
        Err(reason) => sink.malformed(place, &reason),
    };
    let accepts = |name: &str| input::is_json(name) || input::is_yaml(name);
    input::documents(path, accepts, sink, &mut |sink, document| {
        if input::is_yaml(document.name) {
            let mut bytes = Vec::new();
            document.reader.read_to_end(&mut bytes)?;
            give(sink, document.name, yaml(&bytes));
            return Ok(());
        }
        input::document(document, Shape::Records, sink, &mut |sink, place, piece| {
            if let Piece::Record(bytes) = piece {
                give(sink, place, serde_json::from_slice(bytes).map_err(|e| e.to_string()));
            }
        })
    })
}

fn yaml<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    // What follows the first line shows the place in the text.
    serde_saphyr::from_str(text)
        .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::Kept;
    use super::super::{FeedKind, SourceSpec, read, resolve};

    const GITLAB: &str = r#"---
identifier: "GMS-2020-1"
identifiers:
- "GMS-2020-1"
- "CVE-2020-7"
package_slug: "pypi/django"
title: "SQL injection"
description: "A: 'b'"
date: "2020-06-09"
pubdate: "2020-06-05"
affected_range: ">=2.2,<2.2.13||>=3.0,<3.0.7"
fixed_versions:
- "2.2.13"
- 3.1
cvss_v3: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
"#;

    const RUBYSEC: &str = r#"---
gem: rack
cve: 2020-8161
ghsa: 5f9h-9pjv-v6j7
url: https://example.org/#!topic/a
title: Directory traversal
date: 2020-05-12
description: |
  There was one.

  It is mended.
cvss_v3: 9
patched_versions:
  - "~> 2.1.3"
  - ">= 2.2.0"
related:
  cve: [2020-1]
"#;

    const FRIENDS_OF_PHP: &str = r"title:     'Insecure: deserialization'
link:      https://example.org/1
cve:       ~
branches:
    9.5:
        time:     2020-05-12 09:00:00
        versions: ['>=9.0.0', '<9.5.17']
    master:
        time:     ~
        versions: ['>=10.0.0', '<10.4.2']
reference: composer://typo3/cms-core
";

    /// As a checkout of each upstream repository has it.
    #[test]
    fn yaml_as_upstream_writes_it() {
        for (kind, name, text, expected) in [
            (FeedKind::Gitlab, "CVE-2020-7.yml", GITLAB, "PyPI django CVE-2020-7 >=2.2<2.2.13"),
            (FeedKind::Rubysec, "CVE-2020-8161.yml", RUBYSEC, "RubyGems rack CVE-2020-8161 <2.1.3"),
            (
                FeedKind::FriendsOfPhp,
                "2020-05-12-1.yaml",
                FRIENDS_OF_PHP,
                "Packagist typo3/cms-core typo3/cms-core/2020-05-12-1 >=9.0.0-dev<9.5.17",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a/b");
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join(name), text).unwrap();
            fs::write(path.join("broken.yml"), "gem: [").unwrap();
            let spec = SourceSpec { kind, path: folder.path().to_owned() };
            let mut kept = Kept::default();
            read(&spec, &mut kept).unwrap();
            assert_eq!((kept.valid, kept.malformed.len()), (1, 1), "{:?}", kept.malformed);
            assert!(kept.malformed[0].starts_with("broken.yml: "), "{:?}", kept.malformed);
            let lines = kept.lines();
            assert!(lines.len() == 1 && lines[0].starts_with(expected), "{lines:?}");
            let auto = SourceSpec { kind: FeedKind::Auto, ..spec };
            let found = resolve(&auto).unwrap();
            assert_eq!(found, [SourceSpec { kind, path: path.join(name) }]);
        }
    }
}
