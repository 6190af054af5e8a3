//! A root folder on this machine.

use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::blocking;
use crate::error::ScanError;
use crate::inspect::{Entry, Problem};
use crate::layer::{Collector, LayerContent, normalise};
use crate::limits::Limits;

/// Folders deep that are visited: paths have an end anyway.
const DEPTH: usize = 128;

/// The folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The root folder at `root`.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The files of interest, in the form of one layer. No link is followed
    /// on this machine, and no other file system is entered.
    pub(crate) async fn content(&self, limits: &Limits) -> Result<LayerContent, ScanError> {
        let (root, limits) = (self.root.clone(), limits.clone());
        blocking(move || {
            let shown = || ScanError::file(root.display().to_string());
            let device = fs::metadata(&root).map_err(shown())?.dev();
            let mut walk = Walk {
                root: &root,
                device,
                limits: &limits,
                collector: Collector::new(&limits),
                entries: 0,
                bytes: 0,
            };
            let listed = fs::read_dir(&root).map_err(shown())?;
            walk.folder(listed, "", 0)?;
            Ok(walk.collector.finish(walk.entries, walk.bytes))
        })
        .await
    }
}

struct Walk<'a> {
    root: &'a Path,
    device: u64,
    limits: &'a Limits,
    collector: Collector<'a>,
    entries: u64,
    bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, listed: fs::ReadDir, path: &str, depth: usize) -> Result<(), ScanError> {
        let mut names: Vec<_> = listed
            .filter_map(|entry| entry.map(|entry| entry.file_name()).ok())
            .take(self.limits.entries as usize)
            .collect();
        names.sort_unstable();
        for name in names {
            let child = [path.as_bytes(), b"/", name.as_bytes()].concat();
            let Ok(child) = normalise(&child) else { continue };
            self.entries += 1;
            if self.entries > self.limits.entries {
                let most = self.limits.entries;
                return Err(ScanError::Malformed(format!("it has more than {most} files")));
            }
            // What goes away or is forbidden while a live root is read is
            // told and left out.
            let place = self.root.join(path).join(&name);
            let visited = match fs::symlink_metadata(&place) {
                Ok(kind) => self.visit(&place, &child, &kind, depth)?,
                Err(error) => Err(error),
            };
            if let Err(error) = visited {
                self.collector.problem(&child, Problem::new(error.to_string()));
            }
        }
        Ok(())
    }

    fn visit(
        &mut self,
        place: &Path,
        path: &str,
        kind: &Metadata,
        depth: usize,
    ) -> Result<std::io::Result<()>, ScanError> {
        if kind.is_dir() {
            if kind.dev() != self.device {
                return Ok(Ok(()));
            }
            if depth >= DEPTH {
                return Ok(Err(std::io::Error::other("lies too deep")));
            }
            self.collector.folder(path);
            return match fs::read_dir(place) {
                Ok(listed) => self.folder(listed, path, depth + 1).map(Ok),
                Err(error) => Ok(Err(error)),
            };
        }
        if kind.is_symlink() {
            return Ok(fs::read_link(place)
                .map(|target| self.collector.link(path, target.as_os_str().as_bytes())));
        }
        if !kind.is_file() {
            return Ok(Ok(()));
        }
        self.bytes += kind.len();
        let mode = kind.permissions().mode() & 0o7777;
        let entry = Entry { path, size: kind.len(), mode };
        Ok(File::open(place).and_then(|mut content| self.collector.file(&entry, &mut content)))
    }
}
