//! Debian's packages, Java archives and programs of Go, as an independent
//! scanner lists them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use palisade_scanner::Ecosystem;
use serde_json::Value;

use crate::independent;
use crate::tool::{Set, assert_same, found, inventory};

const OS_RELEASE: &str = "ID=debian\nVERSION_ID=12\n";

#[tokio::test]
async fn packages_of_debian() {
    let own = Path::new("/var/lib/dpkg/status");
    if !own.exists() {
        println!("skipped: this machine has no dpkg");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("var/lib/dpkg")).unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    fs::copy(own, root.path().join("var/lib/dpkg/status")).unwrap();
    fs::write(root.path().join("etc/os-release"), OS_RELEASE).unwrap();
    let found = found(&inventory(root.path()).await, Ecosystem::Dpkg);
    if let Some(listed) = independent::listed(root.path(), "deb") {
        assert_same(&found, &listed);
    }
}

#[tokio::test]
async fn modules_of_go() {
    let Some(program) = independent::go_program() else {
        println!("skipped: there is no program that Go has built");
        return;
    };
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("usr/bin")).unwrap();
    fs::copy(program, root.path().join("usr/bin/program")).unwrap();
    let found = found(&inventory(root.path()).await, Ecosystem::Go);
    let Some(listed) = independent::listed(root.path(), "go-module") else { return };
    // The library of Go has the version of Go, with or without its name; the
    // program itself may have none.
    let spelled = |set: &Set| -> Set {
        set.iter()
            .filter(|(name, _)| name != "github.com/anchore/syft")
            .map(|(name, version)| (name.clone(), version.trim_start_matches("go").to_owned()))
            .collect()
    };
    assert_same(&spelled(&found), &spelled(&listed));
}

/// Name and version where the archive itself tells its group.
fn maven(artifact: &Value) -> Option<(String, String)> {
    let purl = artifact["purl"].as_str()?.strip_prefix("pkg:maven/")?;
    let (name, version) = purl.split('?').next()?.split_once('@')?;
    Some((name.replacen('/', ":", 1), version.to_owned()))
}

#[tokio::test]
async fn java_archives() {
    let jars = Path::new("/usr/share/java");
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("srv/lib");
    fs::create_dir_all(&folder).unwrap();
    for file in fs::read_dir(jars).into_iter().flatten() {
        let file = file.unwrap();
        let is_one = file.path().extension().is_some_and(|extension| extension == "jar");
        if is_one && file.file_type().unwrap().is_file() {
            fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
    }
    let inventory = inventory(root.path()).await;
    let found = found(&inventory, Ecosystem::Maven);
    if found.is_empty() {
        println!("skipped: no Java archives in {}", jars.display());
        return;
    }
    let Some(artifacts) = independent::artifacts(root.path()) else { return };
    // Where there are no properties the group is a guess of either side.
    let sure = artifacts.iter().filter(|one| one["metadata"]["pomProperties"].is_object());
    let sure: Set = sure.filter_map(maven).collect();
    let missing: Vec<_> = sure.difference(&found).collect();
    assert!(missing.is_empty(), "missing {missing:?} of {}", sure.len());
    // Each archive of which it knows a version is one of ours.
    let ours: BTreeSet<&str> =
        inventory.packages.iter().map(|layered| layered.package.file.as_str()).collect();
    for artifact in artifacts.iter().filter(|artifact| {
        artifact["type"] == "java-archive"
            && !matches!(artifact["version"].as_str(), None | Some("" | "UNKNOWN"))
    }) {
        let path = artifact["locations"][0]["path"].as_str().unwrap().trim_start_matches('/');
        assert!(ours.contains(path), "nothing of {path}, which is {}", artifact["purl"]);
    }
}
