//! A root folder on this machine: of an unpacked image, of a node, or of a
//! container that runs.
//!
//! Each folder is opened from the one above it and no link is followed, so a
//! container that changes its files meanwhile cannot lead the walk out of its
//! root.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};

use super::blocking::{Wanted, blocking};
use crate::error::ScanError;
use crate::inspect::{Entry, Problem};
use crate::layer::{self, Collector, LayerContent};
use crate::scope::Scope;

/// Folders deep that are visited: paths have an end anyway.
const DEPTH: usize = 128;

/// Folders of a node that hold the files of its containers and images, which
/// are scanned for themselves.
const CONTAINERS: &[&str] = &[
    "proc",
    "sys",
    "dev",
    "run/containerd",
    "run/containers",
    "run/docker",
    "run/k3s/containerd",
    "var/lib/containerd",
    "var/lib/containers/storage",
    "var/lib/crio",
    "var/lib/docker",
    "var/lib/k0s/containerd",
    "var/lib/kubelet/pods",
    "var/lib/rancher/k3s/agent/containerd",
    "var/lib/rancher/rke2/agent/containerd",
    "var/snap/microk8s/common/var/lib/containerd",
];

/// Kinds of file systems on disks of this machine, by their magic numbers.
/// Others are made up by the kernel, belong to containers, or lie behind a
/// network that may not answer.
const ON_DISK: &[u64] = &[
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683E, // Btrfs
    0xF2F5_2010, // F2FS
    0x2FC1_2FC1, // ZFS
    0xCA45_1A4E, // bcachefs
    0xE0F5_E1E2, // EROFS
    0x7371_7368, // SquashFS
];

/// The folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    one_file_system: bool,
}

impl Folder {
    /// The root folder at `root`, with the other file systems on disks that
    /// are mounted in it.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), one_file_system: false }
    }

    /// The root of the process `pid`, without the volumes that are mounted
    /// in it.
    pub fn of_process(pid: u32) -> Self {
        Self { root: format!("/proc/{pid}/root").into(), one_file_system: true }
    }

    /// The same, with or without the file systems that are mounted in it.
    #[must_use]
    pub fn one_file_system(mut self, one: bool) -> Self {
        self.one_file_system = one;
        self
    }

    /// The files of interest, in the form of one layer.
    pub(crate) async fn content(&self, scope: &Scope) -> Result<LayerContent, ScanError> {
        let (folder, scope) = (self.clone(), scope.clone());
        blocking(move |wanted| folder.read(&scope, wanted)).await
    }

    fn read(&self, scope: &Scope, wanted: &Wanted) -> Result<LayerContent, ScanError> {
        let shown = || ScanError::file(self.root.display().to_string());
        // The root itself may be a link, as that of a process is.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::openat(CWD, &self.root, flags, Mode::empty())
            .map_err(|error| shown()(error.into()))?;
        let device = rustix::fs::fstat(&root).map_err(|error| shown()(error.into()))?.st_dev;
        let mut walk = Walk {
            one_file_system: self.one_file_system,
            limits: &scope.limits,
            wanted,
            collector: Collector::new(scope),
            entries: 0,
            bytes: 0,
        };
        let names = walk.names(&root).map_err(shown())?;
        walk.folder(root.as_fd(), names, "", device, 0)?;
        Ok(walk.collector.finish(walk.entries, walk.bytes))
    }
}

struct Walk<'a> {
    one_file_system: bool,
    limits: &'a crate::Limits,
    wanted: &'a Wanted,
    collector: Collector<'a>,
    entries: u64,
    bytes: u64,
}

impl Walk<'_> {
    /// The names in a folder, in order. No more than may be visited.
    fn names(&self, folder: &OwnedFd) -> io::Result<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            names.push(name.to_vec());
            if names.len() as u64 > self.limits.entries {
                break;
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn folder(
        &mut self,
        folder: BorrowedFd<'_>,
        names: Vec<Vec<u8>>,
        path: &str,
        device: u64,
        depth: usize,
    ) -> Result<(), ScanError> {
        for name in names {
            self.wanted.check().map_err(|_| ScanError::Cancelled)?;
            self.entries += 1;
            if self.entries > self.limits.entries {
                let most = self.limits.entries;
                return Err(ScanError::Malformed(format!("it has more than {most} files")));
            }
            let Ok(child) = layer::child(path, &name) else { continue };
            if CONTAINERS.contains(&child.as_str()) {
                continue;
            }
            // What goes away or is forbidden while a live root is read is
            // told and left out.
            let visited = match rustix::fs::statat(folder, &*name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => {
                    let place = Found { folder, name: &name, stat: &stat };
                    self.visit(&place, &child, device, depth)?
                }
                Err(error) => Err(error.into()),
            };
            if let Err(error) = visited {
                self.collector.problem(&child, Problem::new(error.to_string()));
            }
        }
        Ok(())
    }

    /// Visits one entry. The outer error ends the walk.
    fn visit(
        &mut self,
        found: &Found<'_>,
        path: &str,
        device: u64,
        depth: usize,
    ) -> Result<io::Result<()>, ScanError> {
        match FileType::from_raw_mode(found.stat.st_mode) {
            FileType::Directory => self.enter(found, path, device, depth),
            FileType::Symlink => Ok(rustix::fs::readlinkat(found.folder, found.name, Vec::new())
                .map(|target| self.collector.link(path, target.as_bytes()))
                .map_err(io::Error::from)),
            FileType::RegularFile => {
                let size = u64::try_from(found.stat.st_size).unwrap_or_default();
                self.bytes = self.bytes.saturating_add(size);
                let entry = Entry { path, size, mode: found.stat.st_mode & 0o7777 };
                let mut content = self.wanted.reader(Unopened { found, file: None });
                Ok(self.collector.file(&entry, &mut content))
            }
            // Devices, pipes and sockets hold nothing.
            _ => Ok(Ok(())),
        }
    }

    fn enter(
        &mut self,
        found: &Found<'_>,
        path: &str,
        device: u64,
        depth: usize,
    ) -> Result<io::Result<()>, ScanError> {
        if depth >= DEPTH {
            return Ok(Err(io::Error::other("lies too deep")));
        }
        let elsewhere = found.stat.st_dev != device;
        if elsewhere && self.one_file_system {
            return Ok(Ok(()));
        }
        let opened = found.open(OFlags::DIRECTORY).and_then(|folder| {
            let kind = rustix::fs::fstatfs(&folder)?.f_type as u64;
            if elsewhere && !ON_DISK.contains(&kind) {
                return Ok(None);
            }
            let names = self.names(&folder)?;
            Ok(Some((folder, names)))
        });
        match opened {
            Ok(Some((folder, names))) => {
                self.collector.folder(path, found.stat.st_mode & 0o7777);
                self.folder(folder.as_fd(), names, path, found.stat.st_dev, depth + 1).map(Ok)
            }
            Ok(None) => Ok(Ok(())),
            Err(error) => Ok(Err(error)),
        }
    }
}

/// An entry of a folder.
struct Found<'a> {
    folder: BorrowedFd<'a>,
    name: &'a [u8],
    stat: &'a Stat,
}

impl Found<'_> {
    /// Opens it, if it is still what it was.
    fn open(&self, kind: OFlags) -> io::Result<OwnedFd> {
        let flags = kind | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(self.folder, self.name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&opened)?;
        if (stat.st_dev, stat.st_ino) == (self.stat.st_dev, self.stat.st_ino) {
            Ok(opened)
        } else {
            Err(io::Error::other("changes while it is read"))
        }
    }
}

/// A file that is opened when somebody reads it: most are of no interest.
struct Unopened<'a> {
    found: &'a Found<'a>,
    file: Option<File>,
}

impl Read for Unopened<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::from(self.found.open(OFlags::empty())?)),
        };
        file.read(buffer)
    }
}
