//! Tools of ecosystems, and what a scan finds in the folders they fill.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use palisade_scanner::{Ecosystem, Inventory, Limits, Target, TargetOptions};

/// Names with versions.
pub(crate) type Set = BTreeSet<(String, String)>;

/// What the command writes; none, with a word why, where the tool is not on
/// this machine or has no way to its registry.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let Ok(output) = command.output() else {
        println!("skipped: {name} is not installed");
        return None;
    };
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        println!("skipped: {name} failed: {}", reason.chars().take(500).collect::<String>());
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a scan of the folder finds, all of it understood.
pub(crate) async fn inventory(root: &Path) -> Inventory {
    let target = Target::parse(root.to_str().unwrap(), TargetOptions::default()).unwrap();
    let inventory = target.inventory(&Limits::default()).await.unwrap();
    assert_eq!(inventory.problems, []);
    inventory
}

/// The packages of one ecosystem.
pub(crate) fn found(inventory: &Inventory, ecosystem: Ecosystem) -> Set {
    let packages = inventory.packages.iter().map(|layered| &layered.package);
    packages
        .filter(|package| package.ecosystem == ecosystem)
        .map(|package| (package.name.clone(), package.shown_version().to_owned()))
        .collect()
}

/// Fails with what only one side has.
pub(crate) fn assert_same(found: &Set, listed: &Set) {
    let missing: Vec<_> = listed.difference(found).collect();
    let extra: Vec<_> = found.difference(listed).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "of {} listed, missing {missing:?}, extra {extra:?}",
        listed.len()
    );
    assert!(!listed.is_empty(), "nothing to compare");
}
