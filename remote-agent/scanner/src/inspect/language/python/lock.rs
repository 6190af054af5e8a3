//! The lock files of Python's tools. What is only for development is left out
//! where the file tells.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::{is_for_development, package};
use crate::inspect::language::json::{self, Entries, Text};
use crate::inspect::language::tables;
use crate::inspect::{Entry, Facts, Problem};

/// Dependencies that a lock file of uv may tell of, all packages' together.
const MOST_WISHES: usize = 500_000;

#[derive(Deserialize)]
struct Pipfile {
    #[serde(default)]
    default: Entries<Pinned>,
}

#[derive(Deserialize)]
struct Pinned {
    #[serde(default)]
    version: Text,
}

pub(super) fn pipfile(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Pipfile = json::read(bytes)?;
    for (name, pinned) in &lock.default.0 {
        if let Some(version) = pinned.version.as_str().strip_prefix("==") {
            package(entry, facts, name, version)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: Option<String>,
    /// Told by old versions of poetry.
    category: Option<String>,
    /// Told by newer ones and by pdm.
    groups: Option<Vec<String>>,
    /// Where poetry takes it from, when that is no registry.
    #[serde(default)]
    source: HashMap<String, toml::Value>,
    /// Where pdm does.
    path: Option<toml::Value>,
}

impl Locked {
    /// A folder of the project, which no registry knows by its name.
    fn is_project(&self) -> bool {
        let kind = self.source.get("type").and_then(toml::Value::as_str);
        kind == Some("directory") || self.path.is_some()
    }
}

/// What a project offers beside what it needs is in its group `main` too.
pub(super) fn poetry(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    locked(entry, bytes, facts, |group| group == "main")
}

/// The group `default` is always installed. What a project offers beside that has groups of its
/// own, which nothing but their names tells from those of development.
pub(super) fn pdm(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    locked(entry, bytes, facts, |group| !is_for_development(group))
}

/// Packages of the groups that are for use.
fn locked(
    entry: &Entry<'_>,
    bytes: &[u8],
    facts: &mut Facts,
    is_used: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    let is_for_use = |locked: &Locked| {
        locked.category.as_deref() != Some("dev")
            && locked.groups.as_ref().is_none_or(|groups| groups.iter().any(|name| is_used(name)))
    };
    tables::each(bytes, |lock: Lock| {
        let packages = lock.package.iter().filter(|locked| !locked.is_project());
        for locked in packages.filter(|locked| is_for_use(locked)) {
            if let Some(version) = &locked.version {
                package(entry, facts, &locked.name, version)?;
            }
        }
        Ok(())
    })
}

#[derive(Deserialize)]
struct UvLock {
    #[serde(default)]
    package: Vec<UvPackage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UvPackage {
    name: String,
    version: Option<String>,
    #[serde(default)]
    source: HashMap<String, toml::Value>,
    #[serde(default)]
    dependencies: Vec<UvWish>,
    #[serde(default)]
    optional_dependencies: HashMap<String, Vec<UvWish>>,
}

#[derive(Deserialize)]
struct UvWish {
    name: String,
    /// Where the file has several of the name.
    version: Option<String>,
}

impl UvPackage {
    /// A folder of the project.
    fn is_project(&self) -> bool {
        ["editable", "virtual", "directory"].iter().any(|kind| self.source.contains_key(*kind))
    }

    fn wishes(&self) -> impl Iterator<Item = &UvWish> {
        self.dependencies.iter().chain(self.optional_dependencies.values().flatten())
    }
}

/// Packages that the project's own lead to. Its wishes for development stand
/// apart from those for use.
pub(super) fn uv(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let mut all: Vec<UvPackage> = Vec::new();
    let mut wishes = 0;
    let read = tables::each(bytes, |lock: UvLock| {
        wishes += lock.package.iter().map(|locked| 1 + locked.wishes().count()).sum::<usize>();
        if wishes > MOST_WISHES {
            return Err(Problem::new(format!("has more than {MOST_WISHES} dependencies")));
        }
        all.extend(lock.package);
        Ok(())
    });
    let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, locked) in all.iter().enumerate() {
        named.entry(&locked.name).or_default().push(at);
    }
    let projects = all.iter().enumerate().filter(|(_, locked)| locked.is_project());
    let mut todo: Vec<usize> = projects.map(|(at, _)| at).collect();
    if todo.is_empty() {
        todo = (0..all.len()).collect();
    }
    let mut needed: HashSet<usize> = todo.iter().copied().collect();
    while let Some(locked) = todo.pop().and_then(|at| all.get(at)) {
        for wish in locked.wishes() {
            for &at in named.get(wish.name.as_str()).into_iter().flatten() {
                let version = all.get(at).and_then(|found| found.version.as_ref());
                if (wish.version.is_none() || wish.version.as_ref() == version) && needed.insert(at)
                {
                    todo.push(at);
                }
            }
        }
    }
    for (at, locked) in all.iter().enumerate() {
        if let Some(version) = &locked.version
            && needed.contains(&at)
            && !locked.is_project()
        {
            package(entry, facts, &locked.name, version)?;
        }
    }
    read
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pylock {
    /// Groups that are installed unless something else is asked for.
    #[serde(default)]
    default_groups: Vec<String>,
    #[serde(default)]
    packages: Vec<PylockPackage>,
}

#[derive(Deserialize)]
struct PylockPackage {
    name: String,
    version: Option<String>,
    /// A folder of the project.
    directory: Option<toml::Value>,
    /// When it is installed.
    #[serde(default)]
    marker: String,
}

impl PylockPackage {
    /// Whether only groups that nobody gets unasked lead to it. What a project offers is asked
    /// for as an extra.
    fn is_for_development(&self, defaults: &[String]) -> bool {
        let mut groups = self.groups().peekable();
        groups.peek().is_some()
            && !self.marker.contains(" in extras")
            && groups.all(|group| !defaults.iter().any(|default| default == group))
    }

    /// The groups in terms such as `"dev" in dependency_groups`.
    fn groups(&self) -> impl Iterator<Item = &str> {
        let terms = self.marker.split(" in dependency_groups");
        let before = terms.clone().count().saturating_sub(1);
        terms.take(before).filter_map(|term| {
            let quote = term.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
            term.strip_suffix(quote)?.rsplit(quote).next()
        })
    }
}

pub(super) fn pylock(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let mut defaults = Vec::new();
    tables::each(bytes, |mut lock: Pylock| {
        // They stand before the first package, which is read apart from it.
        defaults.append(&mut lock.default_groups);
        let packages = lock.packages.iter().filter(|locked| locked.directory.is_none());
        for locked in packages.filter(|locked| !locked.is_for_development(&defaults)) {
            if let Some(version) = &locked.version {
                package(entry, facts, &locked.name, version)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use crate::inspect::language::python::WANTED;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn pipfile() {
        let lock = r#"{"_meta":{"sources":[]},"default":{"django":{"version":"==2.2"},"x":{"git":"y"}},"develop":{"pytest":{"version":"==1"}}}"#;
        assert_eq!(found(WANTED, "Pipfile.lock", lock), pairs(&[("django", "2.2")]));
    }

    #[test]
    fn poetry_and_pdm() {
        let jinja = pairs(&[("jinja2", "2.10")]);
        for (name, marks) in [
            ("poetry.lock", ["category = \"main\"", "category = \"dev\""]),
            ("poetry.lock", ["groups = [\"main\", \"dev\"]", "groups = [\"dev\"]"]),
            ("pdm.lock", ["groups = [\"default\"]", "groups = [\"test\"]"]),
            // What the project offers.
            ("pdm.lock", ["groups = [\"dev\", \"tls\"]", "groups = [\"dev\", \"docs\"]"]),
        ] {
            let lock = format!(
                "[[package]]\nname = \"jinja2\"\nversion = \"2.10\"\noptional = false\n{}\nfiles = [\n    {{file = \"a\", hash = \"b\"}},\n]\n\n\
                 [package.dependencies]\nMarkupSafe = \">=0.23\"\n\n[[package]]\nname = \"pytest\"\nversion = \"7.0\"\n{}\n\n\
                 [metadata]\nlock-version = \"2.0\"\n",
                marks[0], marks[1]
            );
            assert_eq!(found(WANTED, name, &lock), jinja, "{lock}");
        }
    }

    #[test]
    fn folders_of_the_project_are_no_packages() {
        for (name, source) in [
            ("poetry.lock", "\n[package.source]\ntype = \"directory\"\nurl = \"../own\"\n"),
            ("pdm.lock", "path = \"./own\"\neditable = true\n"),
        ] {
            let lock = format!(
                "[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n{source}\n\
                 [[package]]\nname = \"jinja2\"\nversion = \"2.10\"\n\n\
                 [package.source]\ntype = \"legacy\"\nurl = \"https://pypi.example\"\n"
            );
            assert_eq!(found(WANTED, name, &lock), pairs(&[("jinja2", "2.10")]), "{name}");
        }
    }

    #[test]
    fn uv_leaves_out_what_only_development_leads_to() {
        let lock = r#"version = 1
requires-python = ">=3.12"

[[package]]
name = "shop"
version = "0.1.0"
source = { editable = "." }
dependencies = [
    { name = "jinja2" },
    { name = "numpy", version = "1.26.4", source = { registry = "r" }, marker = "m" },
]

[package.optional-dependencies]
tls = [
    { name = "certifi" },
]

[package.dev-dependencies]
dev = [
    { name = "pytest" },
]

[[package]]
name = "jinja2"
version = "2.10"
source = { registry = "r" }
dependencies = [
    { name = "markupsafe" },
]

[[package]]
name = "markupsafe"
version = "2.0.0"
source = { registry = "r" }

[[package]]
name = "certifi"
version = "2020.1.1"
source = { registry = "r" }

[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "r" }

[[package]]
name = "numpy"
version = "2.0.0"
source = { registry = "r" }

[[package]]
name = "pytest"
version = "7.0"
source = { registry = "r" }
"#;
        assert_eq!(
            found(WANTED, "uv.lock", lock),
            pairs(&[
                ("certifi", "2020.1.1"),
                ("jinja2", "2.10"),
                ("markupsafe", "2.0.0"),
                ("numpy", "1.26.4")
            ])
        );
    }

    #[test]
    fn the_common_lock_file() {
        let lock = "lock-version = \"1.0\"\n[[packages]]\nname = \"attrs\"\nversion = \"25.1.0\"\n\
                    [[packages]]\nname = \"own\"\nversion = \"1\"\ndirectory = { path = \".\" }\n";
        for name in ["pylock.toml", "pylock.prod.toml"] {
            assert_eq!(found(WANTED, name, lock), pairs(&[("attrs", "25.1.0")]));
        }
    }

    #[test]
    fn groups_of_the_common_lock_file_that_nobody_gets_unasked() {
        let head = "lock-version = \"1.0\"\nextras = [\"tls\"]\n\
                    dependency-groups = [\"default\", \"dev\"]\ndefault-groups = [\"default\"]\n";
        for (marker, is_told) in [
            (r#""\"default\" in dependency_groups""#, true),
            (r#"'"default" in dependency_groups or "dev" in dependency_groups'"#, true),
            (r#"'"dev" in dependency_groups or "tls" in extras'"#, true),
            (r#"'os_name != "nt" and "tls" in extras'"#, true),
            (r#""sys_platform == 'win32'""#, true),
            (r#""\"dev\" in dependency_groups""#, false),
            (r#""sys_platform == 'win32' and 'dev' in dependency_groups""#, false),
            (r#"'"dev" in dependency_groups or "docs" in dependency_groups'"#, false),
        ] {
            let lock = format!(
                "{head}\n[[packages]]\nname = \"attrs\"\nversion = \"25.1.0\"\nmarker = {marker}\n\n\
                 [packages.archive]\nurl = \"x\"\n"
            );
            assert_eq!(!found(WANTED, "pylock.toml", &lock).is_empty(), is_told, "{marker}");
        }
    }
}
