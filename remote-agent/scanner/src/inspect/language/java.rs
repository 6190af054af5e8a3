//! What Java projects want: `gradle.lockfile`. Installed packages are in
//! archives.

use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "gradle.lockfile"), read }];

/// Lines of the form `group:artifact:version=configurations`.
fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for line in text(bytes).lines().filter(|line| !line.starts_with('#')) {
        let Some((coordinates, _)) = line.split_once('=') else { continue };
        if let Some((name, version)) = coordinates.rsplit_once(':')
            && name.contains(':')
        {
            add(facts, entry, Ecosystem::Maven, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn coordinates() {
        let lock =
            "# generated\norg.slf4j:slf4j-api:1.7.36=compileClasspath,runtimeClasspath\nempty=\n";
        let expected = [("org.slf4j:slf4j-api".into(), "1.7.36".into())];
        assert_eq!(found(INSPECTORS, "gradle.lockfile", lock), expected);
    }
}
