//! Findings about how an image is made.

use palisade_api::rest::scan::ImageCheck;

use super::set_id;
use crate::package::{Ecosystem, Package};
use crate::scan::Inventory;
use crate::source::ImageConfig;

/// The check that finds files that run as their owner or group.
pub(super) const SET_ID: &str = "I.4.8";

/// The check that finds secrets.
pub(super) const SECRET: &str = "I.4.10";

/// Programs that install packages: who breaks in installs what he needs.
const PACKAGE_MANAGERS: [(Ecosystem, &[&str]); 6] = [
    (Ecosystem::Dpkg, &["apt", "aptitude"]),
    (Ecosystem::Apk, &["apk-tools"]),
    (Ecosystem::Rpm, &["dnf", "dnf5", "microdnf", "tdnf", "yum", "zypper"]),
    (Ecosystem::Pacman, &["pacman"]),
    (Ecosystem::Python, &["pip"]),
    (Ecosystem::Npm, &["npm", "pnpm", "yarn"]),
];

/// The checks that an image does not pass.
pub(super) fn checks(inventory: &Inventory) -> Vec<ImageCheck> {
    let mut checks = configuration(&inventory.config);
    checks.extend(package_managers(inventory));
    checks.extend(inventory.set_ids.iter().filter_map(|found| {
        let kind = set_id::kind(found.mode)?;
        Some(ImageCheck {
            profile: "Level 2".to_owned(),
            message: vec![format!(
                "File {} has {kind} mode: {}",
                found.path,
                set_id::text(found.mode)
            )],
            ..check(
                SET_ID,
                "A file runs as its owner or group, whoever starts it",
                "Take the setuid and setgid bits away, or remove the file",
            )
        })
    }));
    checks.extend(inventory.secrets.iter().map(|found| ImageCheck {
        message: vec![format!(
            "File {} contains {}: {}",
            found.path, found.secret.kind, found.secret.evidence
        )],
        remediation: found.secret.suggestion.clone(),
        ..check(SECRET, "The image holds a secret", "")
    }));
    checks
}

/// What of the image is there to install packages.
fn package_managers(inventory: &Inventory) -> Option<ImageCheck> {
    let is_one = |package: &&Package| {
        PACKAGE_MANAGERS.iter().any(|(ecosystem, names)| {
            *ecosystem == package.ecosystem && names.contains(&package.name.as_str())
        })
    };
    let packages = inventory.packages.iter().map(|layered| &layered.package).filter(is_one);
    let message: Vec<String> = packages
        .map(|found| format!("{} {} in {}", found.name, found.shown_version(), found.file))
        .collect();
    if message.is_empty() || !is_image(&inventory.config) {
        return None;
    }
    Some(ImageCheck {
        message,
        ..check(
            "I.4.3",
            "The image holds package managers, which nothing needs when it runs",
            "Install packages in a stage of their own and copy what is needed from there",
        )
    })
}

/// A folder has no configuration to speak of.
fn is_image(config: &ImageConfig) -> bool {
    *config != ImageConfig::default()
}

fn configuration(config: &ImageConfig) -> Vec<ImageCheck> {
    if !is_image(config) {
        return Vec::new();
    }
    let mut checks = Vec::new();
    if config.runs_as_root() {
        checks.push(ImageCheck {
            scored: true,
            ..check("I.4.1", "The image runs as root", "Name another user with USER")
        });
    }
    if !config.healthcheck {
        checks.push(check(
            "I.4.6",
            "The image does not tell how to check its health",
            "Add a HEALTHCHECK instruction",
        ));
    }
    if config.history.iter().enumerate().any(|(at, step)| adds(at == 0, &step.created_by)) {
        checks.push(check(
            "I.4.9",
            "The image is made with ADD, which may fetch and unpack",
            "Use COPY instead of ADD",
        ));
    }
    checks
}

/// Whether a step of the history is an ADD. The first layer of every base image
/// is one of its root, `ADD file:… in / ` or `ADD rootfs.tar.xz / # buildkit`.
fn adds(is_first: bool, command: &str) -> bool {
    let command = command.trim_start();
    let command = command.rsplit_once("#(nop) ").map_or(command, |(_, after)| after).trim();
    let whither = command.trim_end_matches("# buildkit").trim_end();
    command.starts_with("ADD ")
        && !command.contains(" in / ")
        && !(is_first && whither.ends_with(" /"))
}

fn check(number: &str, description: &str, remediation: &str) -> ImageCheck {
    ImageCheck {
        test_number: number.to_owned(),
        category: "image".to_owned(),
        kind: "image".to_owned(),
        profile: "Level 1".to_owned(),
        scored: false,
        automated: true,
        description: description.to_owned(),
        remediation: remediation.to_owned(),
        level: "WARN".to_owned(),
        message: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::LayeredPackage;
    use crate::source::History;

    fn image(packages: &[(Ecosystem, &str)], history: &[&str]) -> Inventory {
        let package = |&(ecosystem, name): &(Ecosystem, &str)| LayeredPackage {
            package: Package::new(ecosystem, name, "1", "f"),
            layer: None,
        };
        let step =
            |command: &&str| History { created_by: (*command).to_owned(), ..History::default() };
        Inventory {
            config: ImageConfig {
                user: "1000".to_owned(),
                healthcheck: true,
                history: history.iter().map(step).collect(),
                ..ImageConfig::default()
            },
            packages: packages.iter().map(package).collect(),
            ..Inventory::default()
        }
    }

    fn failed(inventory: &Inventory) -> Vec<(String, Vec<String>)> {
        checks(inventory).into_iter().map(|check| (check.test_number, check.message)).collect()
    }

    #[test]
    fn package_managers_are_told_by_name_and_kind() {
        let with = image(
            &[(Ecosystem::Dpkg, "apt"), (Ecosystem::Npm, "apt"), (Ecosystem::Python, "pip")],
            &[],
        );
        let told = vec!["apt 1 in f".to_owned(), "pip 1 in f".to_owned()];
        assert_eq!(failed(&with), [("I.4.3".to_owned(), told)]);
        assert_eq!(failed(&image(&[(Ecosystem::Dpkg, "curl")], &[])), []);
        // What is no image is not judged as one.
        let folder = Inventory { config: ImageConfig::default(), ..with };
        assert_eq!(failed(&folder), []);
    }

    #[test]
    fn the_root_of_a_base_image_may_be_added() {
        for (history, expected) in [
            (&["/bin/sh -c #(nop) ADD file:12ab in / "][..], false),
            (&["ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit"], false),
            (&["/bin/sh -c #(nop) ADD file:12ab in /app "], true),
            (&["ADD app.tar.gz /app # buildkit"], true),
            (&["COPY a /", "ADD app.tar.gz / # buildkit"], true),
            (&["RUN ADD x"], false),
        ] {
            let failed = failed(&image(&[], history));
            assert_eq!(failed.iter().any(|(number, _)| number == "I.4.9"), expected, "{history:?}");
        }
    }
}
