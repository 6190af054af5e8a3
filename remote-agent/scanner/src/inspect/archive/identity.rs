//! What a Java archive is: by Maven's properties, by its manifest, by its name.

use super::group;
use crate::inspect::{Facts, Problem};
use crate::package::{Ecosystem, Package};

/// Maven properties of an archive that are looked at: a shaded one has those
/// of all that went into it.
const PROPERTIES: usize = 5_000;

/// Words that versions have in them.
const QUALIFIERS: [&str; 14] = [
    "alpha",
    "beta",
    "milestone",
    "m",
    "rc",
    "cr",
    "snapshot",
    "final",
    "ga",
    "sp",
    "b",
    "pre",
    "jre",
    "android",
];

/// Beginnings of names that many groups share, and which are none themselves.
const SHARED: [&str; 2] = ["com.google", "org.apache"];

/// Bytes of a name and version together.
const LONGEST: usize = 1_000;

/// What the entries of one archive tell.
#[derive(Debug, Default)]
pub(super) struct Clues {
    manifest: Option<Manifest>,
    properties: Vec<Coordinates>,
    /// Whether there were more.
    cut: bool,
}

#[derive(Debug, Default)]
struct Manifest {
    title: Option<String>,
    version: Option<String>,
    vendor_id: Option<String>,
    bundle: Option<String>,
    bundle_version: Option<String>,
    specification_version: Option<String>,
    module: Option<String>,
    /// What a plugin of Jenkins is called, and its version.
    plugin: Option<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Coordinates {
    group: String,
    artifact: String,
    version: String,
}

impl Clues {
    /// Whether the entry tells what the archive is.
    pub(super) fn wants(name: &str) -> bool {
        name.eq_ignore_ascii_case("META-INF/MANIFEST.MF")
            || name.starts_with("META-INF/maven/") && name.ends_with("/pom.properties")
    }

    pub(super) fn add(&mut self, name: &str, text: &str) {
        if name.ends_with("pom.properties") {
            if self.properties.len() >= PROPERTIES {
                self.cut = true;
                return;
            }
            self.properties.extend(properties(text).filter(|new| !self.properties.contains(new)));
        } else {
            self.manifest = Some(manifest(text));
        }
    }

    /// Notes what the archive at `path` is, and what went into it.
    pub(super) fn tell(self, path: &str, facts: &mut Facts) {
        if self.cut {
            facts.problem(Problem::new(format!("holds more than {PROPERTIES} artifacts")));
        }
        let (stem, version) = file_name(path);
        let mut add = |name: String, version: &str| {
            if !name.is_empty() && !version.is_empty() && name.len() + version.len() < LONGEST {
                facts.packages.push(Package::new(Ecosystem::Maven, name, version, path));
            }
        };
        for one in &self.properties {
            add(format!("{}:{}", one.group, one.artifact), &one.version);
        }
        let manifest = self.manifest.unwrap_or_default();
        if let Some((name, version)) = &manifest.plugin {
            if !self.properties.iter().any(|one| *name == format!("{}:{}", one.group, one.artifact))
            {
                add(name.clone(), version);
            }
            return;
        }
        // Where properties are of the archive itself, nothing else is needed.
        let is_own = |one: &Coordinates| {
            let title = manifest.title.as_deref() == Some(&*one.artifact);
            title || is_named(path, &one.artifact, &one.version)
        };
        if self.properties.iter().any(is_own) {
            return;
        }
        let bundle = manifest.bundle.as_deref().filter(|name| name.contains('.'));
        let title = manifest.title.as_deref().filter(|title| is_artifact(title));
        let artifact = match (stem, title) {
            ("", Some(title)) => title,
            (stem, _) => stem,
        };
        let version = version_of(version, &manifest);
        // Nor where a file was given another name, and all else fits.
        if let [only] = self.properties.as_slice()
            && (stem.is_empty() || title != Some(stem))
            && version.is_none_or(|version| version == only.version)
        {
            return;
        }
        let Some(version) = version else { return };
        if let Some(name) = manifest.bundle.as_deref().and_then(group::of_tomcat) {
            add(name, version);
            return;
        }
        let is_group = |id: &&str| id.contains('.') && !id.contains(' ') && !SHARED.contains(id);
        let group = manifest
            .vendor_id
            .as_deref()
            .filter(is_group)
            .or_else(|| group::of(artifact))
            .or_else(|| bundle.and_then(|bundle| group_of(bundle, artifact)))
            .or_else(|| manifest.module.as_deref().and_then(|module| group_of(module, artifact)));
        match group {
            Some(group) => add(format!("{group}:{artifact}"), version),
            None => add(artifact.to_owned(), version),
        }
    }
}

/// The version: by the name of the file and by the manifest. That of a shaded
/// archive may have been another's, and bundles write theirs in a form of
/// their own: so the name counts more, but for what stands behind its version.
fn version_of<'a>(named: Option<&'a str>, manifest: &'a Manifest) -> Option<&'a str> {
    let told = |version: &'a Option<String>| version.as_deref().filter(|v| is_version(v));
    let (own, bundle) = (told(&manifest.version), told(&manifest.bundle_version));
    let Some(named) = named.filter(|named| named.contains('.')) else {
        return own.or(bundle).or(named).or(told(&manifest.specification_version));
    };
    let classified = |version: &&str| is_classified(named, version);
    // What is called a release may have been built of what was to become it.
    let precise = |version: &&str| {
        version.strip_prefix(named).is_some_and(|rest| {
            rest.starts_with(['.', '-', '_']) && !rest.eq_ignore_ascii_case("-snapshot")
        })
    };
    own.filter(precise)
        .or_else(|| own.filter(classified))
        .or(bundle.filter(classified))
        .or(Some(named))
}

/// Whether a file's name has more behind the version, which is no part of it:
/// `1.9.2-shaded-protobuf`, but not `1.9.2-rc-1`.
fn is_classified(named: &str, version: &str) -> bool {
    let rest = named.strip_prefix(version).and_then(|rest| rest.strip_prefix('-'));
    rest.and_then(|rest| rest.split(['-', '.']).next()).is_some_and(|word| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
        !word.is_empty() && !QUALIFIERS.contains(&&*word)
    })
}

/// The group that a dotted name means: `org.apache.commons.lang3` with the
/// artifact `commons-lang3` is of `org.apache.commons`. Nobody's group is `org` alone, nor all of
/// Apache: `org.jsoup` is that of its artifact `jsoup`, `org.apache.thrift` that of `libthrift`.
fn group_of<'a>(dotted: &'a str, artifact: &str) -> Option<&'a str> {
    let (before, last) = dotted.rsplit_once('.')?;
    let plain = |text: &str| text.replace(['-', '_', '.'], "").to_ascii_lowercase();
    let names_artifact = plain(artifact).ends_with(&plain(last));
    let is_group = before.contains('.') && !SHARED.contains(&before);
    if names_artifact && is_group { Some(before) } else { Some(dotted) }
}

fn is_artifact(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains([' ', '$'])
}

/// A file's name without folders and extension.
fn stem(path: &str) -> &str {
    let base = path.rsplit('/').next().unwrap_or(path);
    base.rsplit_once('.').map_or(base, |(stem, _)| stem)
}

/// Whether a file is named after an artifact: alone, or with its version and
/// maybe a classifier behind it.
fn is_named(path: &str, artifact: &str, version: &str) -> bool {
    let (stem, (by_name, _)) = (stem(path), file_name(path));
    let behind = stem.strip_prefix(artifact).and_then(|rest| rest.strip_prefix('-'));
    let after = behind.and_then(|rest| rest.strip_prefix(version));
    stem == artifact
        || by_name == artifact
        || after.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Artifact and version in a file's name: `commons-lang3-3.8.1.jar`. A number
/// in the name itself, as of `log4j-1.2-api-2.14.1.jar`, is told by the word
/// behind it, which is none that versions have.
fn file_name(path: &str) -> (&str, Option<&str>) {
    let stem = stem(path);
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let starts = stem.match_indices('-').map(|(at, _)| at);
    let at = starts.filter(|at| stem.get(at + 1..).is_some_and(is_number)).find(|at| {
        let mut parts = stem.get(at + 1..).unwrap_or_default().split('-').skip(1).peekable();
        while let Some(part) = parts.next() {
            let is_word = !is_number(part) && !QUALIFIERS.contains(&&*part.to_ascii_lowercase());
            if is_word && parts.peek().is_some_and(|next| is_number(next)) {
                return false;
            }
        }
        true
    });
    match at.and_then(|at| stem.split_at_checked(at)) {
        Some((artifact, version)) => (artifact, version.get(1..)),
        None => (stem, None),
    }
}

fn properties(text: &str) -> Option<Coordinates> {
    let value = |key: &str| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            let value = value.trim();
            let is_value = !value.is_empty() && !value.contains("${");
            (name.trim() == key && is_value).then(|| value.to_owned())
        })
    };
    let found = Coordinates {
        group: value("groupId")?,
        artifact: value("artifactId")?,
        version: value("version")?,
    };
    (found.group.len() + found.artifact.len() + found.version.len() < LONGEST).then_some(found)
}

/// The main section: lines of `Key: value`, continued after a space.
fn manifest(text: &str) -> Manifest {
    let mut unfolded = String::new();
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            break;
        }
        if let Some(more) = line.strip_prefix(' ') {
            unfolded.push_str(more);
        } else {
            unfolded.push('\n');
            unfolded.push_str(line);
        }
    }
    let value = |key: &str| {
        unfolded.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let value = value.trim();
            (name.eq_ignore_ascii_case(key) && !value.is_empty()).then(|| value.to_owned())
        })
    };
    let bundle = value("Bundle-SymbolicName");
    let plugin = value("Short-Name").zip(value("Plugin-Version")).map(|(name, version)| {
        let group = value("Group-Id").unwrap_or_else(|| "org.jenkins-ci.plugins".to_owned());
        // Some write `1.0 (private-…)`.
        let version = version.split(' ').next().unwrap_or_default().to_owned();
        (format!("{group}:{name}"), version)
    });
    Manifest {
        title: value("Implementation-Title"),
        version: value("Implementation-Version"),
        vendor_id: value("Implementation-Vendor-Id"),
        bundle: bundle.map(|name| name.split(';').next().unwrap_or_default().trim().to_owned()),
        bundle_version: value("Bundle-Version"),
        specification_version: value("Specification-Version"),
        module: value("Automatic-Module-Name"),
        plugin,
    }
}
