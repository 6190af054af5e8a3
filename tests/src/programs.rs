//! Where the programs under test are.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// `palisade-primary`.
pub fn primary() -> Result<PathBuf> {
    find("palisade-primary", "PALISADE_PRIMARY")
}

/// `palisade-agent`.
pub fn agent() -> Result<PathBuf> {
    find("palisade-agent", "PALISADE_AGENT")
}

/// The folder of this build, for example `target/debug`.
pub fn build_dir() -> Result<PathBuf> {
    let mut dir = std::env::current_exe()?;
    dir.pop();
    if dir.ends_with("deps") {
        dir.pop();
    }
    Ok(dir)
}

fn find(name: &str, variable: &str) -> Result<PathBuf> {
    let program = match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => build_dir()?.join(name),
    };
    ensure!(
        program.is_file(),
        "{} does not exist: run `make test`, or build it with `cargo build -p {name}`",
        program.display()
    );
    Ok(program)
}

/// A program of the system, looked for in PATH and in `more`.
pub fn system(name: &str, more: &[PathBuf]) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(more.iter().cloned())
        .map(|dir| dir.join(name))
        .find(|program| program.is_file())
        .with_context(|| format!("{name} is not installed: run scripts/setup.sh"))
}
