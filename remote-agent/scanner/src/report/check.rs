//! Findings about how an image is made.

use palisade_api::rest::scan::ImageCheck;

use super::set_id;
use crate::scan::Inventory;
use crate::source::ImageConfig;

/// The check that finds files that run as their owner or group.
pub(super) const SET_ID: &str = "I.4.8";

/// The check that finds secrets.
pub(super) const SECRET: &str = "I.4.10";

/// The checks that an image does not pass.
pub(super) fn checks(inventory: &Inventory) -> Vec<ImageCheck> {
    let mut checks = configuration(&inventory.config);
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

fn configuration(config: &ImageConfig) -> Vec<ImageCheck> {
    // A folder has no configuration to speak of.
    if *config == ImageConfig::default() {
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
    let adds = |command: &str| {
        let command = command.trim_start();
        let command = command.rsplit_once("#(nop) ").map_or(command, |(_, after)| after);
        // The first layer of every base image is an ADD of its root.
        command.trim_start().starts_with("ADD ") && !command.contains(" in / ")
    };
    if config.history.iter().any(|step| adds(&step.created_by)) {
        checks.push(check(
            "I.4.9",
            "The image is made with ADD, which may fetch and unpack",
            "Use COPY instead of ADD",
        ));
    }
    checks
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
