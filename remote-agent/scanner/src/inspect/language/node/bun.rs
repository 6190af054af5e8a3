//! The lock file of bun: JSON with commas behind the last element.

use serde::Deserialize;

use super::{package, split_at_version};
use crate::inspect::language::json::{self, Entries, First};
use crate::inspect::{Entry, Facts, Problem};

#[derive(Deserialize)]
struct Lock {
    /// By the path of names that leads there. The first element is what it
    /// was resolved to, `lodash@4.17.4`.
    #[serde(default)]
    packages: Entries<First>,
}

pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Lock = json::read_relaxed(bytes)?;
    for (_, First(resolved)) in &lock.packages.0 {
        // What is no release has an address for a version: `workspace:`,
        // `git+ssh:`, `file:`.
        if let Some((name, version)) = split_at_version(resolved.as_str())
            && !version.contains(':')
        {
            package(entry, facts, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::inspect::language::node::WANTED;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn resolved_packages() {
        let lock = r#"{
          "lockfileVersion": 1,
          "workspaces": { "": { "name": "shop", "dependencies": { "lodash": "^4.17.0", }, }, },
          "packages": {
            "@types/node": ["@types/node@22.5.4", "", { "dependencies": { "undici-types": "~6.19.2" } }, "sha512-x"],
            "alias": ["lodash@4.17.4", "", {}, "sha512-y"],
            "own": ["own@workspace:packages/own"],
            "a/b": ["b@1.0.0", "", {}, "sha512-z"],
            "g": ["g@github:x/g#abc", {}, "x-g-abc"],
          }
        }"#;
        assert_eq!(
            found(WANTED, "bun.lock", lock),
            pairs(&[("@types/node", "22.5.4"), ("b", "1.0.0"), ("lodash", "4.17.4")])
        );
    }
}
