//! What C and C++ projects want of Conan.

use serde::Deserialize;

use super::json::{self, Entries, Items, Text};
use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const WANTED: &[Inspector] = &[
    Inspector { wants: |entry| is_lock(entry, "conan.lock"), read: lock },
    Inspector { wants: |entry| is_lock(entry, "conanfile.txt"), read: file },
];

#[derive(Deserialize)]
struct Lock {
    /// Version 2. Those for the build stand apart and are not read.
    #[serde(default)]
    requires: Items<Text>,
    /// Version 1.
    #[serde(default)]
    graph_lock: Graph,
}

#[derive(Default, Deserialize)]
struct Graph {
    #[serde(default)]
    nodes: Entries<Node>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "ref", default)]
    reference: Text,
    /// Where it is for the build.
    #[serde(default)]
    context: Text,
}

fn lock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Lock = json::read(bytes)?;
    let nodes = lock.graph_lock.nodes.0.iter().map(|(_, node)| node);
    let nodes = nodes.filter(|node| node.context.as_str() != "build");
    for wanted in lock.requires.0.iter().chain(nodes.map(|node| &node.reference)) {
        reference(entry, facts, wanted.as_str())?;
    }
    Ok(())
}

/// Lines below `[requires]`.
fn file(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let mut inside = false;
    for line in text(bytes).lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[requires]";
        } else if inside {
            reference(entry, facts, line.split('#').next().unwrap_or_default().trim())?;
        }
    }
    Ok(())
}

/// `zlib/1.2.11@user/channel#revision%time`.
fn reference(entry: &Entry<'_>, facts: &mut Facts, text: &str) -> Result<(), Problem> {
    let text = text.split(['@', '#', '%']).next().unwrap_or(text);
    match text.split_once('/') {
        Some((name, version)) if !version.starts_with('[') => {
            add(facts, entry, Ecosystem::Conan, name, version)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn references() {
        let zlib = pairs(&[("zlib", "1.2.11")]);
        for lock in [
            r#"{"version":"0.5","requires":["zlib/1.2.11#ab%1.0"],"build_requires":["cmake/3.1#x"],"python_requires":[]}"#,
            r#"{"graph_lock":{"nodes":{"0":{"options":""},"1":{"ref":"zlib/1.2.11@conan/stable#0"},"2":{"ref":"cmake/3.1","context":"build"}}},"version":"0.4"}"#,
        ] {
            assert_eq!(found(WANTED, "conan.lock", lock), zlib, "{lock}");
        }
        let file = "[requires]\nzlib/1.2.11 # why\nboost/[>1.70]\n\n[generators]\ncmake/1\n";
        assert_eq!(found(WANTED, "conanfile.txt", file), zlib);
    }
}
