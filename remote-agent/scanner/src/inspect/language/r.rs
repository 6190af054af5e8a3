//! Installed R packages.

use super::{Entry, Facts, Inspector, Problem, add, header, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] = &[Inspector { wants, read }];

/// `…/R/library/NAME/DESCRIPTION` and `…/R/site-library/NAME/DESCRIPTION`.
fn wants(entry: &Entry<'_>) -> bool {
    let mut parts = entry.path.rsplit('/');
    parts.next() == Some("DESCRIPTION")
        && parts.next().is_some()
        && matches!(parts.next(), Some("library" | "site-library"))
}

fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    match (header(&text, "Package"), header(&text, "Version")) {
        (Some(name), Some(version)) => add(facts, entry, Ecosystem::Cran, name, version),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn descriptions_in_libraries() {
        let text = "Package: jsonlite\nVersion: 1.8.0\nTitle: x\n";
        let expected = [("jsonlite".to_owned(), "1.8.0".to_owned())];
        assert_eq!(
            found(INSPECTORS, "usr/local/lib/R/site-library/jsonlite/DESCRIPTION", text),
            expected
        );
        assert!(found(INSPECTORS, "src/jsonlite/DESCRIPTION", text).is_empty());
    }
}
