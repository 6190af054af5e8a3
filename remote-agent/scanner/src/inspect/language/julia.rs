//! What Julia projects want: `Manifest.toml`.

use super::{Entry, Facts, Inspector, Problem, add, is_leftover, tables};
use crate::package::Ecosystem;

pub(super) const WANTED: &[Inspector] = &[Inspector { wants, read }];

/// `Manifest.toml`, `JuliaManifest.toml`, or with a version of Julia behind.
fn wants(entry: &Entry<'_>) -> bool {
    let base = entry.base();
    let base = base.strip_prefix("Julia").unwrap_or(base);
    (base == "Manifest.toml" || base.starts_with("Manifest-v") && entry.has_extension("toml"))
        && !is_leftover(entry.path)
}

/// Version 1 has the packages on top, later ones below `deps`.
fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    tables::each(bytes, |manifest: toml::Table| {
        let deps = manifest.get("deps").and_then(toml::Value::as_table);
        for (name, package) in deps.unwrap_or(&manifest) {
            for one in package.as_array().into_iter().flatten() {
                // What comes with Julia has no version of its own.
                if let Some(version) = one.get("version").and_then(toml::Value::as_str) {
                    add(facts, entry, Ecosystem::Julia, name, version)?;
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn both_formats() {
        let second = "julia_version = \"1.9.0\"\nmanifest_format = \"2.0\"\n\n[[deps.HTTP]]\ndeps = [\"Base64\"]\nuuid = \"u\"\nversion = \"1.0.0\"\n\n[[deps.Base64]]\nuuid = \"v\"\n";
        let first = "[[HTTP]]\ndeps = [\"Base64\"]\nuuid = \"u\"\nversion = \"1.0.0\"\n\n[[Base64]]\nuuid = \"v\"\n";
        for text in [second, first] {
            assert_eq!(found(WANTED, "Manifest.toml", text), pairs(&[("HTTP", "1.0.0")]));
        }
    }
}
