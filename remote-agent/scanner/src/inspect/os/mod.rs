//! What tells the operating system and its packages: which files are read,
//! one module a kind of file.
//!
//! [`release`] tells which system it is; [`rule`] is for whoever holds its
//! packages against advisories.

pub mod advisory;
mod apk;
mod bottlerocket;
mod dpkg;
mod pacman;
pub mod red_hat;
mod release;
mod rpm;
pub mod rule;
mod ubuntu;

use serde::{Deserialize, Serialize};

pub(crate) use dpkg::listed_package;
pub use release::Distribution;
pub(crate) use release::debian_version;

use super::{Entry, Facts, Inspector, MOST_OWNED, MOST_PACKAGES, PathHash, Problem, too_many};
use crate::layer::{self, Tree};
use crate::package::Package;

/// The kinds of files that tell of an operating system.
pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector { wants: is_release, read: read_release },
    Inspector { wants: rpm::is_database, read: rpm::read },
    Inspector { wants: rpm::is_write_ahead, read: rpm::read_write_ahead },
    Inspector { wants: bottlerocket::is_inventory, read: bottlerocket::read },
    Inspector {
        wants: is_dpkg_status,
        read: |entry, bytes, facts| {
            read_packages(entry, bytes, facts, |path, text| dpkg::parse(path, text, true))
        },
    },
    Inspector {
        wants: is_dpkg_status_d,
        read: |entry, bytes, facts| {
            read_packages(entry, bytes, facts, |path, text| dpkg::parse(path, text, false))
        },
    },
    Inspector {
        wants: is_apk_installed,
        read: |entry, bytes, facts| {
            let text = layer::text(bytes);
            let owned = &mut facts.owned;
            let packages = apk::parse(entry.path, &text, |path| own(owned, path))?;
            add(facts, packages)
        },
    },
    Inspector {
        wants: is_dpkg_list,
        read: |_, bytes, facts| {
            let text = layer::text(bytes);
            dpkg::listed(&text).for_each(|path| own(&mut facts.owned, path));
            Ok(())
        },
    },
    Inspector {
        wants: is_dpkg_sums,
        read: |_, bytes, facts| {
            let text = layer::text(bytes);
            dpkg::summed(&text).for_each(|path| own(&mut facts.owned, path));
            Ok(())
        },
    },
    Inspector { wants: ubuntu::is_query, read: ubuntu::query },
    Inspector { wants: ubuntu::is_manifest, read: ubuntu::manifest },
    Inspector {
        wants: pacman::is_description,
        read: |entry, bytes, facts| {
            let text = String::from_utf8_lossy(bytes);
            facts.packages.push(pacman::package(entry.path, &text)?);
            Ok(())
        },
    },
    Inspector {
        wants: pacman::is_files,
        read: |_, bytes, facts| {
            let text = layer::text(bytes);
            pacman::listed(&text).for_each(|path| own(&mut facts.owned, path));
            Ok(())
        },
    },
    Inspector {
        wants: is_content_manifest,
        read: |_, bytes, facts| {
            facts.content_sets = red_hat::content_sets(bytes)?;
            Ok(())
        },
    },
    Inspector {
        wants: |entry| entry.path == USERS,
        read: |_, bytes, facts| {
            facts.superusers = superusers(&String::from_utf8_lossy(bytes));
            Ok(())
        },
    },
];

/// The list of users.
pub(crate) const USERS: &str = "etc/passwd";

const DPKG_STATUS: &str = "var/lib/dpkg/status";
const DPKG_INFO: &str = "var/lib/dpkg/info";
const DPKG_STATUS_D: &str = "var/lib/dpkg/status.d";
/// Where images of Red Hat tell what they were built from.
const CONTENT_MANIFEST_FOLDER: &str = "root/buildinfo/content_manifests";
/// The same in newer ones.
const CONTENT_MANIFESTS: [&str; 2] =
    ["usr/share/buildinfo/content-sets.json", "root/buildinfo/content-sets.json"];
const APK_INSTALLED: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];

fn is_release(entry: &Entry<'_>) -> bool {
    release::FILES.contains(&entry.path) || entry.base() == "os-release"
}

/// Package databases are recognised wherever they lie, since a link may lead
/// there.
fn is_dpkg_status(entry: &Entry<'_>) -> bool {
    entry.ends_with("dpkg/status")
}

fn is_dpkg_status_d(entry: &Entry<'_>) -> bool {
    in_folder(entry, "dpkg/status.d") && !entry.has_extension("md5sums")
}

/// Whether the file lies directly in a folder of this name, anywhere.
fn in_folder(entry: &Entry<'_>, tail: &str) -> bool {
    entry
        .folder()
        .strip_suffix(tail)
        .is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn is_apk_installed(entry: &Entry<'_>) -> bool {
    entry.ends_with("apk/db/installed")
}

/// `info/NAME.list`: the files of a package.
fn is_dpkg_list(entry: &Entry<'_>) -> bool {
    in_folder(entry, "dpkg/info") && entry.has_extension("list")
}

/// The same where `status.d` is all that there is.
fn is_dpkg_sums(entry: &Entry<'_>) -> bool {
    in_folder(entry, "dpkg/status.d") && entry.has_extension("md5sums")
}

fn is_content_manifest(entry: &Entry<'_>) -> bool {
    CONTENT_MANIFESTS.contains(&entry.path)
        || (entry.folder() == CONTENT_MANIFEST_FOLDER && entry.has_extension("json"))
}

/// Whether the file is a package database, so that an image that hides it is
/// not understood.
pub(super) fn is_database(entry: &Entry<'_>) -> bool {
    is_dpkg_status(entry)
        || is_dpkg_status_d(entry)
        || is_apk_installed(entry)
        || rpm::is_database(entry)
        || bottlerocket::is_inventory(entry)
        || pacman::is_description(entry)
}

/// Whether a link at `path` may lead to what tells the operating system.
pub(crate) fn is_on_the_way(path: &str) -> bool {
    let leads_to = |file: &str| {
        file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
    };
    leads_to(DPKG_STATUS)
        || leads_to(DPKG_STATUS_D)
        || leads_to(DPKG_INFO)
        || leads_to(CONTENT_MANIFEST_FOLDER)
        || rpm::FOLDERS.iter().any(|folder| leads_to(folder))
        || rpm_files().any(|file| leads_to(&file))
        || APK_INSTALLED.iter().any(|file| leads_to(file))
        || release::FILES.iter().any(|file| leads_to(file))
}

/// Notes that a package owns `path`, where that matters.
fn own(owned: &mut Vec<PathHash>, path: &str) {
    // Of a file with more no path counts, since the layer then has no room for it.
    if owned.len() <= MOST_OWNED && super::tells_packages(path) {
        owned.push(PathHash::of(path));
    }
}

fn read_release(_: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    const LONGEST: usize = 64 << 10;
    let text = bytes.get(..LONGEST).unwrap_or(bytes);
    if text.contains(&0) {
        return Err(Problem::new("is no text"));
    }
    facts.release = Some(String::from_utf8_lossy(text).into_owned());
    Ok(())
}

/// The users of number 0: whatever they are called, they are root.
fn superusers(list: &str) -> Vec<String> {
    const MOST: usize = 100;
    const LONGEST: usize = 64;
    let superuser = |line: &str| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        let is_root = number.trim().parse::<i64>() == Ok(0) && name.len() <= LONGEST;
        is_root.then(|| name.to_owned())
    };
    list.lines().filter_map(superuser).take(MOST).collect()
}

fn read_packages(
    entry: &Entry<'_>,
    bytes: &[u8],
    facts: &mut Facts,
    parse: impl Fn(&str, &str) -> Result<Vec<Package>, Problem>,
) -> Result<(), Problem> {
    add(facts, parse(entry.path, &String::from_utf8_lossy(bytes))?)
}

/// Adds the packages of a database; of too many the first.
fn add(facts: &mut Facts, mut packages: Vec<Package>) -> Result<(), Problem> {
    let fits = packages.len() <= MOST_PACKAGES;
    packages.truncate(MOST_PACKAGES);
    facts.packages.append(&mut packages);
    if fits { Ok(()) } else { Err(too_many()) }
}

/// What the files of an image tell about its operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OsInventory {
    /// The operating system, where it is known.
    pub distribution: Option<Distribution>,
    /// Its packages, ordered by name.
    pub packages: Vec<Package>,
}

impl OsInventory {
    /// Reads the operating system and the packages from a tree.
    pub fn of(tree: &Tree) -> Self {
        let mut distribution = release::FILES
            .iter()
            .find_map(|path| Distribution::parse(path, tree.file(path)?.release.as_deref()?));
        if let Some(distribution) = &mut distribution {
            distribution.content_sets = content_sets(tree);
        }
        let mut packages = Vec::new();
        let mut add = |facts: &Facts| packages.extend(facts.packages.iter().cloned());
        if let Some(facts) = tree.file(DPKG_STATUS) {
            add(facts);
        }
        for (_, facts) in tree.files_in(DPKG_STATUS_D) {
            add(facts);
        }
        // Where `lib` is a link to `usr/lib` both paths are the same file.
        if let Some(facts) = APK_INSTALLED.iter().find_map(|path| tree.file(path)) {
            add(facts);
        }
        if let Some(facts) = rpm_database(tree) {
            add(facts);
        }
        if let Some(facts) = tree.file(bottlerocket::INVENTORY) {
            add(facts);
        }
        // A folder a package, so not directly in a folder that is known.
        for (_, path, facts) in tree.files() {
            if path.starts_with(pacman::FOLDER) {
                packages.extend(facts.packages.iter().cloned());
            }
        }
        for facts in ubuntu::LISTS.iter().filter_map(|path| tree.file(path)) {
            if packages.is_empty() {
                packages.extend(facts.packages.iter().cloned());
            }
        }
        packages.retain(|package| package.ecosystem.is_os());
        packages.sort();
        packages.dedup();
        Self { distribution, packages }
    }

    /// Where a link hides the only package database: its usual place, and what
    /// it leads to, which nobody knows for a database by its path.
    pub(crate) fn unread_link(&self, tree: &Tree) -> Option<(String, String)> {
        if !self.packages.is_empty() {
            return None;
        }
        let usual = [DPKG_STATUS, bottlerocket::INVENTORY].into_iter().chain(APK_INSTALLED);
        let usual: Vec<String> = usual.map(str::to_owned).chain(rpm_files()).collect();
        let place = |path: &str| tree.followed(path).unwrap_or_else(|| "itself".to_owned());
        let mut places = usual.iter().map(|path| (path.clone(), place(path)));
        places.find(|(path, place)| !usual.contains(place) && tree.file(path).is_none())
    }
}

/// All repositories that the image tells it was built from.
fn content_sets(tree: &Tree) -> Vec<String> {
    let mut sets: Vec<String> = tree
        .files_in(CONTENT_MANIFEST_FOLDER)
        .map(|(_, facts)| facts)
        .chain(CONTENT_MANIFESTS.iter().filter_map(|path| tree.file(path)))
        .flat_map(|facts| facts.content_sets.iter().cloned())
        .collect();
    sets.sort();
    sets.dedup();
    sets
}

/// Where databases of rpm are looked for, the newest kind first.
fn rpm_files() -> impl Iterator<Item = String> {
    let of = |file| rpm::FOLDERS.iter().map(move |folder| format!("{folder}/{file}"));
    rpm::FILES.into_iter().flat_map(of)
}

/// The database of rpm that is in use. A conversion to a newer kind may leave
/// the old one behind: then that counts into which a package was installed
/// last, and among equals the newer kind.
fn rpm_database(tree: &Tree) -> Option<&Facts> {
    let mut in_use: Option<&Facts> = None;
    for file in rpm_files() {
        let Some(facts) = tree.file(&file) else { continue };
        let known = |facts: &Facts| (facts.installed_at, facts.packages.len());
        if in_use.is_none_or(|in_use| known(facts) > known(in_use)) {
            in_use = Some(facts);
        }
    }
    in_use
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::layer::{LayerContent, Node};
    use crate::package::Ecosystem;

    fn packages(names: &[&str], installed_at: i64) -> Node {
        let package = |name: &&str| Package::new(Ecosystem::Rpm, *name, "1-1", "f");
        Node::File(Arc::new(Facts {
            packages: names.iter().map(package).collect(),
            installed_at,
            ..Facts::default()
        }))
    }

    fn inventory(nodes: &[(&str, Node)]) -> OsInventory {
        let nodes: BTreeMap<_, _> =
            nodes.iter().map(|(path, node)| ((*path).to_owned(), node.clone())).collect();
        let mut tree = Tree::default();
        tree.apply(0, &LayerContent { nodes, ..LayerContent::default() });
        OsInventory::of(&tree)
    }

    fn names(nodes: &[(&str, Node)]) -> Vec<String> {
        inventory(nodes).packages.into_iter().map(|package| package.name).collect()
    }

    #[test]
    fn no_database_has_room_for_all_that_a_file_can_tell() {
        let apk = "P:a\nV:1\n\n".repeat(MOST_PACKAGES + 1);
        let dpkg = "Package: a\nStatus: install ok installed\nVersion: 1\n\n";
        let one = r#"{"Name":"a","Version":"1"}"#;
        let bottlerocket = vec![one; MOST_PACKAGES + 1].join(",");
        // The first are kept, each once.
        for (path, text, kept) in [
            (APK_INSTALLED[0], apk, 1),
            (DPKG_STATUS, dpkg.repeat(MOST_PACKAGES + 1), 1),
            (bottlerocket::INVENTORY, format!(r#"{{"Content":[{bottlerocket}]}}"#), 0),
        ] {
            let told = crate::inspect::facts(path, text.as_bytes(), &crate::Limits::default());
            let facts = told.unwrap().unwrap();
            assert_eq!(facts.packages.len(), kept, "{path}");
            assert!(facts.problem.unwrap().contains("more than 100000"), "{path}");
        }
    }

    #[test]
    fn of_several_databases_that_counts_which_is_in_use() {
        let (old, new) = (packages(&["old", "older"], 100), packages(&["new"], 200));
        for (first, second) in [
            ("var/lib/rpm/Packages", "var/lib/rpm/rpmdb.sqlite"),
            ("var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages"),
            ("var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/rpmdb.sqlite"),
            ("usr/lib/sysimage/rpm/Packages.db", "var/lib/rpm/Packages"),
        ] {
            assert_eq!(names(&[(first, old.clone()), (second, new.clone())]), ["new"], "{second}");
        }
        // Converted, and nothing installed since.
        let converted = [
            ("var/lib/rpm/Packages", packages(&["bash"], 100)),
            ("var/lib/rpm/rpmdb.sqlite", packages(&["zsh"], 100)),
        ];
        assert_eq!(names(&converted), ["zsh"]);
        // One that is empty or cannot be read does not count.
        let damaged = [
            ("var/lib/rpm/Packages", packages(&["bash"], 0)),
            ("var/lib/rpm/rpmdb.sqlite", packages(&[], 0)),
        ];
        assert_eq!(names(&damaged), ["bash"]);
    }

    #[test]
    fn lists_of_ubuntu_count_where_nothing_tells_more() {
        let [query, manifest] = ubuntu::LISTS.map(|path| (path, packages(&[path], 0)));
        let both = [manifest, query];
        assert_eq!(names(&both), [ubuntu::LISTS[0]]);
        assert_eq!(names(&both[..1]), [ubuntu::LISTS[1]]);
        let [manifest, query] = both;
        assert_eq!(names(&[(DPKG_STATUS, packages(&["bash"], 0)), manifest, query]), ["bash"]);
    }

    #[test]
    fn a_link_between_the_folders_is_one_database() {
        let nodes = [
            ("var/lib/rpm", Node::Link("../../usr/share/rpm".to_owned())),
            ("usr/lib/sysimage/rpm", Node::Link("../../share/rpm".to_owned())),
            ("usr/share/rpm/rpmdb.sqlite", packages(&["bash"], 1)),
        ];
        assert_eq!(names(&nodes), ["bash"]);
        assert!(is_on_the_way("var/lib/rpm") && is_on_the_way("usr/lib/sysimage"));
    }

    #[test]
    fn content_manifests_belong_to_the_system() {
        let told = |sets: &[&str]| {
            let content_sets = sets.iter().map(|set| (*set).to_owned()).collect();
            Node::File(Arc::new(Facts { content_sets, ..Facts::default() }))
        };
        let release =
            Facts { release: Some("ID=rhel\nVERSION_ID=8.9\n".to_owned()), ..Facts::default() };
        let found = inventory(&[
            ("etc/os-release", Node::File(Arc::new(release))),
            ("root/buildinfo/content_manifests/a.json", told(&["b", "a"])),
            ("usr/share/buildinfo/content-sets.json", told(&["c", "a"])),
        ]);
        assert_eq!(found.distribution.unwrap().content_sets, ["a", "b", "c"]);
    }
}
