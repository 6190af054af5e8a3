//! What Rust projects want: `Cargo.lock`.

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, is_lock, tables};
use crate::package::Ecosystem;

pub(super) const WANTED: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "Cargo.lock"), read }];

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    /// None of the project's own crates: another crate may have their name.
    source: Option<String>,
}

fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    tables::each(bytes, |lock: Lock| {
        let mut locked = lock.package.iter().filter(|package| package.source.is_some());
        locked.try_for_each(|locked| {
            add(facts, entry, Ecosystem::Cargo, &locked.name, &locked.version)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn locked_crates() {
        let lock = "version = 4\n\n[[package]]\nname = \"time\"\nversion = \"0.1.43\"\nsource = \"registry+x\"\nchecksum = \"0\"\n\
                    dependencies = [\n \"libc\",\n]\n\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\n";
        let old = "[root]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"time\"\nversion = \"0.1.43\"\nsource = \"registry+x\"\n\n\
                   [metadata]\n\"checksum time 0.1.43 (registry+x)\" = \"0\"\n";
        for lock in [lock, old] {
            assert_eq!(found(WANTED, "Cargo.lock", lock), pairs(&[("time", "0.1.43")]));
        }
        assert!(found(WANTED, "root/.cargo/registry/src/x/Cargo.lock", lock).is_empty());
    }
}
