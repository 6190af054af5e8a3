//! A packed image: an OCI layout, what `docker save` writes, or skopeo's
//! folder, as a folder or as an archive. The archive of a root file system is
//! one of a single layer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use palisade_api::Digest;

use super::blocking::{Wanted, blocking};
use super::files::{Awaited, Files, InArchive, InFolder, Whole};
use super::layout::{self, Layout};
use super::platform::Platform;
use super::registry::Resolved;
use super::shelf::{LaidOut, Shelf};
use super::{Descriptor, Image, ImageConfig, saved};
use crate::error::ScanError;
use crate::layer::{self, LayerContent, LayerIdentity};
use crate::limits::Limits;
use crate::scope::Scope;

/// A packed image on this machine.
#[derive(Clone, Debug)]
pub struct Packed {
    place: Place,
    platform: Option<Platform>,
    name: Option<String>,
    opened: Arc<Mutex<Option<Opened>>>,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Archive(PathBuf),
}

/// The files, and which of them are layers.
#[derive(Clone, Debug)]
struct Opened {
    files: Arc<dyn Files>,
    layers: Layers,
}

/// The files of layers.
pub(super) type Layers = BTreeMap<Digest, LayerFile>;

/// The file of a layer.
#[derive(Clone, Debug)]
pub(super) struct LayerFile {
    pub(super) name: String,
    /// Whether the layer's digest is that of the file: else it is that of
    /// what the file unpacks to.
    pub(super) verify: bool,
}

impl Packed {
    /// The archive at `path`; nothing is read yet.
    pub fn archive(path: &Path) -> Self {
        Self::new(Place::Archive(path.to_owned()))
    }

    /// The image in `folder`, where there is one: an OCI layout, an archive
    /// that was unpacked, or what skopeo writes as `dir:`.
    pub fn folder(folder: &Path) -> Option<Self> {
        let has = |name: &str| folder.join(name).is_file();
        let is_plain = || {
            let files = InFolder(folder.to_owned());
            layout::is_plain(Awaited::new(&files, &Wanted::always()))
        };
        // A root folder may hold anything under one of these names alone.
        let packed = has("oci-layout") && has("index.json")
            || has("manifest.json") && (has("repositories") || is_plain());
        packed.then(|| Self::new(Place::Folder(folder.to_owned())))
    }

    fn new(place: Place) -> Self {
        Self { place, platform: None, name: None, opened: Arc::default() }
    }

    /// The same, for `platform` where there are images for several.
    #[must_use]
    pub fn for_platform(mut self, platform: Option<Platform>) -> Self {
        self.platform = platform;
        self
    }

    /// The same, of several images the one that is called `name`.
    #[must_use]
    pub fn named(mut self, name: Option<String>) -> Self {
        self.name = name;
        self
    }

    pub(crate) async fn open(&self, limits: &Limits) -> Result<Image, ScanError> {
        let (packed, limits) = (self.clone(), limits.clone());
        let (image, opened) = blocking(move |wanted| packed.read(&limits, wanted)).await?;
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        Ok(image)
    }

    pub(crate) async fn layer(
        &self,
        layer: &Descriptor,
        scope: &Scope,
    ) -> Result<LayerContent, ScanError> {
        let missing = || {
            let reason = "it is missing".to_owned();
            ScanError::LayerDamaged { layer: layer.digest, reason }
        };
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Opened { files, layers } = opened.ok_or_else(missing)?;
        let file = layers.get(&layer.digest).cloned().ok_or_else(missing)?;
        // Layers that lie elsewhere, and what was copied in part.
        if !files.has(&file.name) {
            return Err(missing());
        }
        let identity =
            LayerIdentity { digest: layer.digest, size: Some(layer.size), verify: file.verify };
        let scope = scope.clone();
        blocking(move |wanted| layer::read(files.open(&file.name, wanted)?, identity, &scope)).await
    }

    /// Where attachments of the image are looked for, with what is meant; none where the image
    /// is in no OCI layout.
    pub(crate) async fn shelf(
        &self,
        limits: &Limits,
    ) -> Result<Option<(Shelf, Resolved)>, ScanError> {
        let (packed, limits) = (self.clone(), limits.clone());
        blocking(move |wanted| {
            let Some(files) = packed.files(&limits, wanted)? else { return Ok(None) };
            let Some(layout) = LaidOut::at(&files, &limits, wanted)? else { return Ok(None) };
            let (platform, name) = (packed.platform.as_ref(), packed.name.as_deref());
            let files = Awaited::new(files.as_ref(), wanted);
            let (image, _) = Layout::Oci.read(files, platform, name, &limits)?;
            let Some(digest) = image.digest else { return Ok(None) };
            let resolved = Resolved { digest, index_digest: image.index_digest };
            Ok(Some((Shelf::Layout(layout), resolved)))
        })
        .await
    }

    /// The files; none where they are those of a root file system.
    fn files(&self, limits: &Limits, wanted: &Wanted) -> Result<Option<Arc<dyn Files>>, ScanError> {
        let files: Arc<dyn Files> = match &self.place {
            Place::Folder(folder) => Arc::new(InFolder(folder.clone())),
            Place::Archive(path) => match InArchive::at(path, limits, wanted)? {
                Some(archive) => Arc::new(archive),
                None => return Ok(None),
            },
        };
        Ok(Some(files))
    }

    fn read(&self, limits: &Limits, wanted: &Wanted) -> Result<(Image, Opened), ScanError> {
        let (Place::Folder(path) | Place::Archive(path)) = &self.place;
        let Some(files) = self.files(limits, wanted)? else { return self.root(path) };
        let (platform, name) = (self.platform.as_ref(), self.name.as_deref());
        let awaited = Awaited::new(files.as_ref(), wanted);
        let (image, layers) = if layout::is_plain(awaited) {
            Layout::Plain.read(awaited, platform, name, limits)?
        } else if awaited.has("manifest.json") {
            saved::read(awaited, platform, name, limits)?
        } else if awaited.has("index.json") {
            Layout::Oci.read(awaited, platform, name, limits)?
        } else if awaited.has("repositories") {
            saved::read_first(awaited, limits)?
        } else {
            return Err(ScanError::InvalidTarget(format!(
                "{} is no image: it holds neither manifest.json nor index.json",
                path.display()
            )));
        };
        image.config.check_platform(platform)?;
        Ok((image, Opened { files, layers }))
    }

    /// The root file system that is packed at `path`.
    fn root(&self, path: &Path) -> Result<(Image, Opened), ScanError> {
        if let Some(name) = &self.name {
            return Err(ScanError::InvalidTarget(format!(
                "{} holds a root file system and no image {name}",
                path.display()
            )));
        }
        let files = Whole(path.to_owned());
        let size = files.size("").unwrap_or_default();
        let layer = Descriptor { size, ..Descriptor::folder() };
        let file = LayerFile { name: String::new(), verify: false };
        let layers = Layers::from([(layer.digest, file)]);
        let image = Image {
            digest: None,
            index_digest: None,
            image_id: None,
            config: ImageConfig::default(),
            layers: vec![layer],
        };
        Ok((image, Opened { files: Arc::new(files), layers }))
    }
}
