//! Layers of container images, made from files in memory.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use palisade_api::Digest;
use tar::{EntryType, Header};

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip.
    #[default]
    Gzip,
    /// zstd.
    Zstd,
}

/// A layer as a registry stores it.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Media type of OCI.
    pub media_type: &'static str,
    /// Digest of the uncompressed archive.
    pub diff_id: String,
    /// The compressed archive.
    pub bytes: Bytes,
}

impl Layer {
    /// Compresses `archive`, a tar file.
    pub fn new(archive: &[u8], compression: Compression) -> Result<Self> {
        let (media_type, bytes) = match compression {
            Compression::None => ("application/vnd.oci.image.layer.v1.tar", archive.to_vec()),
            Compression::Gzip => ("application/vnd.oci.image.layer.v1.tar+gzip", gzip(archive)?),
            Compression::Zstd => {
                ("application/vnd.oci.image.layer.v1.tar+zstd", zstd::encode_all(archive, 3)?)
            }
        };
        Ok(Self { media_type, diff_id: Digest::of(archive).to_oci(), bytes: bytes.into() })
    }
}

/// Compresses with gzip.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Builds the archive of one layer, entry by entry.
#[derive(Debug, Default)]
pub struct LayerBuilder {
    archive: Vec<u8>,
}

impl LayerBuilder {
    /// An empty layer.
    pub fn new() -> Self {
        Self::default()
    }

    /// A regular file.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Result<Self> {
        self.entry(EntryType::Regular, path, "", content.as_ref())
    }

    /// A folder.
    pub fn folder(self, path: &str) -> Result<Self> {
        self.entry(EntryType::Directory, path, "", &[])
    }

    /// A symbolic link at `path`.
    pub fn symbolic_link(self, path: &str, target: &str) -> Result<Self> {
        self.entry(EntryType::Symlink, path, target, &[])
    }

    /// A second name at `path` for the file `target`.
    pub fn hard_link(self, path: &str, target: &str) -> Result<Self> {
        self.entry(EntryType::Link, path, target, &[])
    }

    /// Deletes `path` of the layers below.
    pub fn whiteout(self, path: &str) -> Result<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let separator = if folder.is_empty() { "" } else { "/" };
        self.file(&format!("{folder}{separator}.wh.{name}"), [])
    }

    /// Deletes all that the layers below have in the folder `path`.
    pub fn opaque(self, path: &str) -> Result<Self> {
        self.file(&format!("{path}/.wh..wh..opq"), [])
    }

    /// Any entry. Names are written as given: absolute, with `..`, or worse.
    pub fn entry(
        self,
        entry_type: EntryType,
        path: &str,
        target: &str,
        content: &[u8],
    ) -> Result<Self> {
        self.entry_of_size(entry_type, path, target, content, content.len() as u64)
    }

    /// An entry whose header claims `size` whatever the content has.
    pub fn entry_of_size(
        mut self,
        entry_type: EntryType,
        path: &str,
        target: &str,
        content: &[u8],
        size: u64,
    ) -> Result<Self> {
        let mut header = Header::new_gnu();
        header.set_entry_type(entry_type);
        header.set_mode(if entry_type == EntryType::Directory { 0o755 } else { 0o644 });
        header.set_size(size);
        header.set_mtime(0);
        let old = header.as_old_mut();
        write_name(&mut old.name, path).with_context(|| path.to_owned())?;
        write_name(&mut old.linkname, target).with_context(|| target.to_owned())?;
        header.set_cksum();
        self.archive.extend_from_slice(header.as_bytes());
        self.archive.extend_from_slice(content);
        self.archive.resize(self.archive.len().next_multiple_of(512), 0);
        Ok(self)
    }

    /// The finished archive.
    pub fn archive(mut self) -> Vec<u8> {
        self.archive.resize(self.archive.len() + 1024, 0);
        self.archive
    }

    /// The finished layer, compressed with gzip.
    pub fn layer(self) -> Result<Layer> {
        self.layer_as(Compression::Gzip)
    }

    /// The finished layer.
    pub fn layer_as(self, compression: Compression) -> Result<Layer> {
        Layer::new(&self.archive(), compression)
    }
}

fn write_name(field: &mut [u8; 100], name: &str) -> Result<()> {
    ensure!(name.len() <= field.len(), "names of more than 100 bytes are not supported here");
    field[..name.len()].copy_from_slice(name.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_reads_back() {
        let archive = LayerBuilder::new()
            .folder("etc/")
            .and_then(|layer| layer.file("etc/os-release", "ID=debian\n"))
            .and_then(|layer| layer.whiteout("usr/share/doc"))
            .map(LayerBuilder::archive)
            .unwrap();
        let mut reader = tar::Archive::new(archive.as_slice());
        let paths: Vec<_> = reader
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(paths, ["etc/", "etc/os-release", "usr/share/.wh.doc"]);
    }
}
