//! What Rust projects want: `Cargo.lock`.

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, is_lock};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] =
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
}

fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Lock = super::toml(bytes)?;
    for package in &lock.package {
        add(facts, entry, Ecosystem::Cargo, &package.name, &package.version)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn locked_crates() {
        let lock = "version = 4\n[[package]]\nname = \"time\"\nversion = \"0.1.43\"\nsource = \"registry+x\"\n";
        assert_eq!(found(INSPECTORS, "Cargo.lock", lock), [("time".into(), "0.1.43".into())]);
    }
}
