//! `lib/apk/db/installed`: packages and the files that they own.

use crate::inspect::{MOST_PACKAGES, Problem};
use crate::package::{Ecosystem, Package};

/// Reads the records of `text`, one letter, a colon, the value, until there are more packages than
/// count. `owns` gets the path of every file.
pub(super) fn parse(
    path: &str,
    text: &str,
    mut owns: impl FnMut(&str),
) -> Result<Vec<Package>, Problem> {
    let mut packages = Vec::new();
    let mut record = Record::default();
    let mut file = String::new();
    for line in text.lines().chain(std::iter::once("")) {
        let line = line.trim_end();
        if line.is_empty() {
            packages.extend(std::mem::take(&mut record).package(path));
            if packages.len() > MOST_PACKAGES {
                break;
            }
            continue;
        }
        match line.split_at_checked(2) {
            Some(("P:", value)) => record.name = value,
            Some(("V:", value)) => record.version = value,
            Some(("o:", value)) => record.origin = value,
            Some(("A:", value)) => record.arch = value,
            Some(("F:", value)) => record.folder = value,
            Some(("R:", value)) => {
                file.clear();
                file.push_str(record.folder);
                if !file.is_empty() {
                    file.push('/');
                }
                file.push_str(value);
                owns(&file);
            }
            Some((key, _)) if key.ends_with(':') => {}
            _ => return Err(Problem::new("holds a line that is no field")),
        }
    }
    Ok(packages)
}

#[derive(Default)]
struct Record<'a> {
    name: &'a str,
    version: &'a str,
    origin: &'a str,
    arch: &'a str,
    folder: &'a str,
}

impl Record<'_> {
    fn package(self, path: &str) -> Option<Package> {
        if self.name.is_empty() || self.version.is_empty() {
            return None;
        }
        Some(Package {
            source: if self.origin.is_empty() { self.name } else { self.origin }.to_owned(),
            arch: self.arch.to_owned(),
            ..Package::new(Ecosystem::Apk, self.name, self.version, path)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_is_the_source_whatever_the_order() {
        let text = "C:Q1=\no:openssl\nP:libcrypto1.1\nV:1.1.1g-r0\nA:x86_64\nF:lib\nR:libcrypto.so\na:0:0:755\nF:\nR:.first\n\nP:musl\nV:1.1.24-r2\n";
        let mut owned = Vec::new();
        let packages =
            parse("lib/apk/db/installed", text, |path| owned.push(path.to_owned())).unwrap();
        assert_eq!(packages.len(), 2);
        assert_eq!(packages[0].shown_name(), "openssl/libcrypto1.1");
        assert_eq!(packages[0].arch, "x86_64");
        assert_eq!(packages[1].source, "musl");
        assert_eq!(owned, ["lib/libcrypto.so", ".first"]);
    }

    #[test]
    fn a_damaged_database_is_an_error() {
        parse("lib/apk/db/installed", "P:musl\nnonsense\n", |_| {}).unwrap_err();
    }
}
