//! TOML of lock files, an entry at a time.
//!
//! Tools write an entry as an element of an array of tables, `[[package]]`, whose
//! header begins a line. A parser keeps every token of what it is given, some fifty
//! bytes for a line end, so that it is given one entry, never the document.

use serde::de::DeserializeOwned;

use super::{MOST_PACKAGES, text};
use crate::inspect::Problem;

/// Bytes of an entry, and entries of a document. The longest real ones list some hundred
/// files.
const ENTRY: usize = 512 << 10;
const ENTRIES: usize = 2 * MOST_PACKAGES;

/// Gives every entry to `take`, as a document that has nothing else, and what stands
/// before the first one. What cannot be read is left out, and told when all is read.
pub(super) fn each<T: DeserializeOwned>(
    bytes: &[u8],
    mut take: impl FnMut(T) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let text = text(bytes);
    let mut first_problem = None;
    for (number, entry) in entries(&text).enumerate() {
        if number > ENTRIES {
            return Err(Problem::new(format!("has more than {ENTRIES} entries")));
        }
        let read = if entry.len() > ENTRY {
            Err(Problem::new(format!("has an entry of more than {ENTRY} bytes")))
        } else {
            ::toml::from_str(entry)
                .map_err(|error| Problem::new(format!("is no such TOML: {}", error.message())))
        };
        match read {
            Ok(document) => take(document)?,
            Err(problem) => {
                first_problem.get_or_insert(problem);
            }
        }
    }
    first_problem.map_or(Ok(()), Err)
}

/// What stands before the first header, then each element of an array of tables with
/// the tables in it. Other tables are passed over.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.split_inclusive('\n');
    // Where the entry begins, and the name in its header.
    let mut open = Some((0, None));
    let mut at = 0;
    std::iter::from_fn(move || {
        for line in lines.by_ref() {
            let from = at;
            at += line.len();
            let Some(name) = header(line) else { continue };
            let is_inside =
                |of: &str| name.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'));
            if open.is_some_and(|(_, of)| of.is_some_and(is_inside)) {
                continue;
            }
            let next = line.starts_with("[[").then_some((from, Some(name)));
            if let Some((begin, _)) = std::mem::replace(&mut open, next) {
                return text.get(begin..from);
            }
        }
        open.take().and_then(|(begin, _)| text.get(begin..))
    })
}

/// The name in a line that is a header.
fn header(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?;
    let name = name.strip_prefix('[').unwrap_or(name);
    name.split(']').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_with_what_is_in_them() {
        let text = "version = 1\n\n[[package]]\nname = \"a\"\nfiles = [\n    [\"x\"],\n]\n[package.source]\nurl = \"b\"\n\n\
                    [[package.extra]]\nc = 1\n[[package]]\nname = \"d\"\n[packages]\ne = 1\n[metadata]\nf = 2\n[[other]]\ng = 3";
        assert_eq!(
            entries(text).collect::<Vec<_>>(),
            [
                "version = 1\n\n",
                "[[package]]\nname = \"a\"\nfiles = [\n    [\"x\"],\n]\n[package.source]\nurl = \"b\"\n\n[[package.extra]]\nc = 1\n",
                "[[package]]\nname = \"d\"\n",
                "[[other]]\ng = 3",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_costs_itself_only() {
        let of = |text: &str| {
            let mut found = Vec::new();
            let told = each(text.as_bytes(), |table: ::toml::Table| {
                found.extend(table.get("a").and_then(|a| a[0].get("b")?.as_integer()));
                Ok(())
            });
            (found, told.map_err(Problem::into_text))
        };
        assert_eq!(of("[[a]]\nb = 1\n[[a]]\nb = 2\n"), (vec![1, 2], Ok(())));
        let (found, told) = of("[[a]]\nb = 1\n<<<<<<< HEAD\n[[a]]\nb = 2\n");
        assert!(found == [2] && told.as_ref().unwrap_err().contains("no such TOML"), "{told:?}");
        let long = format!("[[a]]\nb = 1\n{}[[a]]\nb = 2\n", "\n".repeat(ENTRY));
        let (found, told) = of(&long);
        assert!(found == [2] && told.as_ref().unwrap_err().contains("more than"), "{told:?}");
        assert!(of("no toml at all").1.is_err());
    }

    proptest::proptest! {
        #[test]
        fn nonsense_is_no_panic(text in "[\\[\\].=\"#a é\n]{0,60}") {
            let _ = each(text.as_bytes(), |_: ::toml::Table| Ok(()));
        }
    }
}
