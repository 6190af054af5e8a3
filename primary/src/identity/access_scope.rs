//! Access scopes as clients write and read them.

use std::collections::BTreeSet;

use palisade_api::rest::access_scope as rest;
use palisade_identity::namespace::NotANamespace;
use palisade_identity::{AccessScope, AccessScopeError, ScopeClusters};
use palisade_policy::PolicyError;
use thiserror::Error;

use super::Identity;
use crate::store::{StoreError, member};

/// A scope that a client cannot mean.
#[derive(Debug, Error)]
pub enum ScopeError {
    /// It makes no scope.
    #[error(transparent)]
    Scope(#[from] AccessScopeError),
    /// A selector that is none.
    #[error("access_scope: {0}")]
    Selector(#[from] PolicyError),
    /// A namespace that is none.
    #[error("access_scope: {0}")]
    Namespace(#[from] NotANamespace),
    /// A name that no cluster has.
    #[error("access_scope: there is no cluster {0:?}")]
    UnknownCluster(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Identity {
    /// Puts ids in place of the names of clusters: names change, and their next
    /// holder is another cluster.
    pub async fn name_by_id(&self, scope: &mut rest::AccessScope) -> Result<(), ScopeError> {
        let is_id = |text: &String| text.parse::<palisade_api::ClusterId>().is_ok();
        if scope.clusters.iter().all(is_id) {
            return Ok(());
        }
        let mut conn = self.database.acquire().await?;
        let known = member::ids_of(&mut conn, &scope.clusters).await?;
        for cluster in &mut scope.clusters {
            // A cluster may have a name that looks like an id.
            if is_id(cluster) {
                continue;
            }
            let id = known.iter().find(|(name, _)| name == cluster).map(|(_, id)| *id);
            let unknown = || ScopeError::UnknownCluster(cluster.chars().take(64).collect());
            let id = palisade_api::ClusterId::from_uuid(id.ok_or_else(unknown)?);
            *cluster = id.to_string();
        }
        Ok(())
    }

    /// The scope that a client means; none where it limits nothing.
    pub async fn scope(
        &self,
        mut asked: rest::AccessScope,
    ) -> Result<Option<AccessScope>, ScopeError> {
        self.name_by_id(&mut asked).await?;
        read_scope(asked)
    }
}

/// The scope that a client means, which names clusters by their ids.
pub fn read_scope(asked: rest::AccessScope) -> Result<Option<AccessScope>, ScopeError> {
    let rest::AccessScope { cluster_selector, clusters, domains } = asked;
    let id = |text: &String| {
        text.parse().map_err(|_| ScopeError::UnknownCluster(text.chars().take(64).collect()))
    };
    let clusters = clusters.iter().map(id).collect::<Result<BTreeSet<_>, _>>()?;
    let domains = domains.iter().map(|name| name.parse()).collect::<Result<BTreeSet<_>, _>>()?;
    let selector = cluster_selector.map(TryInto::try_into).transpose()?;
    Ok(AccessScope::new(selector, clusters, domains)?)
}

/// A scope as clients read it.
pub fn shown_scope(scope: &AccessScope) -> rest::AccessScope {
    let (cluster_selector, clusters) = match scope.clusters() {
        ScopeClusters::All => (None, Vec::new()),
        ScopeClusters::Labelled(selector) => (Some(selector.clone().into()), Vec::new()),
        ScopeClusters::Listed(ids) => (None, ids.iter().map(ToString::to_string).collect()),
    };
    let domains = scope.namespaces().iter().map(ToString::to_string).collect();
    rest::AccessScope { cluster_selector, clusters, domains }
}
