//! What Haskell projects want: the lock files of stack and cabal.

use super::yaml::lines;
use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const WANTED: &[Inspector] = &[
    Inspector { wants: |entry| is_lock(entry, "stack.yaml.lock"), read: stack },
    Inspector { wants: |entry| is_lock(entry, "cabal.project.freeze"), read: cabal },
];

/// `hackage: name-1.2.3@sha256:…`.
fn stack(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    for line in lines(&text).filter(|line| line.key == "hackage") {
        let package = line.value.split('@').next().unwrap_or(line.value);
        if let Some((name, version)) = package.rsplit_once('-') {
            add(facts, entry, Ecosystem::Hackage, name, version)?;
        }
    }
    Ok(())
}

/// `constraints: any.name ==1.2.3,`, one a line.
fn cabal(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for line in text(bytes).lines() {
        let line = line.trim().trim_start_matches("constraints:").trim();
        let Some(package) = line.strip_prefix("any.") else { continue };
        if let Some((name, version)) = package.split_once("==") {
            add(facts, entry, Ecosystem::Hackage, name, version.trim_end_matches(','))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn both_tools() {
        let aeson = pairs(&[("aeson-pretty", "0.8.9")]);
        let stack = "packages:\n- completed:\n    hackage: aeson-pretty-0.8.9@sha256:00,1\n    pantry-tree:\n      size: 1\n  original:\n    hackage: aeson-pretty-0.8.9\nsnapshots: []\n";
        assert_eq!(found(WANTED, "stack.yaml.lock", stack), aeson);
        let cabal = "active-repositories: hackage.haskell.org:merge\nconstraints: any.aeson-pretty ==0.8.9,\n             aeson-pretty -lib-only\nindex-state: x\n";
        assert_eq!(found(WANTED, "cabal.project.freeze", cabal), aeson);
    }
}
