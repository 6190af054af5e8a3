//! Installed Lua packages.

use super::{Entry, Facts, Inspector, Problem, add};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[Inspector { wants: |e| place(e).is_some(), read }];

/// `…/rocks-5.3/NAME/VERSION/NAME-VERSION.rockspec`: the folders are named by
/// the tool, while the file is a program of its makers.
fn place<'a>(entry: &Entry<'a>) -> Option<(&'a str, &'a str)> {
    let base = entry.base().strip_suffix(".rockspec")?;
    let mut folders = entry.folder().rsplit('/');
    let (version, name) = (folders.next()?, folders.next()?);
    let is_tree = folders.next()?.starts_with("rocks");
    (is_tree && base.strip_prefix(name)?.strip_prefix('-')? == version).then_some((name, version))
}

fn read(entry: &Entry<'_>, _: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    match place(entry) {
        Some((name, version)) => add(facts, entry, Ecosystem::LuaRocks, name, version),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn rocks() {
        let path = "usr/local/lib/luarocks/rocks-5.3/lua-cjson/2.1.0-1/lua-cjson-2.1.0-1.rockspec";
        assert_eq!(found(INSTALLED, path, "package = x"), pairs(&[("lua-cjson", "2.1.0-1")]));
        assert!(
            found(INSTALLED, "src/lua-cjson/2.1.0-1/lua-cjson-2.1.0-1.rockspec", "").is_empty()
        );
    }
}
