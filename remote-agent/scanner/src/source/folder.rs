//! A root folder on this machine.

use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::blocking;
use crate::error::{LayerLimit, ScanError};
use crate::layer::{FileContent, LayerContent, Node, normalise};
use crate::limits::Limits;
use crate::os;

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

    /// The files of interest, in the form of one layer. Only the paths that
    /// lead to them are visited, and no link is followed on this machine.
    pub(crate) async fn content(&self, limits: &Limits) -> Result<LayerContent, ScanError> {
        let (root, limits) = (self.root.clone(), limits.clone());
        blocking(move || {
            let mut content = LayerContent::default();
            visit(&root, "", &limits, &mut content)?;
            follow_links(&root, &limits, &mut content)?;
            Ok(content)
        })
        .await
    }
}

fn visit(
    root: &Path,
    path: &str,
    limits: &Limits,
    content: &mut LayerContent,
) -> Result<(), ScanError> {
    let here = root.join(path);
    let error = || ScanError::file(here.display().to_string());
    for entry in fs::read_dir(&here).map_err(error())? {
        let entry = entry.map_err(error())?;
        let name = entry.file_name();
        let child = [path.as_bytes(), b"/", name.as_bytes()].concat();
        let Ok(child) = normalise(&child) else { continue };
        if os::is_relevant(&child) {
            add(root, &child, limits, content)?;
        }
    }
    Ok(())
}

fn add(
    root: &Path,
    path: &str,
    limits: &Limits,
    content: &mut LayerContent,
) -> Result<(), ScanError> {
    content.entries += 1;
    if content.entries > limits.entries {
        return Err(ScanError::Malformed(format!("it has more than {} files", limits.entries)));
    }
    let place = root.join(path);
    let error = || ScanError::file(place.display().to_string());
    let kind = fs::symlink_metadata(&place).map_err(error())?;
    let node = if kind.is_dir() {
        visit(root, path, limits, content)?;
        Node::Folder
    } else if kind.is_symlink() {
        let target = fs::read_link(&place).map_err(error())?;
        Node::Link(String::from_utf8_lossy(target.as_os_str().as_bytes()).into_owned())
    } else if let Some(file) = os::file_kind(path).filter(|_| kind.is_file()) {
        let mut bytes = Vec::new();
        fs::File::open(&place)
            .and_then(|opened| opened.take(limits.file_bytes + 1).read_to_end(&mut bytes))
            .map_err(error())?;
        if bytes.len() as u64 > limits.file_bytes {
            return Err(ScanError::PackageDatabase {
                path: path.to_owned(),
                reason: LayerLimit::FileSize(limits.file_bytes).to_string(),
            });
        }
        content.unpacked += bytes.len() as u64;
        Node::File(os::parse(path, file, &bytes)?)
    } else {
        Node::File(FileContent::Other)
    };
    content.nodes.insert(path.to_owned(), node);
    Ok(())
}

/// Visits what links lead to, inside the root, a few steps deep.
fn follow_links(root: &Path, limits: &Limits, content: &mut LayerContent) -> Result<(), ScanError> {
    for _ in 0..4 {
        let missing: Vec<String> = content
            .nodes
            .iter()
            .filter_map(|(path, node)| match node {
                Node::Link(target) => Some(crate::layer::link_target(path, target)),
                _ => None,
            })
            .filter(|target| !target.is_empty() && !content.nodes.contains_key(target))
            .filter(|target| is_inside(root, target))
            .collect();
        if missing.is_empty() {
            break;
        }
        for target in missing {
            add(root, &target, limits, content)?;
        }
    }
    Ok(())
}

/// Whether `path` exists below `root` and no link lies on the way to it.
fn is_inside(root: &Path, path: &str) -> bool {
    let mut place = root.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        match fs::symlink_metadata(&place) {
            Ok(kind) if kind.is_symlink() && parts.peek().is_some() => return false,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    true
}
