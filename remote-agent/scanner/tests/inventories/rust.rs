//! `Cargo.lock` against what cargo resolves from it.

use std::fs;
use std::path::Path;
use std::process::Command;

use palisade_scanner::Ecosystem;
use serde_json::Value;

use crate::tool::{assert_same, found, inventory, output};

#[tokio::test]
async fn cargo_resolves_the_same() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("src")).unwrap();
    fs::copy(workspace.join("Cargo.lock"), root.path().join("src/Cargo.lock")).unwrap();
    let found = found(&inventory(root.path()).await, Ecosystem::Cargo);

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--quiet", "--all-features"]);
    if let Some(json) = output(cargo.current_dir(workspace)) {
        let metadata: Value = serde_json::from_str(&json).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
        let foreign = packages.iter().filter(|package| !package["source"].is_null());
        let resolved = foreign.map(|one| (text(one, "name"), text(one, "version"))).collect();
        assert_same(&found, &resolved);
    }
}
