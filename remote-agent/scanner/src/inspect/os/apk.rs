//! `lib/apk/db/installed`.

use crate::inspect::Problem;
use crate::package::{Ecosystem, Package};

/// Reads the records of `text`: one letter, a colon, the value.
pub(super) fn parse(path: &str, text: &str) -> Result<Vec<Package>, Problem> {
    let mut packages = Vec::new();
    let (mut name, mut version, mut origin) = (None, None, None);
    for line in text.lines().chain(std::iter::once("")) {
        let line = line.trim_end();
        if line.is_empty() {
            if let (Some(name), Some(version)) = (name, version) {
                packages.push(Package {
                    ecosystem: Ecosystem::Apk,
                    name: str::to_owned(name),
                    source: str::to_owned(origin.unwrap_or(name)),
                    version: str::to_owned(version),
                    arch: String::new(),
                    stream: String::new(),
                    file: path.to_owned(),
                });
            }
            (name, version, origin) = (None, None, None);
            continue;
        }
        match line.split_at_checked(2) {
            Some(("P:", value)) => name = Some(value),
            Some(("V:", value)) => version = Some(value),
            Some(("o:", value)) => origin = Some(value),
            Some((key, _)) if key.ends_with(':') => {}
            _ => {
                return Err(Problem::new("holds a line that is no field"));
            }
        }
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_is_the_source_whatever_the_order() {
        let text = "C:Q1=\no:openssl\nP:libcrypto1.1\nV:1.1.1g-r0\nF:lib\nR:libcrypto.so\n\nP:musl\nV:1.1.24-r2\n";
        let packages = parse("lib/apk/db/installed", text).unwrap();
        assert_eq!(packages.len(), 2);
        assert_eq!(packages[0].shown_name(), "openssl/libcrypto1.1");
        assert_eq!(packages[1].source, "musl");
    }

    #[test]
    fn a_damaged_database_is_an_error() {
        parse("lib/apk/db/installed", "P:musl\nnonsense\n").unwrap_err();
    }
}
