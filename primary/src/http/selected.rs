//! Lists of federated objects for some clusters alone: `cluster_selector=`, as
//! questions about the fleet know it.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use http::request::Parts;
use palisade_api::ObjectKind;
use palisade_policy::PolicyError;
use palisade_policy::cluster::{ClusterLabels, ClusterSelector};

use super::error::{ApiError, Result};
use super::extract::Authenticated;
use super::query::Query;
use crate::App;
use crate::store::{member, object};

/// The labels of the clusters that a list is about; none: all clusters.
#[derive(Clone, Debug)]
pub(super) struct Selected(Option<Vec<ClusterLabels>>);

impl FromRequestParts<App> for Selected {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, app).await?;
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let Some(selector) = selector(&query)? else { return Ok(Self(None)) };
        let members = member::labels(&mut *app.database.acquire().await?).await?;
        let scope = caller.rights.scope();
        let selected = members.into_iter().filter(|(id, labels)| {
            selector.matches(labels) && scope.is_none_or(|scope| scope.reaches(*id, labels))
        });
        Ok(Self(Some(selected.map(|(_, labels)| labels).collect())))
    }
}

/// The selector that a query names.
pub(super) fn selector(query: &Query) -> Result<Option<ClusterSelector>> {
    let text = query.get("cluster_selector").filter(|text| !text.is_empty());
    let read = text.map(str::parse).transpose();
    read.map_err(|error: PolicyError| ApiError::invalid_request(format!("{error}.")))
}

impl Selected {
    /// Which objects of a kind are for one of the clusters.
    pub(super) async fn of(self, app: &App, kind: ObjectKind) -> Result<Targeted> {
        let selectors = match &self.0 {
            Some(_) => object::selectors(&mut *app.database.acquire().await?, kind).await?,
            None => BTreeMap::new(),
        };
        Ok(Targeted { clusters: self.0, selectors })
    }
}

/// Which objects are for one of some clusters.
#[derive(Clone, Debug)]
pub(super) struct Targeted {
    clusters: Option<Vec<ClusterLabels>>,
    /// Of the objects that are not for every cluster, by name.
    selectors: BTreeMap<String, ClusterSelector>,
}

impl Targeted {
    /// Whether the object of this name is for one of them.
    pub(super) fn has(&self, name: &str) -> bool {
        let Some(clusters) = &self.clusters else { return true };
        match self.selectors.get(name) {
            Some(selector) => clusters.iter().any(|labels| selector.matches(labels)),
            None => !clusters.is_empty(),
        }
    }
}
