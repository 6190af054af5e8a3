//! Packages that pip has installed.

use std::process::Command;

use palisade_scanner::Ecosystem;
use serde_json::Value;

use crate::independent;
use crate::tool::{Set, assert_same, found, inventory, output};

const PACKAGES: [&str; 6] =
    ["Django==2.2.0", "Jinja2==2.10", "zope.interface", "Flask-Login==0.6.3", "ruamel.yaml", "six"];

#[tokio::test]
async fn pip_lists_the_same() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("usr/lib/python3/site-packages");
    let install = ["-m", "pip", "install", "--quiet", "--no-input", "--no-warn-conflicts"];
    let mut pip = Command::new("python3");
    pip.args(install).args(["--disable-pip-version-check", "--target"]).arg(&folder).args(PACKAGES);
    if output(&mut pip).is_none() {
        return;
    }
    let found = found(&inventory(root.path()).await, Ecosystem::Python);
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "list", "--format", "json", "--path"]).arg(&folder);
    let Some(listed) = output(&mut pip) else { return };
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    let listed = listed.iter().map(|one| (text(one, "name"), text(one, "version"))).collect();
    assert_same(&found, &listed);
    if let Some(listed) = independent::listed(root.path(), "python") {
        let normal = |set: &Set| -> Set {
            let name = |name: &str| name.to_lowercase().replace(['_', '.'], "-");
            set.iter().map(|(known, version)| (name(known), version.clone())).collect()
        };
        assert_same(&normal(&found), &normal(&listed));
    }
}
