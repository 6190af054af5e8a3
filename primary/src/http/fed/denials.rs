//! `GET /v1/fed/denials`

use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use palisade_api::rest::event::{Audit, FedDenial, FedDenialsData, name};
use sqlx::PgConnection;

use super::answer::{answer, placed};
use super::export::{Row, Rows};
use super::parameters::{OfClusters, OfNamespaces, Part};
use super::question::ask;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::Query;
use crate::store::event::list::{self, Event};
use crate::store::question::Question;

/// List what admission control of all clusters denied
///
/// And, of rules that only watch, what it would have denied. What has a parameter is a filter as
/// `f_*`, too, and what `sort` names an order as `s_*`; others are passed over.
#[utoipa::path(
    get,
    path = "/v1/fed/denials",
    tag = "federation",
    params(
        OfClusters,
        OfNamespaces,
        ("image" = Option<String>, Query, description = "Text that the image contains"),
        ("level" = Option<String>, Query, description = "For example `Critical`, or several"),
        (
            "name" = Option<String>,
            Query,
            description = "`Admission.Control.Denied` or `Admission.Control.Violation`",
        ),
        ("since" = Option<String>, Query, description = "Unix seconds or RFC 3339"),
        ("until" = Option<String>, Query, description = "Unix seconds or RFC 3339, exclusive"),
        ("sort" = Option<String>, Query, description = "`time`, `cluster` (by id) or `name`"),
        Part,
    ),
    responses((status = OK, body = FedDenialsData)),
)]
pub(super) async fn fed_denial_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Response> {
    let mut asked = ask(&app, &caller, &query, &list::FIELDS, &list::ORDERS).await?;
    let denials = list::named(&[name::ADMISSION_DENIED, name::ADMISSION_VIOLATION]);
    asked.question.conditions.push(denials);
    let page = |denials, next| FedDenialsData { denials, next };
    answer(app, asked, |conn, question| Box::pin(read(conn, question)), page).await
}

async fn read(conn: &mut PgConnection, question: &Question) -> Rows<FedDenial> {
    let found = list::list(conn, question).await?;
    Ok(placed(found, question.order, Event::place, denial))
}

fn denial(event: Event) -> FedDenial {
    let Event { cluster, cluster_name, event } = event;
    // A record of another shape still shows what stands beside it.
    let audit: Audit = serde_json::from_str(event.detail.get()).unwrap_or_default();
    FedDenial {
        cluster_id: cluster.to_string(),
        cluster_name,
        seq: event.seq,
        reported_timestamp: event.at.timestamp(),
        reported_at: event.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        denied: event.name == name::ADMISSION_DENIED,
        namespace: event.namespace,
        workload: audit.workload_name,
        image: event.image,
        user: audit.user,
        admission_rule_id: audit.admission_rule_id,
        admission_rule_cfg_type: audit.admission_rule_cfg_type,
        container: audit.container,
        operation: audit.operation,
        resource_kind: audit.resource_kind,
        admission_criteria: audit.admission_criteria,
        admission_evidence: audit.admission_evidence,
        admission_evidence_count: audit.admission_evidence_count,
        unscanned_images: audit.unscanned_images,
        message: audit.message,
        critical: audit.critical_vul_cnt,
        high: audit.high_vul_cnt,
    }
}

impl Row for FedDenial {
    const LIST: &'static str = "denials";
    const COLUMNS: &'static [&'static str] = &[
        "reported_at",
        "reported_timestamp",
        "cluster_name",
        "cluster_id",
        "seq",
        "denied",
        "namespace",
        "workload",
        "image",
        "user",
        "critical",
        "high",
        "admission_rule_id",
        "admission_rule_cfg_type",
        "container",
        "operation",
        "resource_kind",
        "admission_criteria",
        "admission_evidence",
        "admission_evidence_count",
        "unscanned_images",
        "message",
    ];
}
