//! Which crate may depend on which.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Our crates and those of ours that each may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("palisade-api", &[]),
    ("palisade-policy", &["palisade-api"]),
    ("palisade-process", &[]),
    ("palisade-sync", &["palisade-api"]),
    ("palisade-transport", &["palisade-api"]),
    ("palisade-identity", &["palisade-api", "palisade-policy"]),
    ("palisade-controller", UNDER_API),
    ("palisade-enforcer", UNDER_API),
    ("palisade-scanner", UNDER_API),
    (
        "palisade-primary",
        &[
            "palisade-api",
            "palisade-identity",
            "palisade-policy",
            "palisade-process",
            "palisade-scanner",
            "palisade-sync",
            "palisade-transport",
        ],
    ),
    (
        "palisade-agent",
        &[
            "palisade-api",
            "palisade-controller",
            "palisade-enforcer",
            "palisade-identity",
            "palisade-policy",
            "palisade-process",
            "palisade-scanner",
            "palisade-sync",
            "palisade-transport",
        ],
    ),
];

const UNDER_API: &[&str] = &[
    "palisade-api",
    "palisade-identity",
    "palisade-policy",
    "palisade-sync",
    "palisade-transport",
];

#[test]
fn crates_depend_in_one_direction() -> Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(palisade_tests::vulndb::repository()?)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for package in metadata["packages"].as_array().context("no packages")? {
        let name = package["name"].as_str().context("a package without a name")?;
        if name == "palisade-tests" {
            continue;
        }
        let allowed = allowed.get(name).with_context(|| format!("{name} has no row here"))?;
        for dependency in package["dependencies"].as_array().context("no dependencies")? {
            let dependency = dependency["name"].as_str().context("a nameless dependency")?;
            ensure!(
                !dependency.starts_with("palisade-") || allowed.contains(&dependency),
                "{name} must not depend on {dependency}"
            );
        }
    }
    Ok(())
}
