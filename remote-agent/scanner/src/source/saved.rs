//! What `docker save` writes: `manifest.json`, or in its first form a chain
//! of folders, one a layer, that name their parents.

use std::collections::{BTreeMap, HashSet};

use palisade_api::Digest;
use serde::Deserialize;

use super::config::{ConfigFile, History};
use super::files::Awaited;
use super::layout::blob;
use super::manifest::{is_called, not_among, only_one};
use super::packed::{LayerFile, Layers};
use super::platform::Platform;
use super::{Descriptor, Image, ImageConfig};
use crate::error::ScanError;
use crate::layer::normalise;
use crate::limits::Limits;

/// Images of one archive that are looked at for the platform asked for.
const MOST_IMAGES: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Vec<String>,
    repo_tags: Option<Vec<String>>,
}

impl Saved {
    fn names(&self) -> &[String] {
        self.repo_tags.as_deref().unwrap_or_default()
    }
}

/// The images called `wanted`, or all, unless they have different names.
fn named(saved: Vec<Saved>, wanted: Option<&str>) -> Result<Vec<Saved>, ScanError> {
    let mut of_images: Vec<&[String]> = saved.iter().map(Saved::names).collect();
    of_images.retain(|names| !names.is_empty());
    of_images.dedup();
    let names = of_images.concat();
    let Some(wanted) = wanted else {
        if of_images.len() > 1 {
            only_one(&names)?;
        }
        return Ok(saved);
    };
    let is_meant = |saved: &Saved| saved.names().iter().any(|name| is_called(name, wanted));
    if !saved.iter().any(is_meant) {
        return Err(not_among(wanted, &names));
    }
    Ok(saved.into_iter().filter(is_meant).collect())
}

/// The image that `manifest.json` names `wanted`, or the only one; the first
/// of it that is for `platform`.
pub(super) fn read(
    files: Awaited<'_>,
    platform: Option<&Platform>,
    wanted: Option<&str>,
    limits: &Limits,
) -> Result<(Image, Layers), ScanError> {
    let saved: Vec<Saved> =
        serde_json::from_slice(&files.small("manifest.json", limits.manifest_bytes)?)
            .map_err(|error| ScanError::Malformed(format!("manifest.json: {error}")))?;
    let saved = named(saved, wanted)?;
    let mut last = Err(ScanError::Malformed("manifest.json names no image".to_owned()));
    for saved in saved.iter().take(MOST_IMAGES) {
        let bytes = files.small(&path(&saved.config)?, limits.config_bytes)?;
        let config = ImageConfig::parse(&bytes)?;
        let id = digest_in(&saved.config).unwrap_or(Digest::of(&[])).same_of(&bytes);
        last = config.check_platform(platform).map(|()| (saved, id, config));
        if last.is_ok() {
            break;
        }
    }
    let (saved, image_id, config) = last?;
    let mut found = Layers::new();
    let mut layers = Vec::new();
    for (at, name) in saved.layers.iter().enumerate() {
        let name = path(name)?;
        let size = size(files, &name)?;
        let by_name = digest_in(&name);
        let by_config = config.diff_ids.get(at).and_then(|id| Digest::from_oci(id).ok());
        let digest = by_name
            .or(by_config)
            .ok_or_else(|| ScanError::Malformed(format!("layer {name} has no digest")))?;
        let verify = by_name.is_some() || plain(files, &name)?;
        found.insert(digest, LayerFile { name, verify });
        layers.push(Descriptor::new(digest, size));
    }
    let digest = manifest_digest(files, image_id, limits);
    let image = Image { digest, index_digest: None, image_id: Some(image_id), config, layers };
    Ok((image, found))
}

/// The digest that the name of a blob of a layout is.
fn digest_in(name: &str) -> Option<Digest> {
    let (algorithm, hex) = name.strip_prefix("blobs/")?.split_once('/')?;
    Digest::from_algorithm(algorithm, hex).ok()
}

/// The digest of the manifest of this configuration, where a layout is there
/// as well, as newer versions write it. What is wrong with that layout does
/// not matter: nothing is read from it.
fn manifest_digest(files: Awaited<'_>, image_id: Digest, limits: &Limits) -> Option<Digest> {
    #[derive(Deserialize)]
    struct Index {
        manifests: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        digest: String,
    }
    #[derive(Deserialize)]
    struct Manifest {
        config: Named,
    }
    let index = files.small("index.json", limits.manifest_bytes).ok()?;
    let index: Index = serde_json::from_slice(&index).ok()?;
    index.manifests.iter().take(MOST_IMAGES).find_map(|named| {
        let digest = Digest::from_oci(&named.digest).ok()?;
        let bytes = files.small(&blob(digest), limits.manifest_bytes).ok()?;
        let manifest: Manifest = serde_json::from_slice(&bytes).ok()?;
        let config = Digest::from_oci(&manifest.config.digest).ok()?;
        (config == image_id && digest.same_of(&bytes) == digest).then_some(digest)
    })
}

/// Whether the layer is stored as it is, so that the digest of what it
/// unpacks to is its own.
fn plain(files: Awaited<'_>, name: &str) -> Result<bool, ScanError> {
    let mut head = [0; 6];
    let mut file = files.open(name)?;
    let mut filled = 0;
    while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest).map_err(ScanError::file(name))? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(!crate::layer::is_compressed(&head))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Step {
    parent: Option<String>,
    container_config: Option<Command>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Command {
    cmd: Option<Vec<String>>,
}

/// The image that `repositories` names first, by a chain of parents.
pub(super) fn read_first(
    files: Awaited<'_>,
    limits: &Limits,
) -> Result<(Image, Layers), ScanError> {
    let bad = |reason: String| ScanError::Malformed(reason);
    let repositories: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_slice(&files.small("repositories", limits.manifest_bytes)?)
            .map_err(|error| bad(format!("repositories: {error}")))?;
    let mut next = repositories.into_values().flat_map(BTreeMap::into_values).next();
    if next.is_none() {
        return Err(bad("repositories names no image".to_owned()));
    }
    let mut config = None;
    let mut history = Vec::new();
    let mut layers = Vec::new();
    let mut found = Layers::new();
    let mut seen = HashSet::new();
    while let Some(id) = next {
        if layers.len() >= limits.layers || !seen.insert(id.clone()) {
            return Err(bad("its layers are too many or their parents go in a circle".to_owned()));
        }
        let file = path(&format!("{id}/json"))?;
        let bytes = files.small(&file, limits.config_bytes)?;
        let parse = |error: serde_json::Error| bad(format!("{file}: {error}"));
        let step: Step = serde_json::from_slice(&bytes).map_err(parse)?;
        if config.is_none() {
            config = Some(ImageConfig::from(
                serde_json::from_slice::<ConfigFile>(&bytes).map_err(parse)?,
            ));
        }
        let command = step.container_config.and_then(|run| run.cmd).unwrap_or_default();
        history.push(History { created_by: command.join(" "), empty_layer: false });
        let name = path(&format!("{id}/layer.tar"))?;
        // Its name is no digest of its content, and stands for it here.
        let digest = Digest::of(name.as_bytes());
        layers.push(Descriptor::new(digest, size(files, &name)?));
        found.insert(digest, LayerFile { name, verify: false });
        next = step.parent.filter(|parent| !parent.is_empty());
    }
    layers.reverse();
    history.reverse();
    let config = ImageConfig { history, ..config.unwrap_or_default() };
    let image_id = layers.last().map(|layer| layer.digest);
    Ok((Image { digest: None, index_digest: None, image_id, config, layers }, found))
}

fn path(name: &str) -> Result<String, ScanError> {
    normalise(name.as_bytes())
        .map_err(|_| ScanError::Malformed("a name in it leads out of it".to_owned()))
}

fn size(files: Awaited<'_>, name: &str) -> Result<u64, ScanError> {
    files.size(name).ok_or_else(|| ScanError::Malformed(format!("layer {name} is missing")))
}
