//! `/v1/scan/registry…`: federated registries and their images, read-only here.
//! The full report is fetched from the primary, by the digest of the image.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use palisade_api::rest::scan::{
    RegistryImageSummary, RegistryImageSummaryData, RegistrySummary, RegistrySummaryData,
    RegistrySummaryListData, ScanBrief,
};
use palisade_api::scan::{Findings, ImageName, Severity, Verdict};
use palisade_policy::admission::ImageName as PodImage;
use serde_json::{Value, json};

use crate::Controller;
use crate::event::rfc3339;
use crate::reach::Reach;
use crate::rest::error::{ApiError, Result};
use crate::rest::extract::ListQuery;
use crate::rest::workload;

/// `GET /v1/scan/registry`.
pub(in crate::rest) async fn registries(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<RegistrySummaryListData>> {
    let mut summarys = Vec::new();
    if query.scope()?.federal() {
        let scanned = scanned_by_registry(&controller, &reach);
        for registry in controller.in_force().registries() {
            let count = scanned.get(&registry.name).copied().unwrap_or_default();
            summarys.push(summary_of(registry, count));
        }
    }
    Ok(Json(RegistrySummaryListData { summarys: query.list(summarys)? }))
}

/// `GET /v1/scan/registry/{name}`.
pub(in crate::rest) async fn registry(
    State(controller): State<Controller>,
    reach: Reach,
    Path(name): Path<String>,
) -> Result<Json<RegistrySummaryData>> {
    let registry = controller
        .in_force()
        .registries()
        .into_iter()
        .find(|registry| registry.name == name)
        .ok_or_else(|| ApiError::missing("registry", &name))?;
    let count = scanned_by_registry(&controller, &reach).get(&name).copied().unwrap_or_default();
    Ok(Json(RegistrySummaryData { summary: summary_of(registry, count) }))
}

/// `GET /v1/scan/registry/{name}/images`.
pub(in crate::rest) async fn images(
    State(controller): State<Controller>,
    reach: Reach,
    Path(name): Path<String>,
    query: ListQuery,
) -> Result<Json<RegistryImageSummaryData>> {
    require_registry(&controller, &name)?;
    let shown = Shown::of(&controller, &reach);
    let mut images: Vec<_> = controller
        .in_force()
        .verdicts()
        .iter()
        .map(|scanned| scanned.verdict())
        .filter(|verdict| shown.has(verdict))
        .flat_map(|verdict| {
            let here = verdict.names.iter().filter(|image| image.registry_name == name);
            here.map(|image| image_of(verdict, image))
        })
        .collect();
    images.sort_by(|a, b| {
        (&a.repository, &a.tag, &a.digest).cmp(&(&b.repository, &b.tag, &b.digest))
    });
    Ok(Json(RegistryImageSummaryData { images: query.list(images)? }))
}

/// `GET /v1/scan/registry/{name}/image/{id}`: the id is that of the image or
/// the digest of its manifest, with or without its algorithm.
pub(in crate::rest) async fn image(
    State(controller): State<Controller>,
    reach: Reach,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response> {
    require_registry(&controller, &name)?;
    let wanted = bare(&id);
    let is = |text: &str| bare(text) == wanted;
    let shown = Shown::of(&controller, &reach);
    let digest = controller
        .in_force()
        .verdicts()
        .iter()
        .map(|scanned| scanned.verdict())
        .find(|verdict| {
            verdict.names.iter().any(|image| image.registry_name == name)
                && (is(&verdict.image_id) || is(&verdict.image_digest))
                && shown.has(verdict)
        })
        .map(|verdict| verdict.image_digest.clone())
        .ok_or_else(|| ApiError::missing("image", &id))?;
    let report = controller.federation().report(&digest).await?;
    let parsed: Value = serde_json::from_slice(&report)?;
    let body = match parsed.get("report") {
        Some(_) => report.to_vec(),
        None => serde_json::to_vec(&json!({ "report": parsed }))?,
    };
    let mut response = body.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn bare(digest: &str) -> &str {
    digest.split_once(':').map_or(digest, |(_, hex)| hex)
}

/// Changes and scans of a registry.
pub(in crate::rest) async fn refuse_change(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> ApiError {
    match require_registry(&controller, &name) {
        Ok(()) => ApiError::federal(),
        Err(error) => error,
    }
}

fn require_registry(controller: &Controller, name: &str) -> Result<()> {
    let known = controller.in_force().registries().iter().any(|one| one.name == name);
    if known { Ok(()) } else { Err(ApiError::missing("registry", name)) }
}

fn scanned_by_registry(controller: &Controller, reach: &Reach) -> BTreeMap<String, i64> {
    let shown = Shown::of(controller, reach);
    let mut counts = BTreeMap::new();
    for scanned in controller.in_force().verdicts().iter() {
        let verdict = scanned.verdict();
        for image in verdict.names.iter().filter(|_| shown.has(verdict)) {
            *counts.entry(image.registry_name.clone()).or_default() += 1;
        }
    }
    counts
}

/// Which images a call is shown.
enum Shown {
    All,
    /// Those that run where the call reaches, as far as the nodes tell: by the digest
    /// of the configuration, or by a name that leads to a manifest's.
    Running {
        ids: BTreeSet<String>,
        manifests: BTreeSet<String>,
    },
}

impl Shown {
    fn of(controller: &Controller, reach: &Reach) -> Self {
        if reach.is_whole() {
            return Self::All;
        }
        let workloads = workload::seen(controller, reach);
        let known = workloads.iter().map(|one| bare(&one.image_id)).filter(|id| !id.is_empty());
        let ids = known.map(str::to_owned).collect();
        let verdicts = controller.in_force().verdicts();
        let named = workloads.iter().map(|one| &one.image).filter(|name| !name.is_empty());
        let found = named.flat_map(|name| verdicts.find(&PodImage::parse(name)));
        let manifests = found.map(|scanned| scanned.verdict().image_digest.clone()).collect();
        Self::Running { ids, manifests }
    }

    fn has(&self, verdict: &Verdict) -> bool {
        match self {
            Self::All => true,
            Self::Running { ids, manifests } => {
                ids.contains(bare(&verdict.image_id)) || manifests.contains(&verdict.image_digest)
            }
        }
    }
}

fn summary_of(registry: palisade_api::rest::scan::Registry, scanned: i64) -> RegistrySummary {
    RegistrySummary { registry, status: "idle".to_owned(), scanned, ..RegistrySummary::default() }
}

fn image_of(verdict: &Verdict, image: &ImageName) -> RegistryImageSummary {
    let count = |severity: Severity, findings: fn(&Findings) -> u32| match &verdict.findings {
        Some(all) => findings(all).into(),
        // Of a primary that does not say.
        None => verdict.cves.iter().filter(|cve| cve.severity() == severity).count() as i64,
    };
    RegistryImageSummary {
        repository: image.repository.clone(),
        tag: image.tag.clone(),
        // As the primary lists it: clients look for the same id in all clusters.
        image_id: bare(&verdict.image_id).to_owned(),
        digest: verdict.image_digest.clone(),
        size: verdict.size,
        run_as_root: verdict.run_as_root,
        envs: verdict.envs.clone(),
        labels: verdict.labels.clone(),
        brief: ScanBrief {
            status: "finished".to_owned(),
            critical: count(Severity::Critical, |all| all.critical),
            high: count(Severity::High, |all| all.high),
            medium: count(Severity::Medium, |all| all.medium),
            result: "succeeded".to_owned(),
            scanned_timestamp: verdict.scanned_at,
            scanned_at: rfc3339(verdict.scanned_at * 1000),
            base_os: verdict.base_os.clone(),
            scanner_version: verdict.cvedb_version.clone(),
            ..ScanBrief::default()
        },
        ..RegistryImageSummary::default()
    }
}
