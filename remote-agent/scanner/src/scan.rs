//! The whole of a scan: image, layers, inventory, report.

mod attached;
mod cache;
mod target;
mod wanted;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use palisade_api::Digest;
use serde::{Deserialize, Serialize};

pub use attached::Attached;
pub use cache::{CacheUsage, CachedLayer, LayerCache, LayerStore};
pub use target::{Target, TargetOptions};

use crate::error::{LayerLimit, ScanError};
use crate::inspect::PathHash;
use crate::inspect::malware::Malware;
use crate::inspect::os::{Distribution, OsInventory, USERS, listed_package};
use crate::inspect::secret::{self, Secret};
use crate::layer::{LayerContent, Tree, shown};
use crate::limits::Limits;
use crate::package::{LayeredPackage, Package};
use crate::report::Report;
use crate::scope::Scope;
use crate::source::{Descriptor, Image, ImageConfig, Source};
use crate::vulndb::VulnDb;

/// Layers that are read at the same time. Each takes a decoder's window and the
/// largest file of interest in memory.
const LAYERS_AT_ONCE: usize = 3;

/// What an image holds, before it is held against a database. Kept, it lets
/// a new database be applied without the registry.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// Digest of the manifest; none for sources that have no manifest.
    pub digest: Option<Digest>,
    /// Digest of the index that the reference leads to, where it does.
    pub index_digest: Option<Digest>,
    /// Digest of the configuration.
    pub image_id: Option<Digest>,
    /// The configuration.
    pub config: ImageConfig,
    /// The layers, lowest first.
    pub layers: Vec<LayerSummary>,
    /// The operating system, where it is known.
    pub distribution: Option<Distribution>,
    /// The packages with the layers that brought them.
    pub packages: Vec<LayeredPackage>,
    /// Files that run as their owner or group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_ids: Vec<SetId>,
    /// Files that are known malware.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malware: Vec<FileMalware>,
    /// Secrets in its files, its environment and its history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<FileSecret>,
    /// Files that could not be understood: what they tell is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FileProblem>,
}

impl Inventory {
    /// Grows when more or other things are read of images: inventories of an
    /// older number that somebody kept are then to be read again.
    pub const FORMAT: i32 = 10;
}

/// A file that runs as its owner or group, or a folder with such bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetId {
    /// Its path.
    pub path: String,
    /// Permission bits with setuid, setgid and sticky; of a folder with [`SetId::FOLDER`].
    pub mode: u32,
    /// The layer; none where the source has no layers.
    pub layer: Option<Digest>,
}

impl SetId {
    /// What stands beside the permission bits of a folder, as in the mode that the kernel tells.
    pub const FOLDER: u32 = 0o040_000;
}

/// A secret and where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSecret {
    /// The file's path; `$EnvVariables` and `$History` where it lies in the
    /// image's configuration.
    pub path: String,
    /// The secret, cloaked.
    #[serde(flatten)]
    pub secret: Secret,
    /// The layer; none where the source has no layers.
    pub layer: Option<Digest>,
}

/// A file that is known malware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMalware {
    /// Its path.
    pub path: String,
    /// What it is known as, and by which hash.
    #[serde(flatten)]
    pub malware: Malware,
    /// The layer; none where the source has no layers.
    pub layer: Option<Digest>,
}

/// A file that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// Its path.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A layer as the manifest tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// Its digest.
    pub digest: Digest,
    /// Bytes as stored.
    pub size: u64,
    /// Whether not all of it was read, for a reason that stands among the
    /// problems under its digest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub broken: bool,
}

/// Reads an image: its layers side by side, each in one pass. Layers that
/// `cache` knows are not read again.
pub async fn inventory(
    source: &Source,
    limits: &Limits,
    cache: &LayerCache,
) -> Result<Inventory, ScanError> {
    inventory_of(source, &limits.clone().into(), cache).await
}

/// The same with more to look for than always.
pub async fn inventory_of(
    source: &Source,
    scope: &Scope,
    cache: &LayerCache,
) -> Result<Inventory, ScanError> {
    let limits = &scope.limits;
    let work = async {
        let image = source.image(limits).await?;
        let mut stacked = Stacked::default();
        let mut contents = stream::iter(image.layers.clone())
            .map(|layer| content(source, layer, scope, cache))
            .buffered(LAYERS_AT_ONCE);
        while let Some(content) = contents.try_next().await? {
            if let Err(limit) = stacked.add(&content, limits.packages) {
                let layer = image.layers.get(stacked.layers - 1);
                let layer = layer.map_or(Digest::from_bytes([0; 32]), |layer| layer.digest);
                let error = ScanError::LayerLimit { layer, limit };
                if !scope.goes_on_after(&error) {
                    return Err(error);
                }
                stacked.take_back(&error);
            }
        }
        drop(contents);
        Ok(stacked.inventory(image))
    };
    tokio::time::timeout(limits.duration, work)
        .await
        .unwrap_or(Err(ScanError::Timeout(limits.duration)))
}

async fn content(
    source: &Source,
    layer: Descriptor,
    scope: &Scope,
    cache: &LayerCache,
) -> Result<Arc<LayerContent>, ScanError> {
    let read = async {
        match source.layer(&layer, scope).await {
            // Of what could not even be had, nothing was read before.
            Err(error) if scope.goes_on_after(&error) => Ok(LayerContent::default().broken(&error)),
            content => content,
        }
    };
    if !source.layers_have_digests() {
        return Ok(Arc::new(read.await?));
    }
    cache.content(scope.key(layer.digest), read).await
}

/// Layers put on top of each other, and what they tell together.
#[derive(Default)]
struct Stacked {
    tree: Tree,
    layers: usize,
    /// What the tree weighs, or more.
    weight: usize,
    os: OsInventory,
    /// The layer that brought or last changed a package of the system.
    origin: HashMap<Package, usize>,
    /// What is wrong with entries that are not in the tree.
    problems: BTreeMap<String, String>,
    /// What is wrong with layers, by their number.
    broken: BTreeMap<usize, String>,
}

impl Stacked {
    /// Puts a layer on top. Fails when the image then weighs more than `most`.
    fn add(&mut self, content: &LayerContent, most: usize) -> Result<(), LayerLimit> {
        let at = self.layers;
        self.layers += 1;
        self.problems.extend(content.problems.clone());
        self.broken.extend(content.broken.clone().map(|reason| (at, reason)));
        // One file may be told as often as there are hard links to it.
        let linked = self.tree.linked_weight(content);
        if linked > most {
            return Err(LayerLimit::Packages(most));
        }
        if !self.tree.apply(at, content) {
            return Ok(());
        }
        self.weight += content.weight() + linked;
        // A layer may replace what lies below.
        if self.weight > most {
            self.weight = self.tree.weight();
        }
        if self.weight > most {
            return Err(LayerLimit::Packages(most));
        }
        self.read_databases(at);
        Ok(())
    }

    /// Leaves out what the topmost layer brought.
    fn take_back(&mut self, reason: &ScanError) {
        let Some(at) = self.layers.checked_sub(1) else { return };
        self.tree.forget(at);
        self.weight = self.tree.weight();
        self.broken.insert(at, reason.to_string());
        self.read_databases(at);
    }

    /// What the databases of the operating system tell now that the layer at `at` lies on top.
    fn read_databases(&mut self, at: usize) {
        self.os = OsInventory::of(&self.tree);
        let mut origin = HashMap::with_capacity(self.os.packages.len());
        for package in &self.os.packages {
            let from = self.origin.get(package).copied().unwrap_or(at);
            origin.insert(package.clone(), from);
        }
        self.origin = origin;
    }

    fn inventory(mut self, mut image: Image) -> Inventory {
        // A folder has no user, and so is no image that runs as one.
        if !image.config.user.is_empty()
            && let Some(users) = self.tree.file(USERS)
        {
            let superusers = users.superusers.iter().filter(|name| *name != "root");
            image.config.superusers = superusers.cloned().collect();
        }
        if let Some((path, place)) = self.os.unread_link(&self.tree) {
            let reason = format!("leads to {}, which was not read", shown(place.as_bytes()));
            self.problems.insert(path, reason);
        }
        let folder = image.digest.is_none() && image.image_id.is_none();
        let digest = |at: usize| image.layers.get(at).map(|layer| layer.digest);
        let layer = |at: usize| digest(at).filter(|_| !folder);
        let mut packages: Vec<LayeredPackage> = self
            .os
            .packages
            .into_iter()
            .map(|package| {
                let layer = self.origin.get(&package).copied().and_then(layer);
                LayeredPackage { package, layer }
            })
            .collect();
        let owned = owned(&self.tree, &packages);
        let mut malware = Vec::new();
        let folders = self.tree.set_id_folders();
        let mut set_ids: Vec<SetId> = folders
            .map(|(at, path, mode)| SetId {
                path: path.to_owned(),
                mode: mode | SetId::FOLDER,
                layer: layer(at),
            })
            .collect();
        let mut secrets = secrets_of(&image.config);
        for (at, path, facts) in self.tree.files() {
            if let Some(reason) = &facts.problem {
                self.problems.insert(path.to_owned(), reason.clone());
            }
            if let Some(mode) = facts.set_id {
                set_ids.push(SetId { path: path.to_owned(), mode, layer: layer(at) });
            }
            malware.extend(facts.malware.iter().map(|found| FileMalware {
                path: path.to_owned(),
                malware: found.clone(),
                layer: layer(at),
            }));
            // What a package brought along, but for settings: those somebody may have changed.
            let is_brought = is_owned(&owned, path) && !path.starts_with("etc/");
            if !facts.secrets.is_empty() && !is_brought {
                secrets.extend(facts.secrets.iter().map(|secret| FileSecret {
                    path: path.to_owned(),
                    secret: secret.clone(),
                    layer: layer(at),
                }));
            }
        }
        set_ids.sort_by(|one, other| one.path.cmp(&other.path));
        let telling = self.tree.files().filter(|(_, path, facts)| {
            facts.packages.iter().any(|package| !package.ecosystem.is_os())
                && !is_owned(&owned, path)
        });
        let of_languages = wanted::packages(telling.map(|(at, path, facts)| (at, path, &**facts)));
        packages.extend(of_languages.into_iter().map(|(at, path, package)| LayeredPackage {
            package: package.clone().told_at(path),
            layer: layer(at),
        }));
        let layers = if folder {
            Vec::new()
        } else {
            let summary = |(at, layer): (usize, &Descriptor)| LayerSummary {
                digest: layer.digest,
                size: layer.size,
                broken: self.broken.contains_key(&at),
            };
            image.layers.iter().enumerate().map(summary).collect()
        };
        let broken =
            self.broken.into_iter().filter_map(|(at, reason)| Some((digest(at)?.to_oci(), reason)));
        let problems = broken.chain(self.problems);
        Inventory {
            digest: image.digest,
            index_digest: image.index_digest,
            image_id: image.image_id,
            config: image.config,
            layers,
            distribution: self.os.distribution,
            packages,
            set_ids,
            malware,
            secrets,
            problems: problems.map(|(path, reason)| FileProblem { path, reason }).collect(),
        }
    }
}

/// Secrets in what the image is configured with and was built by.
fn secrets_of(config: &ImageConfig) -> Vec<FileSecret> {
    let history: Vec<&str> = config.history.iter().map(|step| step.created_by.as_str()).collect();
    [(secret::ENVIRONMENT, config.envs.join("\n")), (secret::HISTORY, history.join("\n"))]
        .into_iter()
        .flat_map(|(path, text)| {
            secret::search(path, text.as_bytes()).into_iter().map(move |secret| FileSecret {
                path: path.to_owned(),
                secret,
                layer: None,
            })
        })
        .collect()
}

/// The files of the operating system's `packages`. A list that is left of another package
/// speaks for nothing: nobody tells the vulnerabilities of what it names.
fn owned(tree: &Tree, packages: &[LayeredPackage]) -> HashSet<PathHash> {
    let installed: HashSet<&str> = packages.iter().map(|one| one.package.name.as_str()).collect();
    let is_there = |path: &str| listed_package(path).is_none_or(|name| installed.contains(name));
    let telling = tree.files().filter(|&(_, path, _)| is_there(path));
    telling.flat_map(|(_, _, facts)| facts.owned.iter().copied()).collect()
}

/// Whether a package of the operating system owns the file: its advisories
/// then speak for what is in it. Package databases may name the path without
/// the `usr` that a link put before it.
fn is_owned(owned: &HashSet<PathHash>, path: &str) -> bool {
    owned.contains(&PathHash::of(path))
        || path.strip_prefix("usr/").is_some_and(|path| owned.contains(&PathHash::of(path)))
}

/// Scans one target on its own: what `palisade-agent scan` does.
pub async fn scan(
    target: &Target,
    database: Arc<VulnDb>,
    limits: &Limits,
    scanned_at: DateTime<Utc>,
) -> Result<Report, ScanError> {
    let inventory = target.inventory(limits).await?;
    tokio::task::spawn_blocking(move || Report::new(&inventory, &database, scanned_at)).await?
}
