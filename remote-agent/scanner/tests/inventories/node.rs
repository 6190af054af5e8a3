//! Packages that npm has installed, and its lock files.

use std::fs;
use std::path::Path;
use std::process::Command;

use palisade_scanner::Ecosystem;
use serde_json::{Value, json};

use crate::independent;
use crate::tool::{Set, assert_same, found, inventory, output};

/// An old program with some hundred packages, some of them several times in
/// several versions, some with test data that look like packages.
fn project(app: &Path) {
    fs::create_dir_all(app).unwrap();
    let manifest = json!({
        "name": "shop",
        "dependencies": {
            "express": "4.16.0", "lodash": "4.17.4", "resolve": "1.22.8", "browserify": "17.0.0",
            "@babel/code-frame": "7.0.0"
        },
        "devDependencies": {"left-pad": "1.3.0"},
    });
    fs::write(app.join("package.json"), manifest.to_string()).unwrap();
}

fn npm(app: &Path, arguments: &[&str]) -> Option<String> {
    let mut npm = Command::new("npm");
    npm.args(arguments).args(["--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(app);
    output(&mut npm)
}

/// Those of `npm ls`, whoever needs them.
fn listed(json: &str) -> Set {
    let root: Value = serde_json::from_str(json).unwrap();
    let mut set = Set::new();
    let mut todo = vec![&root];
    while let Some(one) = todo.pop() {
        for (name, dependency) in one["dependencies"].as_object().into_iter().flatten() {
            if let Some(version) = dependency["version"].as_str() {
                set.insert((name.clone(), version.to_owned()));
            }
            todo.push(dependency);
        }
    }
    set
}

#[tokio::test]
async fn npm_lists_the_same() {
    let root = tempfile::tempdir().unwrap();
    let app = root.path().join("srv/app");
    project(&app);
    if npm(&app, &["install", "--omit=dev"]).is_none() {
        return;
    }
    let Some(json) = npm(&app, &["ls", "--all", "--json", "--omit=dev"]) else { return };
    let listed = listed(&json);
    assert!(listed.len() > 100, "{}", listed.len());
    assert_same(&found(&inventory(root.path()).await, Ecosystem::Npm), &listed);
    if let Some(artifacts) = independent::artifacts(root.path()) {
        // It takes what packages test themselves with for packages, and the
        // project, which has no version, for one.
        let is_package = |one: &&Value| {
            let path = one["locations"][0]["path"].as_str().unwrap();
            path.contains("/node_modules/") && !path.contains("/test/")
        };
        let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
        let artifacts = artifacts.iter().filter(is_package);
        let listed = artifacts.map(|one| (text(one, "name"), text(one, "version"))).collect();
        assert_same(&found(&inventory(root.path()).await, Ecosystem::Npm), &listed);
    }

    // The lock file alone tells the same.
    fs::remove_dir_all(app.join("node_modules")).unwrap();
    assert_same(&found(&inventory(root.path()).await, Ecosystem::Npm), &listed);
}

#[tokio::test]
async fn lock_files_of_all_versions_list_the_same() {
    let root = tempfile::tempdir().unwrap();
    let app = root.path().join("app");
    project(&app);
    let mut lists = Vec::new();
    for version in ["1", "2", "3"] {
        drop(fs::remove_file(app.join("package-lock.json")));
        let arguments = ["install", "--package-lock-only", "--lockfile-version", version];
        if npm(&app, &arguments).is_none() {
            return;
        }
        lists.push(found(&inventory(root.path()).await, Ecosystem::Npm));
    }
    let Some(json) = npm(&app, &["ls", "--all", "--json", "--omit=dev", "--package-lock-only"])
    else {
        return;
    };
    for list in &lists {
        assert_same(list, &listed(&json));
    }
}
