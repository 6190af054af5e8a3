//! Roles that are limited to some clusters, or to some namespaces in them: what is
//! elsewhere is not shown, not told and not changed.

mod given;
mod narrowed;
mod seen;
mod through;
mod written;

use anyhow::{Result, ensure};
use palisade_api::federation::{Event, Node, NodeList, Workload, WorkloadBatch};
use palisade_tests::reporting::ReportingMember;
use palisade_tests::{Primary, Rest, fleet, simulated, wait};
use serde_json::{Value, json};

/// Stands in every word of the cluster and the namespaces that delegates do not
/// reach.
const FOREIGN: &str = "foreign";

/// A federation of two clusters that report the like: one that delegates reach,
/// and one that they do not.
struct Delegation {
    admin: Rest,
    own: String,
    foreign: String,
    members: Vec<ReportingMember>,
    primary: Primary,
}

impl Delegation {
    async fn start() -> Result<Self> {
        Self::of(Primary::start().await?, &["common:v1", "common:v1"]).await
    }

    /// The images beside the shop's own: of the cluster within, of the other.
    async fn of(primary: Primary, common: &[&str; 2]) -> Result<Self> {
        fleet::promote(&primary).await?;
        let admin = primary.admin().await?;
        let token = primary.token(&["--uses", "10"]).await?;
        let mut ids = Vec::new();
        let mut members = Vec::new();
        for ((name, env), common) in
            [("shop-eu", "prod"), ("foreign-us", "test")].into_iter().zip(common)
        {
            let identity = simulated::join_labelled(&token, name, &[("env", env)]).await?;
            ids.push(identity.membership().cluster_id.to_string());
            let member = ReportingMember::open(&identity).await?;
            let other = if env == "prod" { "" } else { FOREIGN };
            let node = Node { id: "n".to_owned(), name: format!("{other}node"), ..Node::default() };
            let put = ["shop-a", "foreign-bank"].into_iter().flat_map(|namespace| {
                let own = format!("{other}{namespace}:v1");
                [("own", own), ("common", (*common).to_owned())].map(|(id, image)| Workload {
                    id: format!("{namespace}-{id}"),
                    name: format!("{other}{namespace}-{id}"),
                    namespace: format!("{other}{namespace}"),
                    host: format!("{other}node"),
                    image,
                    ..Workload::default()
                })
            });
            let batch = WorkloadBatch {
                digest: vec![1; 32].into(),
                whole: 1,
                first: true,
                last: true,
                put: put.collect(),
                nodes: Some(NodeList { nodes: vec![node] }),
                ..WorkloadBatch::default()
            };
            member.run(batch).await?;
            member.report(events(1, other)).await?;
            members.push(member);
        }
        let [own, foreign] = ids.try_into().map_err(|_| anyhow::anyhow!("two clusters"))?;
        let delegation = Self { admin, own, foreign, members, primary };
        let shared = usize::from(common[0] == common[1]);
        wait::until("the images are counted", || async {
            let all = delegation.admin.get("/v1/fed/images?clusters=1").await?.ok()?;
            let both = delegation.admin.get("/v1/fed/images?clusters=2").await?.ok()?;
            Ok(wait::when(count(&all, "images") > 0 && count(&both, "images") == shared))
        })
        .await?;
        Ok(delegation)
    }

    /// Somebody with `role` within `scope`, logged in.
    async fn delegate(&self, name: &str, role: &str, scope: &Value) -> Result<Rest> {
        let user = json!({ "username": name, "password": "coffee-beans", "role": role,
            "access_scope": scope });
        self.admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
        let mut rest = self.primary.rest()?;
        let answer = rest.login(name, "coffee-beans").await?;
        ensure!(answer["token"]["access_scope"].is_object(), "{answer}");
        Ok(rest)
    }

    async fn relabel(&self, cluster: &str, env: &str) -> Result<()> {
        let path = format!("/v1/fed/member/{cluster}/labels");
        self.admin.patch(&path, &json!({ "labels": { "env": env } })).await?.ok()?;
        Ok(())
    }
}

fn prod() -> Value {
    json!({ "cluster_selector": env("prod") })
}

fn env(value: &str) -> Value {
    json!({ "matchLabels": { "env": value } })
}

/// A denial in each of two namespaces.
fn events(first: u64, other: &str) -> Vec<Event> {
    let event = |(seq, namespace)| {
        let name = "Admission.Control.Denied";
        let detail = json!({ "name": name, "level": "Critical",
            "workload_domain": format!("{other}{namespace}"), "image": "common:v1",
            "workload_name": "pod", "message": format!("{other}{namespace} happened") });
        Event {
            seq,
            at_ms: chrono::Utc::now().timestamp_millis(),
            name: name.to_owned(),
            level: "Critical".to_owned(),
            category: "audit".to_owned(),
            detail: detail.to_string().into(),
        }
    };
    vec![event((first, "shop-a")), event((first + 1, "foreign-bank"))]
}

fn count(answer: &Value, list: &str) -> usize {
    answer[list].as_array().map_or(0, Vec::len)
}

fn group(name: &str, selector: Option<Value>) -> Value {
    let mut config = json!({ "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] });
    if let Some(selector) = selector {
        config["cluster_selector"] = selector;
    }
    json!({ "config": config })
}
