//! Files of stores that name them by their content: what one is called shows in
//! the hard links to it, which come after it.

use std::io::{self, Cursor, Read};

use super::secret::{self, Unplaced};
use super::{Entry, Facts, file, inspectors};
use crate::scope::Scope;

/// Bytes by which a file is known.
const HEAD: u64 = 64;
/// Bytes of a file that is read as a whole, but for databases of rpm.
const SMALL: u64 = 1 << 20;

/// A file of a store.
#[derive(Debug)]
pub(crate) struct Stored {
    /// A path of the kind of file that its content is like.
    as_path: &'static str,
    facts: Facts,
    secrets: Unplaced,
}

/// What files begin with, and a path of their kind.
const KINDS: &[(&[u8], &str)] = &[
    (b"SQLite format 3\0", RPM),
    (b"Metadata-Version:", "site-packages/a-1.dist-info/METADATA"),
    (b"{", "node_modules/a/package.json"),
    (b"NAME=", "etc/os-release"),
    (b"PRETTY_NAME=", "etc/os-release"),
];
const RPM: &str = "usr/share/rpm/rpmdb.sqlite";
/// A path of what is known by its content, whatever it is called.
const OTHER: &str = "a.so";

/// Whether `path` lies in the store of ostree, of which bootable containers
/// are made, or in that of pnpm.
pub(crate) fn is_in_store(path: &str) -> bool {
    if let Some(object) = path.strip_prefix("sysroot/ostree/repo/objects/")
        && object.strip_suffix(".file").is_some()
    {
        return true;
    }
    let mut parts = path.rsplit('/');
    let (name, shard, files) = (parts.next(), parts.next(), parts.next());
    let is_hex = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    files == Some("files")
        && shard.is_some_and(|shard| is_hex(shard, 2))
        && name.is_some_and(|name| is_hex(name.trim_end_matches("-exec"), 126))
}

/// What a file of a store tells; none when it tells nothing.
pub(crate) fn read(
    entry: &Entry<'_>,
    content: &mut dyn Read,
    scope: &Scope,
) -> io::Result<Option<Stored>> {
    let mut bytes = Vec::new();
    (&mut *content).take(HEAD).read_to_end(&mut bytes)?;
    let known = KINDS.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    let as_path = known.map(|(_, path)| *path);
    let as_path = as_path.filter(|path| entry.size <= SMALL || *path == RPM).unwrap_or(OTHER);
    let told_as = Entry { path: as_path, ..*entry };
    let mut secrets = Unplaced::default();
    if entry.size <= secret::SETTINGS && !bytes.contains(&0) {
        (&mut *content).take(secret::SETTINGS).read_to_end(&mut bytes)?;
        secrets = Unplaced::of(&bytes);
    }
    let facts = file(&told_as, &mut Cursor::new(bytes).chain(content), scope)?;
    let mut facts = facts.unwrap_or_default();
    // Where they count depends on the path. And anything may begin so, which is no problem.
    facts.secrets.clear();
    facts.problem = facts.problem.filter(|_| !facts.packages.is_empty());
    let tells = facts != Facts::default() || secrets.len() > 0;
    Ok(tells.then_some(Stored { as_path, facts, secrets }))
}

impl Stored {
    /// What the file tells under another path; none where it is of another kind
    /// there.
    pub(crate) fn at(&self, path: &str) -> Option<Facts> {
        let mut facts = self.facts.clone();
        if kind(self.as_path) == kind(path) {
            for package in facts.packages.iter_mut().filter(|one| one.file == self.as_path) {
                path.clone_into(&mut package.file);
            }
        } else {
            facts = Facts { set_id: facts.set_id, malware: facts.malware, ..Facts::default() };
        }
        // They are told where the file is used, and not where it is kept.
        if !is_in_store(path) {
            facts.secrets = self.secrets.at(path);
        }
        (facts != Facts::default()).then_some(facts)
    }

    /// How much memory it takes, in units of some 200 bytes.
    pub(crate) fn weight(&self) -> usize {
        self.facts.weight() + self.secrets.len()
    }
}

/// Who reads a file at `path`, by number.
fn kind(path: &str) -> Option<usize> {
    let entry = Entry { path, size: 1, mode: 0 };
    inspectors().position(|known| (known.wants)(&entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn places_of_stores() {
        let hash = "0123456789abcdef".repeat(8);
        let hash = &hash[..126];
        for (path, expected) in [
            ("sysroot/ostree/repo/objects/12/34.file".to_owned(), true),
            (format!("root/.local/share/pnpm/store/v10/files/ab/{hash}"), true),
            (format!("root/.local/share/pnpm/store/v3/files/ab/{hash}-exec"), true),
            (format!("srv/files/ab/{}", &hash[..64]), false),
            ("srv/files/ab/photo.jpg".to_owned(), false),
            ("sysroot/ostree/repo/objects/12/package.json".to_owned(), false),
        ] {
            assert_eq!(is_in_store(&path), expected, "{path}");
        }
    }

    #[test]
    fn the_link_tells_what_the_content_is() {
        let manifest = br#"{"name":"lodash","version":"4.17.4"}"#;
        let entry = Entry { path: "store/x", size: manifest.len() as u64, mode: 0o644 };
        let scope = Scope::from(Limits::default());
        let stored = read(&entry, &mut &manifest[..], &scope).unwrap().unwrap();
        let path = "app/node_modules/lodash/package.json";
        assert_eq!(stored.at(path).unwrap().packages[0].file, path);
        assert_eq!(stored.at("app/node_modules/lodash/dist/package.json"), None);
        assert_eq!(stored.at("app/package-lock.json"), None);
        let other = b"{\"lockfileVersion\": 3}";
        let entry = Entry { size: other.len() as u64, ..entry };
        assert!(read(&entry, &mut &other[..], &scope).unwrap().is_none());
    }
}
