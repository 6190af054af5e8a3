//! What Java projects want, and what of a program lies unpacked. Installed
//! packages are in archives.

use std::collections::HashMap;

use super::{Entry, Facts, Inspector, Problem, add, is_leftover, is_lock, text, xml};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[Inspector { wants: is_properties, read: properties }];

pub(super) const WANTED: &[Inspector] =
    &[Inspector { wants: is_gradle, read: gradle }, Inspector { wants: is_pom, read: pom }];

/// `META-INF/maven/GROUP/ARTIFACT/pom.properties` of an unpacked archive.
fn is_properties(entry: &Entry<'_>) -> bool {
    entry.base() == "pom.properties" && entry.path.contains("META-INF/maven/")
}

fn properties(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let value = |key: &str| {
        text.lines().find_map(|line| {
            let (found, value) = line.split_once('=')?;
            (found.trim() == key).then(|| value.trim()).filter(|value| !value.is_empty())
        })
    };
    match (value("groupId"), value("artifactId"), value("version")) {
        (Some(group), Some(artifact), Some(version)) => {
            add(facts, entry, Ecosystem::Maven, &format!("{group}:{artifact}"), version)
        }
        _ => Ok(()),
    }
}

/// `gradle.lockfile`; before that there was a file for each configuration.
fn is_gradle(entry: &Entry<'_>) -> bool {
    let of_configuration = || {
        entry.has_extension("lockfile")
            && entry.folder().ends_with("gradle/dependency-locks")
            && !entry.base().to_ascii_lowercase().contains("test")
            && !is_leftover(entry.path)
    };
    is_lock(entry, "gradle.lockfile") || of_configuration()
}

/// Lines of the form `group:artifact:version=configurations`, where not the file's name tells
/// the configuration.
fn gradle(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for line in text(bytes).lines().filter(|line| !line.starts_with('#')) {
        let (coordinates, configurations) = line.split_once('=').unwrap_or((line, ""));
        let is_for_use =
            !configurations.split(',').all(|one| one.trim().to_ascii_lowercase().contains("test"));
        if let Some((name, version)) = coordinates.rsplit_once(':')
            && name.contains(':')
            && !coordinates.contains([' ', '"'])
            && is_for_use
        {
            add(facts, entry, Ecosystem::Maven, name, version)?;
        }
    }
    Ok(())
}

/// The file of a project. The one in an archive tells what its makers used,
/// which is then not in the archive.
fn is_pom(entry: &Entry<'_>) -> bool {
    is_lock(entry, "pom.xml") && !entry.path.contains("META-INF/")
}

/// What a pom says, as far as one file tells.
#[derive(Default)]
struct Pom {
    properties: HashMap<String, String>,
    /// Versions for those who name none, by group and artifact.
    managed: HashMap<(String, String), String>,
    wanted: Vec<Dependency>,
}

#[derive(Default)]
struct Dependency {
    group: String,
    artifact: String,
    version: String,
    scope: String,
    optional: bool,
}

fn pom(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    const MOST: usize = 10_000;
    let mut pom = Pom::default();
    let mut current = Dependency::default();
    xml::elements(bytes, |element| {
        let text = element.text;
        match element.path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["project", "properties", name] if pom.properties.len() < MOST => {
                pom.properties.insert((*name).to_owned(), text.to_owned());
            }
            ["project", "groupId" | "version"] => {
                pom.properties.insert(format!("project.{}", element.name()), text.to_owned());
            }
            // What the project does not say itself is its parent's.
            ["project", "parent", "groupId" | "version"] => {
                let own = format!("project.{}", element.name());
                pom.properties.entry(own).or_insert_with(|| text.to_owned());
                let name = format!("project.parent.{}", element.name());
                pom.properties.insert(name, text.to_owned());
            }
            ["project", "dependencies", "dependency", field]
            | ["project", "dependencyManagement", "dependencies", "dependency", field] => {
                match *field {
                    "groupId" => text.clone_into(&mut current.group),
                    "artifactId" => text.clone_into(&mut current.artifact),
                    "version" => text.clone_into(&mut current.version),
                    "scope" => text.clone_into(&mut current.scope),
                    "optional" => current.optional = text == "true",
                    _ => {}
                }
            }
            ["project", "dependencies", "dependency"] => {
                if pom.wanted.len() >= MOST {
                    return Err(Problem::new(format!("wants more than {MOST} packages")));
                }
                pom.wanted.push(std::mem::take(&mut current));
            }
            ["project", "dependencyManagement", "dependencies", "dependency"] => {
                let managed = std::mem::take(&mut current);
                if pom.managed.len() < MOST {
                    pom.managed.insert((managed.group, managed.artifact), managed.version);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    for wanted in &pom.wanted {
        if wanted.optional || matches!(wanted.scope.as_str(), "test" | "provided" | "system") {
            continue;
        }
        let managed = pom.managed.get(&(wanted.group.clone(), wanted.artifact.clone()));
        let version = match managed {
            Some(managed) if wanted.version.is_empty() => managed,
            _ => &wanted.version,
        };
        if let (Some(group), Some(artifact), Some(version)) =
            (pom.value(&wanted.group), pom.value(&wanted.artifact), pom.value(version))
            && let Some(version) = exact(&version)
        {
            add(facts, entry, Ecosystem::Maven, &format!("{group}:{artifact}"), version)?;
        }
    }
    Ok(())
}

impl Pom {
    /// The text with its properties put in; none where one is not known here.
    fn value(&self, text: &str) -> Option<String> {
        const ROUNDS: usize = 16;
        const LONGEST: usize = 1024;
        let mut text = text.to_owned();
        for _ in 0..ROUNDS {
            let Some((before, rest)) = text.split_once("${") else {
                return (!text.is_empty()).then_some(text);
            };
            let (name, after) = rest.split_once('}')?;
            // Old files say `pom.` or nothing for the project.
            let name =
                name.strip_prefix("pom.").map_or(name.to_owned(), |n| format!("project.{n}"));
            let value = self
                .properties
                .get(&name)
                .or_else(|| self.properties.get(&format!("project.{name}")))?;
            text = format!("{before}{value}{after}");
            if text.len() > LONGEST {
                return None;
            }
        }
        None
    }
}

/// The one version that is allowed: `[1.0]` is one, other ranges are none.
fn exact(version: &str) -> Option<&str> {
    let version = match version.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None => version,
    };
    (!version.contains([',', '[', '(', '$', ' '])).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn gradle_tells_who_uses_what() {
        let lock = "# generated\norg.slf4j:slf4j-api:1.7.36=compileClasspath,runtimeClasspath\n\
                    junit:junit:4.12=testCompileClasspath,testRuntimeClasspath\nempty=annotationProcessor\n";
        assert_eq!(
            found(WANTED, "gradle.lockfile", lock),
            pairs(&[("org.slf4j:slf4j-api", "1.7.36")])
        );
        let of_configuration = "# generated\norg.slf4j:slf4j-api:1.7.36\n";
        for (name, expected) in [("runtimeClasspath", 1), ("testRuntimeClasspath", 0)] {
            let path = format!("app/gradle/dependency-locks/{name}.lockfile");
            assert_eq!(found(WANTED, &path, of_configuration).len(), expected, "{path}");
        }
    }

    #[test]
    fn unpacked_archives() {
        let text = "#Created\nversion=2.14.0\r\ngroupId = org.apache.logging.log4j\nartifactId=log4j-core\n";
        let path = "srv/app/WEB-INF/classes/META-INF/maven/o/log4j-core/pom.properties";
        assert_eq!(
            found(INSTALLED, path, text),
            pairs(&[("org.apache.logging.log4j:log4j-core", "2.14.0")])
        );
        assert!(found(INSTALLED, "src/pom.properties", text).is_empty());
    }

    #[test]
    fn poms_of_projects() {
        let dependency = |group: &str, artifact: &str, rest: &str| {
            format!(
                "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>{rest}</dependency>"
            )
        };
        let version = |version: &str| format!("<version>{version}</version>");
        let pom = format!(
            "<project xmlns='http://maven.apache.org/POM/4.0.0'><parent><groupId>g</groupId><version>7</version></parent>\
             <properties><log4j.version>${{base}}.0</log4j.version><base>2.14</base><loop>${{loop}}</loop></properties>\
             <dependencyManagement><dependencies>{}</dependencies></dependencyManagement>\
             <dependencies>{}{}{}{}{}{}{}{}</dependencies>\
             <build><plugins><plugin><dependencies>{}</dependencies></plugin></plugins></build></project>",
            dependency("o", "managed", &version("1.5")),
            dependency("o", "core", &version("${log4j.version}")),
            dependency("o", "managed", ""),
            dependency("${project.groupId}", "sibling", &version("${project.version}")),
            dependency("o", "exact", &version("[1.2]")),
            dependency("o", "range", &version("[1.2,2)")),
            dependency("o", "loop", &version("${loop}")),
            dependency("o", "unknown", &version("${elsewhere}")),
            dependency("junit", "junit", "<version>4.12</version><scope>test</scope>"),
            dependency("o", "plugin", &version("1")),
        );
        assert_eq!(
            found(WANTED, "src/pom.xml", &pom),
            pairs(&[
                ("g:sibling", "7"),
                ("o:core", "2.14.0"),
                ("o:exact", "1.2"),
                ("o:managed", "1.5")
            ])
        );
        assert!(found(WANTED, "app/META-INF/maven/o/core/pom.xml", &pom).is_empty());
    }
}
