//! The primary's own Postgres: unprivileged, over a Unix socket only, and
//! recovered after a crash of either.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use palisade_tests::{Primary, fleet, wait};

/// The first line of the server's pid file, wherever below the data folder.
fn postmaster(data_dir: &Path) -> Result<Option<u32>> {
    let mut folders = vec![data_dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let pid_file = folder.join("postmaster.pid");
        if let Ok(text) = std::fs::read_to_string(pid_file) {
            return Ok(Some(text.lines().next().context("an empty pid file")?.parse()?));
        }
        let below = std::fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
        let is_folder = |path: &PathBuf| path.is_dir() && !path.is_symlink();
        folders.extend(below.into_iter().map(|entry| entry.path()).filter(is_folder));
    }
    Ok(None)
}

fn running(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

async fn primary() -> Result<(Primary, u32)> {
    let primary = Primary::builder().embedded().start().await?;
    fleet::promote(&primary).await?;
    let pid = postmaster(primary.data_dir())?.context("no Postgres below the data folder")?;
    Ok((primary, pid))
}

async fn is_still_promoted(primary: &Primary) -> Result<()> {
    let member = primary.admin().await?.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["fed_role"], "master");
    Ok(())
}

#[tokio::test]
async fn it_is_unprivileged_and_listens_on_no_port() -> Result<()> {
    let (_primary, pid) = primary().await?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let uid: u32 = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .and_then(|uids| uids.split_whitespace().next())
        .context("no Uid")?
        .parse()?;
    ensure!(uid != 0, "Postgres runs as root");
    if !Uid::effective().is_root() {
        assert_eq!(uid, Uid::effective().as_raw());
    }
    let tcp = std::fs::read_to_string("/proc/net/tcp")?;
    for inode in sockets(pid)? {
        ensure!(!tcp.contains(&format!(" {inode} ")), "Postgres has a TCP socket");
    }
    Ok(())
}

/// The inodes of a process's sockets.
fn sockets(pid: u32) -> Result<Vec<String>> {
    let mut inodes = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd"))? {
        let target = std::fs::read_link(entry?.path())?;
        let target = target.to_string_lossy();
        if let Some(inode) = target.strip_prefix("socket:[") {
            inodes.push(inode.trim_end_matches(']').to_owned());
        }
    }
    ensure!(!inodes.is_empty(), "Postgres has no socket at all");
    Ok(inodes)
}

#[tokio::test]
async fn it_stops_and_starts_with_the_primary() -> Result<()> {
    let (mut primary, pid) = primary().await?;
    primary.stop().await?;
    ensure!(!running(pid), "Postgres outlives the primary");
    primary.restart().await?;
    is_still_promoted(&primary).await
}

#[tokio::test]
async fn a_killed_primary_takes_it_along_and_recovers() -> Result<()> {
    let (mut primary, pid) = primary().await?;
    primary.kill().await?;
    wait::until("Postgres is gone", || async { Ok(wait::when(!running(pid))) }).await?;
    primary.restart().await?;
    is_still_promoted(&primary).await
}

#[tokio::test]
async fn a_killed_postgres_is_started_again() -> Result<()> {
    let (primary, pid) = primary().await?;
    kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGKILL)?;
    wait::until("the primary works again", || async {
        is_still_promoted(&primary).await.map(Some)
    })
    .await?;
    let next = postmaster(primary.data_dir())?.context("no Postgres")?;
    ensure!(next != pid, "the pid file is stale");
    Ok(())
}
