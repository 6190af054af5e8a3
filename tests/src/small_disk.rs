//! A disk that is soon full.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use tempfile::TempDir;

/// Bytes that are written at a time to fill it.
const CHUNK: [u8; 4_096] = [0; 4_096];

/// A file system in memory, gone when it is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    mounted: TempDir,
}

impl SmallDisk {
    /// Mounts one of so many bytes; none, with a word about it, where that is not
    /// allowed.
    pub fn mount(bytes: u64) -> Result<Option<Self>> {
        let mounted = tempfile::Builder::new().prefix("palisade-disk-").tempdir()?;
        let options = format!("size={bytes},mode=0755");
        let done = mount(
            Some("palisade"),
            mounted.path(),
            Some("tmpfs"),
            MsFlags::empty(),
            Some(&*options),
        );
        match done {
            Ok(()) => {
                std::fs::set_permissions(mounted.path(), Permissions::from_mode(0o755))?;
                Ok(Some(Self { mounted }))
            }
            Err(error @ (Errno::EPERM | Errno::EACCES)) => {
                println!("skipped: nothing can be mounted here: {error}");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A folder on it.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.mounted.path().join(name)
    }

    /// Fills it to the last byte.
    pub fn fill(&self) -> Result<()> {
        let mut ballast = File::create(self.ballast())?;
        while ballast.write(&CHUNK).is_ok_and(|written| written > 0) {}
        Ok(())
    }

    /// Makes room again.
    pub fn free(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    fn path(&self) -> &Path {
        self.mounted.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Err(error) = umount2(self.mounted.path(), MntFlags::MNT_DETACH) {
            println!("cannot unmount {}: {error}", self.mounted.path().display());
        }
    }
}
