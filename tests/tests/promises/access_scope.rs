//! Roles that are limited to some clusters, or to some namespaces in them: what is
//! elsewhere is not shown, not told and not changed.

use anyhow::{Context, Result, ensure};
use palisade_api::federation::{Event, Node, NodeList, Workload, WorkloadBatch};
use palisade_tests::idp::{Idp, RETURN, visit};
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::reporting::ReportingMember;
use palisade_tests::{Primary, Registry, Rest, fleet, simulated, vulndb, wait};
use reqwest::Method;
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

#[tokio::test]
async fn no_answer_holds_a_word_of_another_cluster_or_namespace() -> Result<()> {
    let delegation = Delegation::start().await?;
    let Delegation { own, foreign, .. } = &delegation;
    let in_namespaces = json!({ "cluster_selector": env("prod"), "domains": ["shop-*"] });
    for (name, scope, namespaces) in [
        ("by-label", prod(), 2),
        ("by-name", json!({ "clusters": ["shop-eu"] }), 2),
        ("by-id", json!({ "clusters": [own] }), 2),
        ("by-namespace", in_namespaces, 1),
    ] {
        let rest = delegation.delegate(name, "fedReader", &scope).await?;
        let mut heard = String::new();
        let lists = [
            "summary",
            "workloads",
            "images",
            "compliance",
            "vulnerabilities",
            "denials",
            "events",
        ];
        for list in lists {
            let path = format!("/v1/fed/{list}");
            for query in [
                "",
                "?format=csv",
                "?format=json",
                "?sort=cluster",
                "?sort=clusters",
                &format!("?cluster={foreign}"),
                &format!("?cluster={own},{foreign}"),
                &format!("?f_cluster=neq,{own}"),
                "?f_namespace=prefix,foreign",
                "?f_clusters=gt,1",
                "?clusters=2",
            ] {
                heard.push_str(&rest.get(&format!("{path}{query}")).await?.text);
            }
            // A name of which one may not know is like one that nobody has.
            let answer = rest.get(&format!("{path}?cluster=foreign-us")).await?;
            let unknown = rest.get(&format!("{path}?cluster=nobodys-us")).await?;
            let told = answer.text.replace("foreign-us", "nobodys-us");
            assert_eq!((answer.status, told), (unknown.status, unknown.text), "{path}");
        }
        for path in [
            "/v1/fed/member",
            "/v1/fed/member?former=true",
            "/v1/fed/rollout",
            "/v1/fed/object_status?kind=group&name=fed.containers",
        ] {
            heard.push_str(&rest.get(path).await?.ok()?.to_string());
        }
        if namespaces == 2 {
            // Both namespaces are within, so only the cluster's own words are not.
            heard = heard.replace("shop-eu", "").replace("foreign-bank", "");
        }
        ensure!(!heard.contains(FOREIGN) && !heard.contains(foreign.as_str()), "{name}: {heard}");

        let workloads = rest.get("/v1/fed/workloads").await?.ok()?;
        assert_eq!(count(&workloads, "workloads"), 2 * namespaces, "{name}: {workloads}");
        let events = rest.get("/v1/fed/events").await?.ok()?;
        assert_eq!(count(&events, "events"), namespaces, "{name}: {events}");
        let denials = rest.get("/v1/fed/denials").await?.ok()?;
        assert_eq!(count(&denials, "denials"), namespaces, "{name}: {denials}");
        let images = rest.get("/v1/fed/images?sort=name&name=common").await?.ok()?;
        let common = &images["images"][0];
        ensure!(common["clusters"] == 1 && common["workloads"] == namespaces, "{name}: {images}");
        let summary = rest.get("/v1/fed/summary").await?.ok()?;
        assert_eq!(summary["total"]["clusters"], 1, "{name}: {summary}");
        assert_eq!(summary["total"]["workloads"], 2 * namespaces, "{name}: {summary}");
        assert_eq!(summary["total"]["denials"], namespaces, "{name}: {summary}");
        let members = rest.get("/v1/fed/member").await?.ok()?;
        assert_eq!(count(&members, "joint_clusters"), 1, "{name}: {members}");
    }
    let all = delegation.admin.get("/v1/fed/workloads").await?.ok()?;
    assert_eq!(count(&all, "workloads"), 8, "without a limit all are there");
    Ok(())
}

#[tokio::test]
async fn of_a_registry_a_delegate_sees_what_runs_within() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let registry = Registry::start().await?;
    for (repository, version) in [("shop/orders", "3.0.9-1"), ("foreign/ledger", "3.0.8-1")] {
        let layer = debian_layer(&[("libssl3", version, "openssl")])?.layer()?;
        let image = ImageBuilder::new().layer(layer).build()?;
        image.push(&registry.url(), repository, "v1").await?;
    }
    let host = registry.url();
    let host = host.split("://").last().context("no host")?;
    let images = ["shop/orders", "foreign/ledger"].map(|name| format!("{host}/{name}:v1"));
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    let delegation = Delegation::of(primary, &[&images[0], &images[1]]).await?;
    let admin = &delegation.admin;
    let config = json!({ "config": { "name": "fed.shop", "registry_type": "Docker Registry",
        "registry": format!("{}/", registry.url()), "filters": ["*"], "cfg_type": "federal" } });
    admin.post("/v1/scan/registry", &config).await?.ok()?;
    admin.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.ok()?;
    let path = "/v1/scan/registry/fed.shop/images?s_repository=desc";
    let ids = wait::until("both are scanned", || async {
        let images = admin.get(path).await?.ok()?;
        let images = images["images"].as_array().cloned().unwrap_or_default();
        let done = images.len() == 2 && images.iter().all(|one| one["status"] == "finished");
        let id = |one: &Value| one["image_id"].as_str().unwrap_or_default().to_owned();
        Ok(wait::when(done).map(|()| images.iter().map(id).collect::<Vec<_>>()))
    })
    .await?;
    let in_namespace = json!({ "cluster_selector": env("prod"), "domains": ["shop-*"] });
    let elsewhere = json!({ "cluster_selector": env("prod"), "domains": ["other"] });
    for (name, scope, shown) in
        [("mary", prod(), 1), ("paul", in_namespace, 1), ("rita", elsewhere, 0)]
    {
        let rest = delegation.delegate(name, "fedReader", &scope).await?;
        let registries = rest.get("/v1/scan/registry").await?.ok()?;
        assert_eq!(count(&registries, "summarys"), 1, "{name}: {registries}");
        rest.get("/v1/scan/registry/fed.shop").await?.ok()?;
        for path in [path, "/v1/scan/registry/fed.shop/images?start=-1&limit=1"] {
            let listed = rest.get(path).await?.ok()?;
            assert_eq!(count(&listed, "images"), shown, "{name}: {path}: {listed}");
            ensure!(!listed.to_string().contains(FOREIGN), "{name}: {path}: {listed}");
        }
        for (id, visible) in [(&ids[0], shown == 1), (&ids[1], false)] {
            for part in [format!("image/{id}"), format!("image/{id}/sbom"), format!("layers/{id}")]
            {
                let path = format!("/v1/scan/registry/fed.shop/{part}");
                let answer = rest.get(&path).await?;
                if visible {
                    answer.ok()?;
                } else {
                    answer.expect(404, 7).context(name)?;
                }
                admin.get(&path).await?.ok()?;
            }
        }
        rest.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.expect(403, 25)?;
        let documents = rest.get("/v1/fed/vex").await?.ok()?;
        assert_eq!(documents["documents"], json!([]));
        rest.post("/v1/fed/vex", &json!({})).await?.expect(403, 25)?;
    }
    Ok(())
}

#[tokio::test]
async fn another_clusters_id_names_nothing() -> Result<()> {
    let delegation = Delegation::start().await?;
    let Delegation { own, foreign, .. } = &delegation;
    let delegate = delegation.delegate("mary", "fedAdmin", &prod()).await?;
    let nobody = "00000000000000000000000000000000";
    for (method, path) in [
        (Method::GET, "/v1/fed/cluster/{id}/v1/group"),
        (Method::POST, "/v1/fed/cluster/{id}/v1/group"),
        (Method::DELETE, "/v1/fed/cluster/{id}/v1/group/x"),
        (Method::GET, "/v1/fed/cluster/{id}/configuration"),
        (Method::GET, "/v1/fed/cluster/{id}/configuration/newest"),
        (Method::GET, "/v1/fed/view/{id}"),
    ] {
        let call = async |id: &str| {
            let path = path.replace("{id}", id);
            let answer = delegate.send(method.clone(), &path, Some("{}".to_owned())).await?;
            anyhow::Ok((answer.status, answer.text.replace(id, "ID")))
        };
        let (status, text) = call(foreign).await?;
        assert_eq!((status.as_u16(), &text), (400, &call(nobody).await?.1), "{path}");
        // The member that is within answers no calls here.
        if !path.contains("/v1/group") {
            ensure!(call(own).await?.1 != text, "{path}: {text}");
        }
    }
    let deploy = json!({ "ids": [foreign] });
    delegate.post("/v1/fed/deploy", &deploy).await?.expect(400, 6)?;
    // A cluster does not know of namespaces of a role, so it is not asked.
    let shop = json!({ "cluster_selector": env("prod"), "domains": ["shop-*"] });
    let shop = delegation.delegate("paul", "fedReader", &shop).await?;
    for path in ["v1/group", "configuration"] {
        shop.get(&format!("/v1/fed/cluster/{own}/{path}")).await?.expect(403, 25)?;
    }
    Ok(())
}

#[tokio::test]
async fn labels_decide_who_is_within_at_once_and_a_delegate_does_not_give_them() -> Result<()> {
    let delegation = Delegation::start().await?;
    let Delegation { own, foreign, .. } = &delegation;
    let delegate = delegation.delegate("mary", "fedAdmin", &prod()).await?;
    let names = async || {
        let answer = delegate.get("/v1/fed/summary").await?.ok()?;
        let clusters = answer["clusters"].as_array().context("no clusters")?;
        let names = clusters.iter().filter_map(|one| one["name"].as_str());
        anyhow::Ok(names.collect::<Vec<_>>().join(","))
    };
    assert_eq!(names().await?, "shop-eu");
    delegation.relabel(foreign, "prod").await?;
    assert_eq!(names().await?, "foreign-us,shop-eu");
    delegation.relabel(own, "test").await?;
    assert_eq!(names().await?, "foreign-us");
    delegate.get(&format!("/v1/fed/view/{own}")).await?.expect(400, 7)?;
    let labels = json!({ "labels": { "env": "prod" } });
    for (method, path) in [
        (Method::PATCH, format!("/v1/fed/member/{own}/labels")),
        (Method::PATCH, format!("/v1/fed/member/{foreign}/labels")),
        (Method::GET, "/v1/fed/join_token?labels=env=prod".to_owned()),
        (Method::DELETE, format!("/v1/fed/cluster/{foreign}")),
        (Method::POST, format!("/v1/fed/cluster/{foreign}/approve")),
        (Method::POST, "/v1/fed/demote".to_owned()),
    ] {
        delegate.send(method, &path, Some(labels.to_string())).await?.expect(403, 25)?;
    }
    Ok(())
}

fn group(name: &str, selector: Option<Value>) -> Value {
    let mut config = json!({ "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] });
    if let Some(selector) = selector {
        config["cluster_selector"] = selector;
    }
    json!({ "config": config })
}

#[tokio::test]
async fn a_delegate_writes_what_is_provably_within() -> Result<()> {
    let delegation = Delegation::start().await?;
    let admin = &delegation.admin;
    admin.post("/v1/group", &group("fed.all", None)).await?.ok()?;
    admin.post("/v1/group", &group("fed.test", Some(env("test")))).await?.ok()?;
    let delegate = delegation.delegate("mary", "fedAdmin", &prod()).await?;
    let either = json!({ "matchExpressions":
        [{ "key": "env", "operator": "In", "values": ["prod", "test"] }] });
    for selector in [None, Some(json!({})), Some(env("test")), Some(either)] {
        let refused = delegate.post("/v1/group", &group("fed.mine", selector)).await?;
        refused.expect(403, 25)?;
        ensure!(refused.text.contains("cluster_selector"), "{}", refused.text);
    }
    let narrow = json!({ "matchLabels": { "env": "prod", "region": "eu" } });
    delegate.post("/v1/group", &group("fed.mine", Some(narrow))).await?.ok()?;
    delegate.patch("/v1/group/fed.mine", &group("fed.mine", Some(env("prod")))).await?.ok()?;
    // What is for others is read, and neither changed, taken over nor deleted.
    let shown = delegate.get("/v1/group/fed.test").await?.ok()?;
    ensure!(shown["group"]["cluster_selector"] == env("test"), "{shown}");
    for name in ["fed.all", "fed.test"] {
        let path = format!("/v1/group/{name}");
        delegate.patch(&path, &group(name, Some(env("prod")))).await?.expect(403, 25)?;
        delegate.delete(&path).await?.expect(403, 25)?;
    }
    delegate
        .patch("/v1/group/fed.mine", &group("fed.mine", Some(json!({}))))
        .await?
        .expect(403, 25)?;
    let profile = |name: &str| {
        json!({ "process_profile_config": { "group": name, "process_change_list":
            [{ "name": "sh", "path": "/bin/sh", "action": "deny" }] } })
    };
    delegate.patch("/v1/process_profile/fed.mine", &profile("fed.mine")).await?.ok()?;
    delegate.patch("/v1/process_profile/fed.all", &profile("fed.all")).await?.expect(403, 25)?;

    let rule = |selector: Value| {
        json!({ "insert": { "rules": [{ "id": 0, "from": "fed.all", "to": "external",
            "ports": "any", "action": "deny", "applications": [], "cfg_type": "federal",
            "cluster_selector": selector }] } })
    };
    let path = "/v1/policy/rule?scope=fed";
    delegate.patch(path, &rule(env("prod"))).await?.ok()?;
    delegate.patch(path, &rule(env("test"))).await?.expect(403, 25)?;
    admin
        .patch(
            path,
            &json!({ "insert": { "rules": [{ "id": 0, "from": "fed.all",
        "to": "external", "ports": "any", "action": "deny", "applications": [],
        "cfg_type": "federal" }] } }),
        )
        .await?
        .ok()?;
    // All rules are also those of others.
    delegate.delete(path).await?.expect(403, 25)?;
    delegate.post("/v1/fed/history/1/rollback", &Value::Null).await?.expect(403, 25)?;

    let hook = |selector: Value| {
        json!({ "config": { "name": "fed.hook", "url": "https://127.0.0.1:1/", "enable": true,
            "type": "JSON", "cfg_type": "federal", "cluster_selector": selector } })
    };
    let path = "/v1/system/config/webhook";
    delegate.post(path, &hook(json!({}))).await?.expect(403, 25)?;
    delegate.post(path, &hook(env("prod"))).await?.ok()?;

    let all = delegate.get("/v1/fed/policy").await?;
    ensure!(all.text.contains("fed.test"), "{}", all.text);
    let applied =
        delegate.send(Method::POST, "/v1/fed/policy", Some(all.text.clone())).await?.ok()?;
    assert_eq!(applied["plan"], json!([]), "what is so already is no change");
    let kept = all.text.split("\n- ").find(|text| text.contains("fed.hook"));
    let pruned = format!("items:\n- {}", kept.context("no webhook")?);
    let path = "/v1/fed/policy?prune=true&dry_run=true";
    delegate.send(Method::POST, path, Some(pruned)).await?.expect(403, 25)?;

    // Who has a list of clusters, or namespaces, reads what is federated.
    let listed = json!({ "clusters": ["shop-eu"] });
    let listed = delegation.delegate("paul", "fedAdmin", &listed).await?;
    let refused = listed.post("/v1/group", &group("fed.his", Some(env("prod")))).await?;
    refused.expect(403, 25)?;
    ensure!(refused.text.contains("labels"), "{}", refused.text);
    let reader = delegation.delegate("rita", "fedReader", &prod()).await?;
    reader.post("/v1/group", &group("fed.hers", Some(env("prod")))).await?.expect(403, 25)?;
    reader.get("/v1/group/fed.mine").await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_limit_stays_until_it_is_taken_away() -> Result<()> {
    let delegation = Delegation::start().await?;
    let admin = &delegation.admin;
    let mary = delegation.delegate("mary", "fedReader", &prod()).await?;
    // Clients that know of no limits send what they know.
    let change = |config: Value| json!({ "config": config });
    admin.patch("/v1/user/mary", &change(json!({ "email": "m@example.org" }))).await?.ok()?;
    let shown = mary.get("/v1/selfuser").await?.ok()?;
    assert_eq!(shown["user"]["access_scope"], prod(), "{shown}");
    admin.patch("/v1/user/mary", &change(json!({ "role": "fedAdmin" }))).await?.ok()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)?;
    let shown = admin.get("/v1/user/mary").await?.ok()?;
    assert_eq!(
        (&shown["user"]["role"], &shown["user"]["access_scope"]),
        (&json!("fedAdmin"), &prod())
    );

    for wrong in [
        json!({ "role": "reader" }),
        json!({ "role": "fedReader", "role_domains": { "admin": ["shop"] } }),
        json!({ "access_scope": { "clusters": ["nobody"] } }),
        json!({ "access_scope": { "cluster_selectr": env("prod") } }),
        json!({ "access_scope": { "cluster_selector": env("prod"), "clusters": ["shop-eu"] } }),
        json!({ "access_scope": { "domains": ["a b"] } }),
    ] {
        admin
            .patch("/v1/user/mary", &change(wrong.clone()))
            .await?
            .expect(400, 6)
            .context(wrong)?;
    }
    let first = change(json!({ "access_scope": prod() }));
    admin.patch("/v1/user/admin", &first).await?.expect(403, 25)?;

    // A delegate gives nothing to anybody, least of all to itself.
    let mut mary = delegation.primary.rest()?;
    mary.login("mary", "coffee-beans").await?;
    mary.patch("/v1/user/mary", &change(json!({ "access_scope": {} }))).await?.expect(403, 25)?;
    let user = json!({ "username": "eve", "password": "coffee-beans", "role": "fedReader" });
    mary.post("/v1/user", &json!({ "user": user })).await?.expect(403, 25)?;
    let key = json!({ "apikey_name": "eve", "role": "fedReader", "expiration_type": "oneday" });
    mary.post("/v1/api_key", &json!({ "apikey": key })).await?.expect(403, 25)?;
    mary.patch("/v1/user/mary", &change(json!({ "email": "x@example.org" }))).await?.ok()?;

    admin.patch("/v1/user/mary", &change(json!({ "access_scope": {} }))).await?.ok()?;
    mary.login("mary", "coffee-beans").await?;
    let all = mary.get("/v1/fed/member").await?.ok()?;
    assert_eq!(count(&all, "joint_clusters"), 2, "{all}");

    // The groups of a directory as well.
    let mapped = |scope: Option<Value>| {
        let mut group = json!({ "group": "prod-ops", "global_role": "fedAdmin" });
        if let Some(scope) = scope {
            group["access_scope"] = scope;
        }
        json!({ "config": { "name": "openId1", "oidc": { "issuer": "https://127.0.0.1:1/",
            "client_id": "palisade", "client_secret": "s", "enable": false,
            "group_mapped_roles": [group] } } })
    };
    let scope = json!({ "clusters": ["shop-eu"] });
    admin.post("/v1/server", &mapped(Some(scope))).await?.ok()?;
    let shown = async || {
        let server = admin.get("/v1/server/openId1").await?.ok()?;
        anyhow::Ok(server["server"]["oidc"]["group_mapped_roles"][0]["access_scope"].clone())
    };
    let by_id = json!({ "clusters": [delegation.own] });
    assert_eq!(shown().await?, by_id, "a name may have another holder one day");
    admin.patch("/v1/server/openId1", &mapped(None)).await?.ok()?;
    assert_eq!(shown().await?, by_id);
    let groups = json!({ "config": { "name": "openId1", "role": "fedReader",
        "groups": ["prod-ops"] } });
    admin.patch("/v1/server/openId1/role/fedReader", &groups).await?.ok()?;
    assert_eq!(shown().await?, by_id);
    admin.patch("/v1/server/openId1", &mapped(Some(json!({})))).await?.ok()?;
    assert_eq!(shown().await?, Value::Null);
    drop(delegation.members);
    Ok(())
}

#[tokio::test]
async fn who_signs_on_elsewhere_is_limited_as_their_group_is() -> Result<()> {
    let delegation = Delegation::start().await?;
    let Delegation { admin, own, foreign, primary, .. } = &delegation;
    let person =
        |name: &str, groups: Value| json!({ "preferred_username": name, "groups": groups });
    let idp = Idp::certified(json!({
        "mary": person("mary", json!(["prod-ops", "everybody"])),
        "paul": person("paul", json!(["shop-team"])),
        "rita": person("rita", json!(["everybody"])),
    }))
    .await?;
    let mut settings = idp.settings();
    settings["group_mapped_roles"] = json!([
        { "group": "prod-ops", "global_role": "fedAdmin", "access_scope": prod() },
        { "group": "shop-team", "global_role": "fedReader",
          "access_scope": { "clusters": [own], "domains": ["shop-*"] } },
        { "group": "everybody", "global_role": "fedReader" },
    ]);
    let server = json!({ "config": { "name": "openId1", "oidc": settings } });
    admin.post("/v1/server", &server).await?.ok()?;
    let sign_in = async |login: &str| {
        let rest = primary.rest()?;
        let begun = json!({ "redirect_endpoint": RETURN });
        let begun = rest.post("/v1/token_auth_server/openId1", &begun).await?.ok()?;
        let url = begun["redirect"]["redirect_url"].as_str().context("no address")?;
        let returned = visit(url, login).await?;
        let answer = rest.post("/v1/auth/openId1", &returned.body()).await?.ok()?;
        let token = answer["token"]["token"].as_str().context("no token")?;
        anyhow::Ok(rest.with_token(Some(token)))
    };
    for (login, clusters, workloads) in [("mary", 1, 4), ("paul", 1, 2), ("rita", 2, 8)] {
        let rest = sign_in(login).await?;
        for (path, list, wanted) in [
            ("/v1/fed/member", "joint_clusters", clusters),
            ("/v1/fed/workloads", "workloads", workloads),
            ("/v1/fed/denials", "denials", workloads / 2),
        ] {
            let answer = rest.get(path).await?.ok()?;
            assert_eq!(count(&answer, list), wanted, "{login}: {path}: {answer}");
        }
        let summary = rest.get("/v1/fed/summary").await?.ok()?;
        assert_eq!(summary["total"]["workloads"], workloads, "{login}: {summary}");
        let view = rest.get(&format!("/v1/fed/view/{foreign}")).await?;
        assert_eq!(view.code() == Some(7), login != "rita", "{login}: {}", view.text);
    }
    let mary = sign_in("mary").await?;
    mary.post("/v1/group", &group("fed.mine", Some(env("prod")))).await?.ok()?;
    mary.post("/v1/group", &group("fed.ours", None)).await?.expect(403, 25)?;
    mary.get("/v1/user").await?.expect(403, 25)?;
    // Another limit of the group holds for what began before.
    let change = json!({ "config": { "name": "openId1", "oidc": { "group_mapped_roles": [
        { "group": "prod-ops", "global_role": "fedReader", "access_scope": prod() },
    ] } } });
    admin.patch("/v1/server/openId1", &change).await?.ok()?;
    sign_in("mary").await?.post("/v1/group", &group("fed.x", None)).await?.expect(403, 25)?;
    mary.get("/v1/fed/member").await?.expect(401, 3)?;
    Ok(())
}

#[tokio::test]
async fn federated_objects_are_listed_for_the_clusters_of_a_label() -> Result<()> {
    let delegation = Delegation::start().await?;
    let admin = &delegation.admin;
    for (name, selector) in
        [("fed.all", None), ("fed.prod", Some(env("prod"))), ("fed.test", Some(env("test")))]
    {
        admin.post("/v1/group", &group(name, selector.clone())).await?.ok()?;
        let mut rule = json!({ "category": "Kubernetes", "cfg_type": "federal", "comment": name,
            "rule_type": "deny", "criteria":
                [{ "name": "namespace", "op": "containsAny", "value": "shop" }] });
        if let Some(selector) = selector {
            rule["cluster_selector"] = selector;
        }
        admin.post("/v1/admission/rule", &json!({ "config": rule })).await?.ok()?;
    }
    let delegate = delegation.delegate("mary", "fedReader", &prod()).await?;
    for (rest, selector, wanted) in [
        (admin, "", "all prod test"),
        (admin, "env=prod", "all prod"),
        (admin, "env%20in%20(prod,test)", "all prod test"),
        (admin, "env=none", ""),
        (&delegate, "", "all prod test"),
        (&delegate, "env=prod", "all prod"),
        // Clusters of which a role may not know are none.
        (&delegate, "env=test", ""),
    ] {
        for (path, list, key) in [
            ("/v1/group", "groups", "name"),
            ("/v1/process_profile", "process_profiles", "group"),
            ("/v1/file_monitor", "profiles", "group"),
            ("/v1/admission/rules", "rules", "comment"),
            ("/v1/dlp/group", "dlp_groups", "name"),
        ] {
            let path = format!("{path}?scope=fed&cluster_selector={selector}");
            let answer = rest.get(&path).await?.ok()?;
            let rows = answer[list].as_array().context("no list")?;
            let names = rows.iter().filter_map(|row| row[key].as_str()?.strip_prefix("fed."));
            let ours = names.filter(|name| ["all", "prod", "test"].contains(name));
            assert_eq!(ours.collect::<Vec<_>>().join(" "), wanted, "{path}: {answer}");
        }
    }
    for path in ["/v1/policy/rule", "/v1/response/rule", "/v1/waf/sensor", "/v1/waf/group"] {
        admin.get(&format!("{path}?cluster_selector=env=prod")).await?.ok()?;
        admin.get(&format!("{path}?cluster_selector=((")).await?.expect(400, 6)?;
    }
    Ok(())
}

#[tokio::test]
async fn questions_are_asked_of_clusters_by_their_labels() -> Result<()> {
    let delegation = Delegation::start().await?;
    let admin = &delegation.admin;
    for (selector, clusters) in [
        ("env=prod", 1),
        ("env%20in%20(prod,test)", 2),
        ("env!=prod", 1),
        ("!env", 0),
        ("env=none", 0),
        ("env=prod&cluster=foreign-us", 0),
        ("env=prod&cluster=shop-eu", 1),
    ] {
        for (list, each) in [("workloads", 4), ("events", 2), ("denials", 2)] {
            let path = format!("/v1/fed/{list}?cluster_selector={selector}");
            let answer = admin.get(&path).await?.ok()?;
            assert_eq!(count(&answer, list), clusters * each, "{path}: {answer}");
            let csv = admin.get(&format!("{path}&format=csv")).await?.text;
            assert_eq!(csv.lines().count(), 1 + clusters * each, "{path}: {csv}");
        }
        let path = format!("/v1/fed/images?cluster_selector={selector}&name=common");
        let images = admin.get(&path).await?.ok()?;
        assert_eq!(count(&images, "images"), clusters.min(1), "{path}: {images}");
        let path = format!("/v1/fed/summary?cluster_selector={selector}");
        let summary = admin.get(&path).await?.ok()?;
        assert_eq!(summary["total"]["clusters"], clusters, "{path}: {summary}");
        admin.get(&format!("/v1/fed/vulnerabilities?cluster_selector={selector}")).await?.ok()?;
    }
    let many = (0..33).map(|n| format!("k{n}")).collect::<Vec<_>>().join(",");
    for list in ["workloads", "images", "events", "denials", "summary", "vulnerabilities"] {
        for wrong in [many.as_str(), "env%20in%20prod", "a=b%20c", "(("] {
            let path = format!("/v1/fed/{list}?cluster_selector={wrong}");
            admin.get(&path).await?.expect(400, 6)?;
        }
    }
    // Of what a role does not reach, no selector tells.
    let delegate = delegation.delegate("mary", "fedReader", &prod()).await?;
    let none = delegate.get("/v1/fed/workloads?cluster_selector=env=test").await?.ok()?;
    assert_eq!(count(&none, "workloads"), 0, "{none}");
    let none = delegate.get("/v1/fed/images?cluster_selector=env=test&name=common").await?.ok()?;
    assert_eq!(count(&none, "images"), 0, "{none}");
    Ok(())
}
