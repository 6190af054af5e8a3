//! Inventories of Debian's systems against what dpkg itself says of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use palisade_scanner::{Inventory, Limits, Target, TargetOptions};

use crate::fixture::OS_RELEASE;

/// Name, installed version, processor, source and its version of every
/// package whose files are there, as dpkg tells. None where there is no dpkg.
fn listed(database: &Path) -> Option<Vec<String>> {
    let form = "${db:Status-Status} ${Package} ${Version} ${Architecture} \
        ${source:Package} ${source:Version}\n";
    let output = Command::new("dpkg-query")
        .arg("--admindir")
        .arg(database)
        .args(["-W", "-f", form])
        .output()
        .ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let is_there = |line: &&str| {
        !["not-installed", "config-files", "half-installed"]
            .iter()
            .any(|state| line.starts_with(state))
    };
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<_> = lines
        .lines()
        .filter(is_there)
        .map(|line| line.split_once(' ').unwrap().1.to_owned())
        .collect();
    lines.sort();
    Some(lines)
}

/// The same as a scan tells.
fn found(inventory: &Inventory) -> Vec<String> {
    let mut lines: Vec<_> = inventory
        .packages
        .iter()
        .map(|layered| &layered.package)
        .filter(|package| package.ecosystem.is_os())
        .map(|package| {
            format!(
                "{} {} {} {} {}",
                package.name,
                package.shown_version(),
                package.arch,
                package.source,
                package.version
            )
        })
        .collect();
    lines.sort();
    lines
}

async fn inventory(root: &Path) -> Inventory {
    let target = Target::parse(root.to_str().unwrap(), TargetOptions::default()).unwrap();
    target.inventory(&Limits::default()).await.unwrap()
}

#[tokio::test]
async fn the_packages_of_this_machine() {
    let own = Path::new("/var/lib/dpkg/status");
    if !own.exists() {
        println!("skipped: this machine has no dpkg");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let database = root.path().join("var/lib/dpkg");
    fs::create_dir_all(&database).unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    // Somebody may install something meanwhile: both read one copy.
    fs::copy(own, database.join("status")).unwrap();
    fs::write(root.path().join("etc/os-release"), OS_RELEASE).unwrap();
    let Some(listed) = listed(&database) else {
        println!("skipped: dpkg-query not installed");
        return;
    };
    assert!(listed.len() > 50, "{}", listed.len());
    assert_eq!(found(&inventory(root.path()).await), listed);
}

/// A small Debian 12, made once for all runs; none where it cannot be made.
fn bookworm() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("debian-12");
    if root.exists() {
        return Some(root);
    }
    // Under another name until it is complete.
    let making = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let made = Command::new("mmdebstrap")
        .args(["--quiet", "--variant=essential", "--include=python3-minimal", "bookworm"])
        .arg(making.path().join("root"))
        .stdin(Stdio::null())
        .output();
    match made {
        Ok(output) if output.status.success() => {
            fs::rename(making.path().join("root"), &root).unwrap();
            Some(root)
        }
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            println!("skipped: no Debian could be made: {errors}");
            None
        }
        Err(_) => {
            println!("skipped: mmdebstrap not installed (scripts/setup.sh installs it)");
            None
        }
    }
}

#[tokio::test]
async fn a_debian_root() {
    let Some(root) = bookworm() else { return };
    let Some(listed) = listed(&root.join("var/lib/dpkg")) else {
        println!("skipped: dpkg-query not installed");
        return;
    };
    let inventory = inventory(&root).await;
    assert_eq!(found(&inventory), listed);
    // Rebuilt packages show their own version and are held against the
    // source's.
    assert!(listed.iter().any(|line| line.contains("+b")), "{listed:?}");
    assert_eq!(inventory.problems, []);
    assert_eq!(inventory.distribution.unwrap().base_os(), "debian:12");
}
