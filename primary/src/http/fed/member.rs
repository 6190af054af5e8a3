//! `GET /v1/fed/member`

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::State;
use chrono::SecondsFormat;
use palisade_api::kind::LogId;
use palisade_api::protocol::Mismatch;
use palisade_api::rest::fed::{
    ClusterStatus, FED_ROLE_MASTER, FedMember, JointCluster, MembersSummary, REST_VERSION,
};
use palisade_api::{ClusterId, Revision};
use palisade_identity::Caller;
use sqlx::PgConnection;

use super::scope::shows;
use super::{master, read_id};
use crate::App;
use crate::federation::address::{federation_address, primary_name};
use crate::federation::link_status::{LinkState, LinkStatus};
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::Query;
use crate::http::selected::selector;
use crate::store;
use crate::store::member::{Member, RemovedReason};
use crate::store::member_kind::MemberKind;

/// Labels that are counted at most, however many are asked for.
const MOST_LABELS: usize = 1_000;

/// Show the federation
///
/// The role of this cluster, the primary, and the members with their state: all
/// of them where nobody asks for a page. Filtered and sorted by any field: `f_*`,
/// `s_*`.
#[utoipa::path(
    get,
    path = "/v1/fed/member",
    tag = "federation",
    params(
        ("former" = Option<bool>, Query,
         description = "Show all clusters that ever were members, as `left` or `kicked`"),
        ("cluster" = Option<String>, Query, description = "Id of the one that is shown"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Clusters by their labels: `env=prod,region in (eu,us),!legacy`",
        ),
        ("concerning" = Option<bool>, Query,
         description = "Only those that are cut off, wait to join, have another version or were copied"),
        (
            "find" = Option<String>,
            Query,
            description = "Text in the names that are listed, and in the labels that are counted",
        ),
        (
            "labels" = Option<i64>,
            Query,
            description = "Labels to count at most, those of most members first; none where nobody says",
        ),
        ("f_*" = Option<String>, Query, description = "Filters by a field"),
        ("s_*" = Option<String>, Query, description = "Sorts by a field: `asc` or `desc`"),
        ("start" = Option<i64>, Query, description = "Members to leave out"),
        ("limit" = Option<i64>, Query, description = "Members at most; all where nobody says"),
    ),
    responses((status = OK, body = FedMember)),
)]
pub(super) async fn fed_member_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<FedMember>> {
    let mut conn = app.database.acquire().await?;
    let federation = store::federation::get(&mut conn).await?;
    let promoted = federation.promoted_at.is_some();
    let selector = selector(&query)?;
    let named = query.get("cluster").filter(|id| !id.is_empty()).map(read_id).transpose()?;
    let mut members = store::member::shown(&mut conn, query.flag("former")).await?;
    members.retain(|member| {
        shows(&caller, member)
            && named.is_none_or(|id| id == member.id)
            && selector.as_ref().is_none_or(|selector| selector.matches(&member.labels))
    });
    let heads = heads(&mut conn).await?;
    drop(conn);
    let mut links = links(&app).await;
    let address = promoted.then(|| federation_address(&app.config, &federation));
    let master_cluster = address.clone().map(|address| {
        master(
            primary_name(&app.config, &federation),
            federation.cluster_id,
            ClusterStatus::Active.as_str(),
            address,
        )
    });
    let mut members: Vec<JointCluster> = members
        .into_iter()
        .map(|member| joint(&app, &heads, links.remove(&member.id), member))
        .collect();
    let mut summary = summary(&heads, &members);
    let found = query.get("find").unwrap_or_default().to_lowercase();
    summary.labels = query
        .get("labels")
        .and_then(|most| most.parse::<usize>().ok())
        .map(|most| labels(&members, &found, most));
    if query.flag("concerning") {
        members.retain(|member| is_of_concern(&member.status, member.duplicate_at.is_some()));
    }
    if !found.is_empty() {
        members.retain(|member| member.name.to_lowercase().contains(&found));
    }
    Ok(Json(FedMember {
        fed_role: if promoted { FED_ROLE_MASTER.to_owned() } else { String::new() },
        // Clients send it back with what they change.
        local_rest_info: address.unwrap_or(federation.rest),
        master_cluster,
        joint_clusters: query.list(members)?,
        use_proxy: federation.use_proxy,
        deploy_repo_scan_data: federation.deploy_repo_scan_data,
        summary: Some(summary),
    }))
}

fn summary(heads: &[(LogId, Revision)], members: &[JointCluster]) -> MembersSummary {
    let head = heads.iter().find(|(log, _)| *log == LogId::Federation);
    let mut summary =
        MembersSummary { revision: head.map_or(0, |(_, head)| head.0), ..Default::default() };
    for member in members {
        *summary.statuses.entry(member.status.clone()).or_default() += 1;
    }
    summary
}

/// Whether somebody should look at a member in this state, or one that was copied.
fn is_of_concern(status: &str, copied: bool) -> bool {
    const STATES: [ClusterStatus; 5] = [
        ClusterStatus::Pending,
        ClusterStatus::Joined,
        ClusterStatus::Disconnected,
        ClusterStatus::JointUpgradeRequired,
        ClusterStatus::JointVersionTooNew,
    ];
    copied || STATES.iter().any(|state| state.as_str() == status)
}

/// How many members have each label with `found` in it; of too many labels those of most members:
/// what but one has, such as its own name, keeps nobody from seeing the others.
fn labels(members: &[JointCluster], found: &str, most: usize) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::<String, u64>::new();
    for (key, value) in members.iter().flat_map(|member| &member.labels) {
        *counts.entry(format!("{key}={value}")).or_default() += 1;
    }
    let mut counts: Vec<_> =
        counts.into_iter().filter(|(label, _)| label.to_lowercase().contains(found)).collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts.truncate(most.min(MOST_LABELS));
    counts.into_iter().collect()
}

/// The members that the caller's role reaches, as clients see them, by name.
pub(super) async fn joint_clusters(
    app: &App,
    caller: &Caller,
) -> Result<Vec<(ClusterId, JointCluster)>> {
    let mut conn = app.database.acquire().await?;
    let mut members = store::member::list(&mut conn).await?;
    members.retain(|member| shows(caller, member));
    let heads = heads(&mut conn).await?;
    drop(conn);
    let mut links = links(app).await;
    let joint = |member: Member| {
        let id = member.id;
        (id, joint(app, &heads, links.remove(&id), member))
    };
    Ok(members.into_iter().map(joint).collect())
}

async fn heads(conn: &mut PgConnection) -> Result<Vec<(LogId, Revision)>> {
    let mut heads = Vec::with_capacity(LogId::ALL.len());
    for log in LogId::ALL {
        heads.push((log, store::change::head(conn, log).await?.revision));
    }
    Ok(heads)
}

/// The links of all replicas.
async fn links(app: &App) -> HashMap<ClusterId, LinkStatus> {
    let mut links = app.replicas.links().await;
    for (cluster, status) in app.links.statuses() {
        // The newer one, where a link elsewhere broke without a word.
        if links.get(&cluster).is_none_or(|other| other.connected_at <= status.connected_at) {
            links.insert(cluster, status);
        }
    }
    links
}

fn joint(
    app: &App,
    heads: &[(LogId, Revision)],
    link: Option<LinkStatus>,
    member: Member,
) -> JointCluster {
    let acked = |link: &LinkStatus| {
        link.logs.iter().find(|log| log.log == LogId::Federation).map(|log| log.acked)
    };
    let vulndb = link.as_ref().and_then(|link| link.vulndb.clone());
    JointCluster {
        disabled: false,
        id: member.id.to_string(),
        secret: String::new(),
        user: String::new(),
        status: status(app, link.as_ref(), heads, &member).as_str().to_owned(),
        rest_version: REST_VERSION.to_owned(),
        k8s_uid: String::new(),
        rest_info: member.rest,
        proxy_required: false,
        home: member.kind == MemberKind::Home,
        labels: member.labels.into(),
        agent_version: member.version,
        revision: link.as_ref().and_then(acked).unwrap_or(member.revision).0,
        last_seen: link
            .map_or(member.last_seen_at, |_| Some(app.clock.now()))
            .map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        cvedb_version: vulndb.as_ref().map(|vulndb| vulndb.version.clone()),
        cvedb_create_time: vulndb
            .map(|vulndb| vulndb.built_at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        duplicate_at: (member.duplicate.as_ref())
            .map(|duplicate| duplicate.at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        duplicate_address: member.duplicate.map(|duplicate| duplicate.source),
        certificate_expires_at: Some(
            member.certificate_expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        ),
        name: member.name,
    }
}

/// As the link says; where there is none, as it was last time. What was
/// committed a moment ago may not have reached the links: `heads` are the
/// revisions that a synced member must hold.
fn status(
    app: &App,
    link: Option<&LinkStatus>,
    heads: &[(LogId, Revision)],
    member: &Member,
) -> ClusterStatus {
    let behind = |link: &LinkStatus| {
        link.logs
            .iter()
            .any(|of| heads.iter().any(|(log, head)| *log == of.log && of.acked < *head))
    };
    match member.removed {
        Some(RemovedReason::Kicked | RemovedReason::Demoted) => return ClusterStatus::Kicked,
        Some(RemovedReason::Left) => return ClusterStatus::Left,
        None if member.pending => return ClusterStatus::Pending,
        None => {}
    }
    match link.map(|link| link.state) {
        Some(LinkState::Synced) if link.is_some_and(behind) => ClusterStatus::OutOfSync,
        Some(LinkState::Synced) => ClusterStatus::Synced,
        Some(LinkState::OutOfSync) => ClusterStatus::OutOfSync,
        // It has never said that it holds anything.
        Some(LinkState::Connected) if member.revision == Revision::ZERO => ClusterStatus::Joined,
        Some(LinkState::Connected) => ClusterStatus::Connected,
        Some(LinkState::Syncing) => ClusterStatus::Syncing,
        Some(LinkState::Pinging) => ClusterStatus::Pinging,
        None => match not_linked(member.version_refusal, app.replicas.upgrade_ongoing()) {
            Some(refused) => refused,
            None if member.last_seen_at.is_some() => ClusterStatus::Disconnected,
            None => ClusterStatus::Joined,
        },
    }
}

/// Why a member without a link has none, where its version is to blame.
pub(super) fn not_linked(
    refusal: Option<Mismatch>,
    upgrade_ongoing: bool,
) -> Option<ClusterStatus> {
    Some(match refusal? {
        _ if upgrade_ongoing => ClusterStatus::ClusterUpgradeOngoing,
        Mismatch::OtherTooOld => ClusterStatus::JointUpgradeRequired,
        Mismatch::OtherTooNew => ClusterStatus::JointVersionTooNew,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_looks_at_what_does_not_mend_itself() {
        for (status, copied, expected) in [
            (ClusterStatus::Synced, false, false),
            (ClusterStatus::Synced, true, true),
            (ClusterStatus::OutOfSync, false, false),
            (ClusterStatus::Left, false, false),
            (ClusterStatus::Joined, false, true),
            (ClusterStatus::Pending, false, true),
            (ClusterStatus::Disconnected, false, true),
            (ClusterStatus::JointVersionTooNew, false, true),
        ] {
            assert_eq!(is_of_concern(status.as_str(), copied), expected, "{status:?}, {copied}");
        }
    }
}
