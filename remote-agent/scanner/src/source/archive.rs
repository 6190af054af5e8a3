//! A file made by `docker save`, or an OCI layout packed into a tar archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use palisade_api::Digest;
use serde::Deserialize;

use super::{Descriptor, Image, ImageConfig, ManifestOrIndex, blocking};
use crate::error::ScanError;
use crate::layer::{self, LayerContent, LayerIdentity, TarError, TarStream};
use crate::limits::Limits;

/// Entries of the archive itself: a few for each layer.
const ENTRIES: u64 = 100_000;

/// The archive, and where in it the layers lie once it is opened.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    places: std::sync::Mutex<BTreeMap<Digest, Place>>,
}

/// Content within the archive.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u64,
    size: u64,
    /// Whether the digest is that of the bytes at the place.
    verify: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Vec<String>,
}

impl Archive {
    /// The archive at `path`; nothing is read yet.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), places: std::sync::Mutex::default() }
    }

    pub(crate) async fn open(&self, limits: &Limits) -> Result<Image, ScanError> {
        let (path, limits) = (self.path.clone(), limits.clone());
        let (image, places) = blocking(move || read(&path, &limits)).await?;
        *self.places.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = places;
        Ok(image)
    }

    pub(crate) async fn layer(
        &self,
        layer: &Descriptor,
        limits: &Limits,
    ) -> Result<LayerContent, ScanError> {
        let place = self
            .places
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(&layer.digest)
            .copied()
            .ok_or_else(|| ScanError::Malformed(format!("layer {} is missing", layer.digest)))?;
        let (path, limits) = (self.path.clone(), limits.clone());
        let identity =
            LayerIdentity { digest: layer.digest, size: Some(layer.size), verify: place.verify };
        blocking(move || layer::read(open_at(&path, place)?, identity, &limits)).await
    }
}

/// The bytes of one place.
fn open_at(path: &Path, place: Place) -> Result<impl Read, ScanError> {
    let shown = path.display().to_string();
    let mut file = File::open(path).map_err(ScanError::file(shown.clone()))?;
    file.seek(SeekFrom::Start(place.start)).map_err(ScanError::file(shown))?;
    Ok(file.take(place.size))
}

type ReadSmall<'a> = dyn Fn(&str, u64) -> Result<Vec<u8>, ScanError> + 'a;
type Opened = (Image, BTreeMap<Digest, Place>);

fn read(path: &Path, limits: &Limits) -> Result<Opened, ScanError> {
    let contents = contents(path, limits)?;
    let small = |name: &str, limit: u64| -> Result<Vec<u8>, ScanError> {
        let place =
            contents.get(name).ok_or_else(|| ScanError::Malformed(format!("{name} is missing")))?;
        if place.size > limit {
            return Err(ScanError::Malformed(format!("{name} has more than {limit} bytes")));
        }
        let mut bytes = Vec::new();
        open_at(path, *place)?.read_to_end(&mut bytes).map_err(ScanError::file(name))?;
        Ok(bytes)
    };
    if contents.contains_key("manifest.json") {
        let saved: Vec<Saved> =
            serde_json::from_slice(&small("manifest.json", limits.manifest_bytes)?)
                .map_err(|error| ScanError::Malformed(format!("manifest.json: {error}")))?;
        let saved = saved
            .first()
            .ok_or_else(|| ScanError::Malformed("manifest.json names no image".to_owned()))?;
        return read_saved(saved, &contents, &small(&saved.config, limits.config_bytes)?);
    }
    if contents.contains_key("index.json") {
        return read_layout(&contents, &small, limits);
    }
    Err(ScanError::InvalidTarget(format!(
        "{} is no image: it holds neither manifest.json nor index.json",
        path.display()
    )))
}

fn read_saved(
    saved: &Saved,
    contents: &BTreeMap<String, Place>,
    config: &[u8],
) -> Result<Opened, ScanError> {
    let image_id = Digest::of(config);
    let config = ImageConfig::parse(config)?;
    let mut places = BTreeMap::new();
    let mut layers = Vec::new();
    for (at, name) in saved.layers.iter().enumerate() {
        let place = contents
            .get(name)
            .ok_or_else(|| ScanError::Malformed(format!("layer {name} is missing")))?;
        let by_name = name.strip_prefix("blobs/sha256/").and_then(|hex| hex.parse().ok());
        let by_config = config.diff_ids.get(at).and_then(|id| Digest::from_oci(id).ok());
        let digest = by_name
            .or(by_config)
            .ok_or_else(|| ScanError::Malformed(format!("layer {name} has no digest")))?;
        places.insert(digest, Place { verify: by_name.is_some(), ..*place });
        layers.push(Descriptor { digest, size: place.size, media_type: String::new() });
    }
    let image =
        Image { digest: None, index_digest: None, image_id: Some(image_id), config, layers };
    Ok((image, places))
}

fn read_layout(
    contents: &BTreeMap<String, Place>,
    small: &ReadSmall<'_>,
    limits: &Limits,
) -> Result<Opened, ScanError> {
    let blob = |digest: Digest| format!("blobs/sha256/{digest}");
    let mut bytes = small("index.json", limits.manifest_bytes)?;
    for _ in 0..4 {
        match ManifestOrIndex::parse(&bytes)? {
            ManifestOrIndex::Index(chosen) => {
                bytes = small(&blob(chosen.digest), limits.manifest_bytes)?;
            }
            ManifestOrIndex::Manifest(manifest) => {
                let config = small(&blob(manifest.config.digest), limits.config_bytes)?;
                let mut places = BTreeMap::new();
                for layer in &manifest.layers {
                    let place = contents.get(&blob(layer.digest)).ok_or_else(|| {
                        ScanError::Malformed(format!("layer {} is missing", layer.digest))
                    })?;
                    places.insert(layer.digest, Place { verify: true, ..*place });
                }
                let image = Image {
                    digest: Some(Digest::of(&bytes)),
                    index_digest: None,
                    image_id: Some(manifest.config.digest),
                    config: ImageConfig::parse(&config)?,
                    layers: manifest.layers,
                };
                return Ok((image, places));
            }
        }
    }
    Err(ScanError::Malformed("its indexes are nested too deep".to_owned()))
}

/// The files of the archive with their places. Links to layers that stand
/// before them, as older versions of Docker write them, are followed.
fn contents(path: &Path, limits: &Limits) -> Result<BTreeMap<String, Place>, ScanError> {
    let shown = path.display().to_string();
    let damaged = |reason: &str| ScanError::Malformed(format!("{shown} is no archive: {reason}"));
    let file = File::open(path).map_err(ScanError::file(shown.clone()))?;
    let mut archive = TarStream::new(file, ENTRIES, limits.extended_header_bytes);
    let mut contents: BTreeMap<String, Place> = BTreeMap::new();
    loop {
        let entry = match archive.next() {
            Ok(Some(entry)) => entry,
            Ok(None) => return Ok(contents),
            Err(TarError::Read(error)) => return Err(ScanError::file(shown)(error)),
            Err(TarError::Malformed(reason)) => return Err(damaged(reason)),
            Err(TarError::Limit(limit)) => return Err(damaged(&limit.to_string())),
        };
        let Ok(name) = layer::normalise(&entry.path) else {
            return Err(damaged("it holds an entry that leaves it"));
        };
        let place = if entry.kind.is_file() {
            Some(Place { start: archive.position(), size: entry.size, verify: false })
        } else {
            entry.link.as_deref().and_then(|link| {
                let link = String::from_utf8_lossy(link).into_owned();
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                let target = layer::normalise(format!("{folder}/{link}").as_bytes()).ok()?;
                contents.get(&target).copied()
            })
        };
        if let Some(place) = place {
            contents.insert(name, place);
        }
    }
}
