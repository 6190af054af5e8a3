//! The root of a process that runs, as of a container.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use palisade_scanner::{Inventory, Limits, ScanError, Target, TargetOptions};

use crate::fixture::{OS_RELEASE, names, status};

/// A process with a root of its own; ends with the test.
struct Contained(Child);

impl Drop for Contained {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

/// The program `sleep` and what it is linked with, in the folder `root`.
fn put_program(root: &Path) -> Option<()> {
    let program = PathBuf::from("/bin/sleep");
    let listed = Command::new("ldd").arg(&program).output().ok()?;
    let listed = String::from_utf8(listed.stdout).ok()?;
    let libraries = listed.split_whitespace().filter(|word| word.starts_with('/'));
    for file in libraries.map(PathBuf::from).chain([program]) {
        let copy = root.join(file.strip_prefix("/").ok()?);
        fs::create_dir_all(copy.parent()?).ok()?;
        fs::copy(&file, copy).ok()?;
    }
    Some(())
}

/// Starts it in `root`; none where the test may not.
fn contained(root: &Path) -> Option<Contained> {
    put_program(root)?;
    let child = Command::new("chroot")
        .arg(root)
        .args(["/bin/sleep", "600"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .ok()?;
    let mut child = Contained(child);
    let link = format!("/proc/{}/root", child.0.id());
    let until = Instant::now() + Duration::from_mins(1);
    while fs::read_link(&link).is_ok_and(|found| found != root) {
        if child.0.try_wait().unwrap().is_some() || Instant::now() > until {
            return None;
        }
        std::thread::yield_now();
    }
    Some(child)
}

async fn scanned(pid: u32) -> Result<Inventory, ScanError> {
    let target = Target::parse(&format!("pid:{pid}"), TargetOptions::default())?;
    target.inventory(&Limits::default()).await
}

#[tokio::test]
async fn the_root_of_a_process_is_scanned() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::create_dir_all(root.join("var/lib/dpkg")).unwrap();
    fs::write(root.join("etc/os-release"), OS_RELEASE).unwrap();
    let packages = status(&[("libssl3", "3.0.9-1", "openssl")]);
    fs::write(root.join("var/lib/dpkg/status"), packages).unwrap();
    // A link that leads out of the root leads nowhere.
    std::os::unix::fs::symlink("/proc/1/root/srv", root.join("srv")).unwrap();
    let Some(child) = contained(&root) else {
        println!("skipped: no process can be given a root of its own here");
        return;
    };
    let inventory = scanned(child.0.id()).await.unwrap();
    assert_eq!(names(&inventory), ["libssl3"]);
    assert_eq!(inventory.distribution.unwrap().base_os(), "debian:12");
    assert!(inventory.layers.is_empty());
}

#[tokio::test]
async fn a_process_that_is_not_there_is_told() {
    // More than a kernel gives out.
    let error = scanned(0x7fff_fff0).await.unwrap_err();
    assert!(error.to_string().contains("/proc/2147483632/root"), "{error}");
    let error = Target::parse("pid:self", TargetOptions::default()).unwrap_err();
    assert!(matches!(error, ScanError::InvalidTarget(_)), "{error}");
}
