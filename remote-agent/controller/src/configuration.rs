//! What this cluster has of its own: local rules and settings, as one document that
//! the primary keeps, and that a cluster gets back that has lost its disks.
//!
//! Users are no part of it: their passwords do not leave the cluster.

use std::collections::BTreeMap;

use palisade_api::{Digest, ObjectKind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use tracing::warn;

use crate::in_force::InForce;
use crate::own_edit::OwnEditError;
use crate::reach::Reach;
use crate::store::{LOCAL, StoreError};
use crate::{Controller, admission, namespace, scan};

/// Setting: the digest of what the primary has had last.
const SENT: &str = "configuration_sent";

/// The settings that are configuration.
const SETTINGS: [&str; 3] = [admission::SETTING, namespace::SETTING, scan::SETTING];

/// The document. Maps are ordered, so that equal ones have equal texts.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Document {
    /// By kind and name.
    #[serde(default)]
    objects: BTreeMap<u32, BTreeMap<String, Box<RawValue>>>,
    #[serde(default)]
    settings: BTreeMap<String, Box<RawValue>>,
}

/// A document that cannot be taken.
#[derive(Debug, Error)]
pub enum ConfigurationError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not one.
    #[error("the configuration that the primary keeps cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// An object of it cannot be put in force.
    #[error("{0}")]
    Refused(String),
}

impl From<OwnEditError> for ConfigurationError {
    fn from(error: OwnEditError) -> Self {
        match error {
            OwnEditError::Store(error) => Self::Store(error),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl Controller {
    /// The document as JSON.
    pub async fn configuration(&self) -> Result<String, ConfigurationError> {
        let mut document = Document::default();
        for object in self.store().objects_all(LOCAL).await? {
            let payload = serde_json::from_slice(&object.payload)?;
            document.objects.entry(object.kind).or_default().insert(object.name, payload);
        }
        for name in SETTINGS {
            if let Some(text) = self.store().setting(name).await? {
                document.settings.insert(name.to_owned(), RawValue::from_string(text)?);
            }
        }
        Ok(serde_json::to_string(&document)?)
    }

    /// The digest of what the primary has had last; none on a new disk.
    pub async fn configuration_sent(&self) -> Result<Option<Digest>, StoreError> {
        let text = self.store().setting(SENT).await?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// Notes what the primary has.
    pub async fn configuration_note_sent(&self, digest: Digest) -> Result<(), StoreError> {
        self.store().setting_set(SENT, &digest.to_string()).await
    }

    /// Takes back what is not here of a document. What is here stays as it is.
    /// Gives the number of rules and settings that came back.
    pub async fn configuration_restore(&self, json: &str) -> Result<usize, ConfigurationError> {
        let document: Document = serde_json::from_str(json)?;
        let _turn = self.in_force().own_turn.lock().await;
        let mut restored = 0;
        for (kind, objects) in document.objects {
            for (name, payload) in objects {
                match self.restore_object(kind, &name, &payload).await {
                    Ok(()) => restored += 1,
                    Err(ConfigurationError::Store(StoreError::Exists)) => {}
                    Err(error @ ConfigurationError::Refused(_)) => {
                        warn!(kind, name, %error, "an object of this cluster is not restored");
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        for (name, value) in document.settings {
            if self.store().setting(&name).await?.is_some() {
                continue;
            }
            let done = match name.as_str() {
                admission::SETTING => self.admission().restore(value.get()).await,
                namespace::SETTING => self.namespace_tags_restore(value.get()).await,
                scan::SETTING => self.scans().restore(value.get()).await,
                _ => continue,
            };
            match done {
                Ok(()) => restored += 1,
                Err(StoreError::Damaged(what)) => warn!(what, "a setting is not restored"),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(restored)
    }

    /// Makes what this cluster has of its own what a document says. Gives the names of
    /// settings that are not known here.
    pub async fn configuration_replace(
        &self,
        json: &str,
    ) -> Result<Vec<String>, ConfigurationError> {
        let document: Document = serde_json::from_str(json)?;
        let mut wanted = Vec::new();
        for (kind, objects) in document.objects {
            let kind = ObjectKind::from_number(kind).ok_or_else(|| {
                let text = format!("Objects of the kind {kind} are not known to this version.");
                ConfigurationError::Refused(text)
            })?;
            for (name, payload) in objects {
                let payload = payload.get().as_bytes().to_vec();
                let refused = |why: String| {
                    ConfigurationError::Refused(format!("{} {name:?}: {why}", kind.as_str()))
                };
                InForce::own_check(kind, &name, &payload).map_err(refused)?;
                wanted.push(((kind, name), Some(payload)));
            }
        }
        let mut edit = self.edit(Reach::Cluster).await;
        edit.replace(wanted).await?;
        edit.commit().await?;
        let mut unknown = Vec::new();
        for (name, value) in document.settings {
            let done = match name.as_str() {
                admission::SETTING => self.admission().restore(value.get()).await,
                namespace::SETTING => self.namespace_tags_restore(value.get()).await,
                scan::SETTING => self.scans().restore(value.get()).await,
                _ => {
                    unknown.push(name);
                    continue;
                }
            };
            done.map_err(|error| match error {
                StoreError::Damaged(what) => {
                    ConfigurationError::Refused(format!("The {what} cannot be read."))
                }
                other => other.into(),
            })?;
        }
        Ok(unknown)
    }

    async fn restore_object(
        &self,
        kind: u32,
        name: &str,
        payload: &RawValue,
    ) -> Result<(), ConfigurationError> {
        let payload = payload.get().as_bytes();
        let Some(known) = ObjectKind::from_number(kind) else {
            // Of a newer version, which will know it.
            return Ok(self.store().local_object_create(kind, name, payload).await?);
        };
        InForce::own_check(known, name, payload).map_err(ConfigurationError::Refused)?;
        self.store().local_object_create(kind, name, payload).await?;
        self.in_force().own_change([((known, name.to_owned()), Some(payload.to_vec()))]);
        Ok(())
    }
}
