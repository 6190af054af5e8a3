//! What is known of images.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use palisade_api::scan::{Severity, Verdict};

use super::image_name::{ImageName, registry_key};

/// A verdict with its counts, made ready for criteria.
#[derive(Debug)]
pub struct Scanned {
    verdict: Verdict,
    counts: [Count; 5],
}

/// Vulnerabilities of one severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) all: u32,
    pub(crate) fixed: u32,
}

impl Scanned {
    /// Makes a verdict ready.
    pub fn new(verdict: Verdict) -> Self {
        let mut counts = [Count::default(); 5];
        for cve in &verdict.cves {
            if let Some(count) = counts.get_mut(cve.severity() as usize) {
                count.all += 1;
                count.fixed += u32::from(cve.fixed);
            }
        }
        Self { verdict, counts }
    }

    /// The verdict.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Vulnerabilities of a severity.
    pub fn count(&self, severity: Severity) -> u32 {
        self.counts[severity as usize].all
    }

    pub(crate) const fn counts(&self) -> &[Count; 5] {
        &self.counts
    }
}

/// Verdicts by digest and by name. Cloning shares the verdicts.
#[derive(Clone, Debug, Default)]
pub struct VerdictIndex {
    by_digest: HashMap<Arc<str>, Arc<Scanned>>,
    /// Several registries, or several scans, may know one name.
    by_name: HashMap<NameKey, BTreeSet<Arc<str>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct NameKey {
    registry: String,
    repository: String,
    tag: String,
}

impl VerdictIndex {
    /// Adds or replaces the verdict on one image.
    pub fn put(&mut self, verdict: Verdict) {
        self.remove(&verdict.image_digest);
        let digest: Arc<str> = verdict.image_digest.as_str().into();
        for key in keys(&verdict) {
            self.by_name.entry(key).or_default().insert(Arc::clone(&digest));
        }
        self.by_digest.insert(digest, Arc::new(Scanned::new(verdict)));
    }

    /// Removes the verdict on one image.
    pub fn remove(&mut self, digest: &str) {
        let Some(old) = self.by_digest.remove(digest) else { return };
        for key in keys(&old.verdict) {
            if let Some(digests) = self.by_name.get_mut(&key) {
                digests.remove(digest);
                if digests.is_empty() {
                    self.by_name.remove(&key);
                }
            }
        }
    }

    /// How many images are known.
    pub fn len(&self) -> usize {
        self.by_digest.len()
    }

    /// Whether no image is known.
    pub fn is_empty(&self) -> bool {
        self.by_digest.is_empty()
    }

    /// All verdicts, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Scanned>> {
        self.by_digest.values()
    }

    /// The verdict on the image of this digest.
    pub fn get(&self, digest: &str) -> Option<&Arc<Scanned>> {
        self.by_digest.get(digest)
    }

    /// What is known of an image: by its digest alone where its name has one,
    /// for a tag may have moved since.
    pub fn find(&self, image: &ImageName) -> Vec<Arc<Scanned>> {
        if let Some(digest) = &image.digest {
            return self.by_digest.get(digest.as_str()).cloned().into_iter().collect();
        }
        let key = NameKey {
            registry: image.registry.clone(),
            repository: image.repository.clone(),
            tag: image.tag.clone(),
        };
        let digests = self.by_name.get(&key).into_iter().flatten();
        digests.filter_map(|digest| self.by_digest.get(digest).cloned()).collect()
    }
}

fn keys(verdict: &Verdict) -> impl Iterator<Item = NameKey> {
    verdict.names.iter().map(|name| NameKey {
        registry: registry_key(&name.registry),
        repository: name.repository.clone(),
        tag: name.tag.clone(),
    })
}

#[cfg(test)]
mod tests {
    use palisade_api::scan::ImageName as ScanName;

    use super::*;

    fn verdict(digest: &str, tag: &str) -> Verdict {
        Verdict {
            image_digest: digest.to_owned(),
            names: vec![ScanName {
                registry_name: "fed.shop".to_owned(),
                registry: "http://127.0.0.1:5000/".to_owned(),
                repository: "orders".to_owned(),
                tag: tag.to_owned(),
            }],
            ..Verdict::default()
        }
    }

    #[test]
    fn images_are_found_by_name_and_by_digest() {
        let mut index = VerdictIndex::default();
        index.put(verdict("sha256:aa", "v1"));
        let found = |index: &VerdictIndex, name: &str| index.find(&ImageName::parse(name)).len();
        assert_eq!(found(&index, "127.0.0.1:5000/orders:v1"), 1);
        assert_eq!(found(&index, "127.0.0.1:5000/orders@sha256:aa"), 1);
        assert_eq!(found(&index, "127.0.0.1:5000/orders:v1@sha256:bb"), 0);
        assert_eq!(found(&index, "orders:v1"), 0);
        index.put(verdict("sha256:aa", "v2"));
        assert_eq!(found(&index, "127.0.0.1:5000/orders:v1"), 0);
        assert_eq!(found(&index, "127.0.0.1:5000/orders:v2"), 1);
        index.remove("sha256:aa");
        assert!(index.is_empty() && index.by_name.is_empty());
    }
}
