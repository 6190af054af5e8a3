//! What Go projects want: `go.mod`, with its replacements.

use std::collections::{BTreeMap, HashMap};

use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const WANTED: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "go.mod"), read }];

/// A module, or one version of it.
type Old<'a> = (&'a str, Option<&'a str>);

fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let mut required: BTreeMap<&str, &str> = BTreeMap::new();
    let mut replaced: HashMap<Old<'_>, Old<'_>> = HashMap::new();
    for (verb, words) in directives(&text) {
        match (verb, words.as_slice()) {
            // The library of Go itself: its own version tells.
            ("module", ["std" | "cmd"]) => return Ok(()),
            ("require", [module, version]) => {
                required.insert(module, version);
            }
            ("replace", [module, "=>", new, by @ ..]) => {
                replaced.insert((module, None), (new, by.first().copied()));
            }
            ("replace", [module, version, "=>", new, by @ ..]) => {
                replaced.insert((module, Some(version)), (new, by.first().copied()));
            }
            _ => {}
        }
    }
    for (module, version) in required {
        let by = replaced.get(&(module, Some(version))).or_else(|| replaced.get(&(module, None)));
        match by {
            Some((new, Some(version))) => add(facts, entry, Ecosystem::Go, new, version)?,
            // A folder of this machine has no version.
            Some((_, None)) => {}
            None => add(facts, entry, Ecosystem::Go, module, version)?,
        }
    }
    Ok(())
}

/// The directives with their words, each line of a block as one.
fn directives(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let mut block = "";
    text.lines().filter_map(move |line| {
        let line = line.split("//").next().unwrap_or_default().trim();
        if let Some(verb) = line.strip_suffix('(') {
            block = verb.trim();
            return None;
        }
        if line == ")" {
            block = "";
            return None;
        }
        let (verb, rest) = match block {
            "" => line.split_once([' ', '\t']).unwrap_or((line, "")),
            block => (block, line),
        };
        let words = rest.split_whitespace().take(6).map(|word| word.trim_matches(['"', '`']));
        Some((verb, words.collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn requirements_and_replacements() {
        let text = "module example.com/shop\n\ngo 1.21\n\nrequire github.com/a/b v1.2.3\nrequire (\n\tgolang.org/x/net v0.1.0 // indirect\n\t\
                    example.com/old v1.0.0\n\texample.com/local v1.0.0\n)\n\nreplace example.com/old v1.0.0 => example.com/new v1.1.0\nreplace (\n\texample.com/local => ../local\n)\n";
        let expected = [
            ("example.com/new".into(), "v1.1.0".into()),
            ("github.com/a/b".into(), "v1.2.3".into()),
            ("golang.org/x/net".into(), "v0.1.0".into()),
        ];
        assert_eq!(found(WANTED, "src/go.mod", text), expected);
        assert!(found(WANTED, "go/pkg/mod/x@v1/go.mod", text).is_empty());
        let std = text.replace("module example.com/shop", "module std");
        assert!(found(WANTED, "usr/local/go/src/go.mod", &std).is_empty());
    }
}
