//! `var/lib/dpkg/status`, the files of `status.d`, and the lists of the files
//! that packages own.

use crate::inspect::{MOST_PACKAGES, Problem};
use crate::package::{Ecosystem, Package};

/// States in which the files of a package are there.
const PRESENT: [&str; 5] =
    ["installed", "triggers-pending", "triggers-awaited", "half-configured", "unpacked"];

/// Reads the paragraphs of `text`, until there are more packages than count. With `need_status`
/// only those count that say that their files are there.
pub(super) fn parse(path: &str, text: &str, need_status: bool) -> Result<Vec<Package>, Problem> {
    let mut packages = Vec::new();
    let mut paragraph = Paragraph::default();
    for line in text.lines().chain(std::iter::once("")) {
        if line.trim_end().is_empty() {
            packages.extend(std::mem::take(&mut paragraph).package(path, need_status));
            if packages.len() > MOST_PACKAGES {
                break;
            }
            continue;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            // Other lists may lie in status.d; a database is all fields.
            if need_status {
                return Err(Problem::new("holds a line that is no field"));
            }
            continue;
        };
        let value = value.trim();
        let field = match key {
            key if key.eq_ignore_ascii_case("package") => &mut paragraph.name,
            key if key.eq_ignore_ascii_case("version") => &mut paragraph.version,
            key if key.eq_ignore_ascii_case("source") => &mut paragraph.source,
            key if key.eq_ignore_ascii_case("status") => &mut paragraph.status,
            key if key.eq_ignore_ascii_case("architecture") => &mut paragraph.arch,
            _ => continue,
        };
        *field = Some(value);
    }
    Ok(packages)
}

/// Whether the files of a package are there whose state `dpkg-query` gives in letters, `ii `: the
/// second is what is.
pub(super) fn is_there(state: &str) -> bool {
    state.chars().nth(1).is_some_and(|is| "iWtFU".contains(is))
}

#[derive(Default)]
struct Paragraph<'a> {
    name: Option<&'a str>,
    version: Option<&'a str>,
    source: Option<&'a str>,
    status: Option<&'a str>,
    arch: Option<&'a str>,
}

impl Paragraph<'_> {
    fn package(self, path: &str, need_status: bool) -> Option<Package> {
        let name = self.name.filter(|name| !name.is_empty())?;
        let installed = self.version.filter(|version| !version.is_empty())?;
        // The first word is what is wanted (a hold counts), the last what is.
        let is_there = match self.status {
            Some(status) => PRESENT.contains(&status.split_whitespace().next_back()?),
            None => !need_status,
        };
        if !is_there {
            return None;
        }
        // `Source: name (version)` where either differs from the package's.
        let (source, version) = match self.source {
            None => (name, installed),
            Some(source) => match source.split_once('(') {
                Some((source, version)) => {
                    (source.trim(), version.trim().trim_end_matches(')').trim())
                }
                None => (source, installed),
            },
        };
        Some(Package {
            source: source.to_owned(),
            installed_version: if installed == version { "" } else { installed }.to_owned(),
            arch: self.arch.unwrap_or_default().to_owned(),
            ..Package::new(Ecosystem::Dpkg, name, version, path)
        })
    }
}

/// The package whose files are listed at `path`: `info/NAME.list`, or with a processor behind
/// the name.
pub(crate) fn listed_package(path: &str) -> Option<&str> {
    let (folder, base) = path.rsplit_once('/')?;
    let list = base.strip_suffix(".list").filter(|_| folder.ends_with("dpkg/info"))?;
    list.split(':').next()
}

/// The paths in `info/NAME.list`: one a line, from the root on, folders too.
pub(super) fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix('/')).filter(|path| *path != ".")
}

/// The paths in `status.d/NAME.md5sums`: a hash, two spaces, the path.
pub(super) fn summed(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (hash, path) = line.split_once(char::is_whitespace)?;
        let is_hash = hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let path = path.trim_start().trim_start_matches("./").trim_start_matches('/');
        (is_hash && !path.is_empty()).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Package: libssl3\nStatus: install ok installed\nPriority: optional\nSource: openssl\nVersion: 3.0.15-1\nArchitecture: amd64\nDescription: text\n more: text\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: perl-base\nStatus: hold ok installed\nSource: perl (5.36.0-7)\nVersion: 5.36.0-7+b1\n\nPackage: man-db\nStatus: install ok triggers-pending\nVersion: 2.11.2-2\n\nPackage: broken\nStatus: install reinstreq half-installed\nVersion: 1\n";

    #[test]
    fn packages_whose_files_are_there_with_their_sources() {
        let packages = parse("var/lib/dpkg/status", STATUS, true).unwrap();
        let found: Vec<_> = packages
            .iter()
            .map(|p| [&p.name, &p.source, &p.version, p.shown_version(), &p.arch])
            .collect();
        assert_eq!(
            found,
            [
                ["libssl3", "openssl", "3.0.15-1", "3.0.15-1", "amd64"],
                ["perl-base", "perl", "5.36.0-7", "5.36.0-7+b1", ""],
                ["man-db", "man-db", "2.11.2-2", "2.11.2-2", ""],
            ]
        );
    }

    #[test]
    fn status_d_needs_no_status() {
        let text = "Package: base-files\nVersion: 12.4\n";
        assert_eq!(parse("var/lib/dpkg/status.d/base", text, false).unwrap().len(), 1);
        assert_eq!(parse("var/lib/dpkg/status", text, true).unwrap().len(), 0);
    }

    #[test]
    fn a_damaged_database_is_an_error() {
        let problem = parse("var/lib/dpkg/status", "Package: a\n\u{0}garbage\n", true).unwrap_err();
        assert_eq!(problem, Problem::new("holds a line that is no field"));
    }

    #[test]
    fn whose_files_a_list_names() {
        for (path, name) in [
            ("var/lib/dpkg/info/python3-six.list", Some("python3-six")),
            ("var/lib/dpkg/info/libssl3:amd64.list", Some("libssl3")),
            ("var/lib/dpkg/info/libssl3:amd64.md5sums", None),
            ("etc/apt/sources.list", None),
        ] {
            assert_eq!(listed_package(path), name, "{path}");
        }
    }

    #[test]
    fn owned_files() {
        let list = "/.\n/usr\n/usr/bin\n/usr/bin/perl\n";
        assert_eq!(listed(list).collect::<Vec<_>>(), ["usr", "usr/bin", "usr/bin/perl"]);
        let sums = "d41d8cd98f00b204e9800998ecf8427e  usr/bin/tini\nno sum\n";
        assert_eq!(summed(sums).collect::<Vec<_>>(), ["usr/bin/tini"]);
    }
}
