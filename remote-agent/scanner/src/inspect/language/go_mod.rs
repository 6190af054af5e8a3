//! What Go projects want: `go.mod`, with its replacements.

use std::collections::BTreeMap;

use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "go.mod"), read }];

fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let mut required: BTreeMap<&str, &str> = BTreeMap::new();
    let mut replaced: Vec<(&str, Option<&str>, &str, Option<&str>)> = Vec::new();
    let mut block = "";
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let (verb, rest) = if let Some(verb) = line.strip_suffix('(') {
            block = verb.trim();
            continue;
        } else if line == ")" {
            block = "";
            continue;
        } else if block.is_empty() {
            line.split_once(' ').unwrap_or((line, ""))
        } else {
            (block, line)
        };
        let words: Vec<&str> = rest.split_whitespace().map(|word| word.trim_matches('"')).collect();
        match (verb, words.as_slice()) {
            ("require", [module, version]) => {
                required.insert(module, version);
            }
            ("replace", [module, "=>", by @ ..]) => {
                replaced.extend(by.first().map(|new| (*module, None, *new, by.get(1).copied())));
            }
            ("replace", [module, version, "=>", by @ ..]) => {
                let old = Some(*version);
                replaced.extend(by.first().map(|new| (*module, old, *new, by.get(1).copied())));
            }
            _ => {}
        }
    }
    for (module, version) in required {
        let by = replaced
            .iter()
            .find(|(old, at, ..)| *old == module && at.is_none_or(|at| at == version));
        match by {
            Some((_, _, new, Some(version))) => add(facts, entry, Ecosystem::Go, new, version)?,
            // A folder of this machine has no version.
            Some((_, _, _, None)) => {}
            None => add(facts, entry, Ecosystem::Go, module, version)?,
        }
    }
    Ok(())
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
        assert_eq!(found(INSPECTORS, "src/go.mod", text), expected);
        assert!(found(INSPECTORS, "go/pkg/mod/x@v1/go.mod", text).is_empty());
    }
}
