//! `requirements.txt`: a requirement a line, of which those count that allow
//! one version.

use super::package;
use crate::inspect::language::text;
use crate::inspect::{Entry, Facts, Problem};

pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for line in text(bytes).lines() {
        if let Some((name, version)) = pinned(line) {
            package(entry, facts, name, version)?;
        }
    }
    Ok(())
}

/// Name and version of a line such as `urllib3[secure] == 1.24.1 ; marker`.
pub(in crate::inspect::language) fn pinned(line: &str) -> Option<(&str, &str)> {
    let line = line.split([';', '#']).next()?;
    // Options of the line, and its continuation.
    let line = line.split(" --").next()?.trim_end_matches(['\\', ' ', '\t']);
    let (name, wanted) = line.split_at_checked(line.find(['=', '<', '>', '!', '~', '('])?)?;
    let name = name.split('[').next()?.trim();
    let version = wanted.trim_matches(['(', ')', ' ']).split(',').find_map(|one| {
        let version = one.trim().strip_prefix("==")?.trim_start_matches('=').trim();
        (!version.contains(['*', ' ']) && !version.is_empty()).then_some(version)
    })?;
    Some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_shells_of_windows_write_them() {
        let text = "\u{feff}Django==2.2.0\r\nJinja2==2.10\r\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let entry = Entry { path: "app/requirements.txt", size: bytes.len() as u64, mode: 0o644 };
        let mut facts = Facts::default();
        read(&entry, &bytes, &mut facts).unwrap();
        let names: Vec<_> = facts.packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["Django", "Jinja2"]);
    }

    #[test]
    fn lines_that_allow_one_version() {
        for (line, expected) in [
            ("Django==2.2.0", Some(("Django", "2.2.0"))),
            ("urllib3[secure] == 1.24.1 ; python_version < '3'", Some(("urllib3", "1.24.1"))),
            ("jinja2===2.10 --hash=sha256:00", Some(("jinja2", "2.10"))),
            ("requests==2.19.0 \\", Some(("requests", "2.19.0"))),
            ("requests==2.19.0\\", Some(("requests", "2.19.0"))),
            ("pinned (==1.0)", Some(("pinned", "1.0"))),
            ("both<2,==1.5", Some(("both", "1.5"))),
            ("local==1!1.0+cu118", Some(("local", "1!1.0+cu118"))),
            ("flask>=1", None),
            ("six==1.*", None),
            ("# x==1", None),
            ("-r other.txt", None),
            ("    --hash=sha256:00", None),
            ("x @ https://example.org/x-1.0.whl", None),
            ("==1", Some(("", "1"))),
        ] {
            assert_eq!(pinned(line), expected, "{line}");
        }
    }
}
