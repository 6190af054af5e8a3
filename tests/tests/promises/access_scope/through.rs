//! What delegates of a namespace see and change of a cluster: through the primary, and
//! of the primary's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use palisade_tests::{Agent, Fleet, Primary, Rest, decision, wait};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{FOREIGN, count};

/// The containers that run, by their namespaces.
const SHOP: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const BANK: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

/// A home cluster that runs a container in each of two namespaces, `shop` and one that
/// delegates do not reach, with groups and rules of both.
struct Place {
    fleet: Fleet,
    /// What leads to the cluster through the primary.
    through: String,
    _node: TempDir,
}

impl Place {
    async fn start() -> Result<Self> {
        let node = tempfile::tempdir()?;
        lay_out(node.path())?;
        let mut fleet = Fleet::of(Primary::start().await?, &[]).await?;
        let token = fleet.primary.token(&["--home"]).await?;
        let agent = Agent::builder("home", &token)
            .args(["--roles", "controller,scanner", "--kubernetes-version", "v1.29.1"])
            .arg("--host-root")
            .arg(node.path().join("root"))
            .arg("--host-proc")
            .arg(node.path().join("proc"))
            .start()
            .await?;
        fleet.agents.insert("home".to_owned(), agent);
        fleet.wait_for_status("home", "synced").await?;
        let member = fleet.member("home").await?.context("no member")?;
        let through = format!("/v1/fed/cluster/{}", member["id"].as_str().context("no id")?);
        let place = Self { fleet, through, _node: node };
        place.fill().await?;
        Ok(place)
    }

    /// Groups, rules, and a denial in each namespace.
    async fn fill(&self) -> Result<()> {
        let admin = &self.fleet.admin;
        for (name, key, value) in [
            ("shop-orders", "domain", "shop"),
            ("foreign-ledger", "domain", "foreign-bank"),
            ("foreign-all", "service", "any"),
            ("office", "address", "10.0.0.0/8"),
        ] {
            admin.post("/v1/group", &group(name, key, value)).await?.ok()?;
        }
        for (id, from, to) in [
            (1, "shop-orders", "shop-orders"),
            (2, "shop-orders", "external"),
            (3, "foreign-ledger", "office"),
            (4, "foreign-ledger", "foreign-ledger"),
        ] {
            admin.patch("/v1/policy/rule", &insert(id, from, to)).await?.ok()?;
        }
        for (id, group) in [(1, "shop-orders"), (2, "foreign-ledger"), (3, "")] {
            admin.patch("/v1/response/rule", &respond(id, group)).await?.ok()?;
        }
        let state = json!({ "state": { "enable": true, "mode": "protect" } });
        admin.patch("/v1/admission/state", &state).await?.ok()?;
        let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "rule_type": "deny",
            "cfg_type": "user_created", "comment": "", "criteria":
                [{ "name": "namespace", "op": "notContainsAny", "value": "elsewhere" }] } });
        admin.post("/v1/admission/rule", &rule).await?.ok()?;
        for namespace in ["shop", "foreign-bank"] {
            let mut review = decision::pod("till:v1");
            for at in ["/request/namespace", "/request/object/metadata/namespace"] {
                *review.pointer_mut(at).context("no namespace")? = json!(namespace);
            }
            let answer = self.fleet.agent("home")?.review(&review).await?;
            ensure!(answer["response"]["allowed"] == false, "{answer}");
        }
        wait::until("the containers are known, and the primary is told of all", || async {
            let running = admin.get("/v1/workload").await?.ok()?;
            let told = admin.get("/v1/fed/workloads").await?.ok()?;
            let denials = admin.get("/v1/fed/denials").await?.ok()?;
            let counted = (
                count(&running, "workloads"),
                count(&told, "workloads"),
                count(&denials, "denials"),
            );
            Ok(wait::when(counted == (2, 2, 2)))
        })
        .await
    }

    /// Somebody with `role` in the namespace `shop` of all clusters, logged in.
    async fn delegate(&self, name: &str, role: &str) -> Result<Rest> {
        let scope = json!({ "role": role, "access_scope": { "domains": ["shop"] } });
        self.user(name, scope).await
    }

    async fn user(&self, name: &str, mut user: Value) -> Result<Rest> {
        user["username"] = json!(name);
        user["password"] = json!("coffee-beans");
        self.fleet.admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
        let mut rest = self.fleet.primary.rest()?;
        rest.login(name, "coffee-beans").await?;
        Ok(rest)
    }
}

/// The files by which a node knows of two containers.
fn lay_out(node: &Path) -> Result<()> {
    let write = |name: String, content: &str| {
        let path = node.join(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        anyhow::Ok(fs::write(path, content)?)
    };
    write("root/etc/machine-id".to_owned(), "0123456789abcdef0123456789abcdef\n")?;
    write("proc/sys/kernel/hostname".to_owned(), "node-1\n")?;
    write("proc/stat".to_owned(), "btime 1000\n")?;
    for (pid, id, namespace) in [(30, SHOP, "shop"), (40, BANK, "foreign-bank")] {
        write(format!("container-{pid}/etc/hostname"), "till\n")?;
        write(format!("proc/{pid}/cgroup"), &format!("0::/docker/{id}\n"))?;
        let stat = format!("{pid} (till) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 500 1 1");
        write(format!("proc/{pid}/stat"), &stat)?;
        write(format!("proc/{pid}/status"), "Uid:\t1000\t1000\t1000\t1000\n")?;
        let process = node.join(format!("proc/{pid}/root"));
        std::os::unix::fs::symlink(node.join(format!("container-{pid}")), process)?;
        let bundle = json!({ "annotations": {
            "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.container-name": format!("{namespace}-till"),
            "io.kubernetes.cri.sandbox-name": format!("{namespace}-till-0"),
            "io.kubernetes.cri.sandbox-namespace": namespace,
            "io.kubernetes.cri.image-name": format!("registry.example/{namespace}/till:v1") } });
        let folder = "root/run/containerd/io.containerd.runtime.v2.task/k8s.io";
        write(format!("{folder}/{id}/config.json"), &bundle.to_string())?;
    }
    Ok(())
}

fn group(name: &str, key: &str, value: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "user_created",
        "criteria": [{ "key": key, "op": "=", "value": value }] } })
}

fn insert(id: u32, from: &str, to: &str) -> Value {
    json!({ "insert": { "rules": [{ "id": id, "from": from, "to": to, "ports": "any",
        "action": "deny", "applications": [], "cfg_type": "user_created" }] } })
}

fn respond(id: u32, group: &str) -> Value {
    json!({ "insert": { "rules": [{ "id": id, "event": "security-event", "group": group,
        "comment": format!("{group} happened"), "actions": ["suppress-log"],
        "webhooks": [], "disable": false,
        "conditions": [{ "type": "level", "value": "Critical" }],
        "cfg_type": "user_created" }] } })
}

/// One field of each element of a list.
fn fields(answer: &Value, list: &str, field: &str) -> Result<Vec<Value>> {
    let list = answer[list].as_array().with_context(|| format!("no {list} in {answer}"))?;
    Ok(list.iter().map(|one| one[field].clone()).collect())
}

#[tokio::test]
async fn a_delegate_sees_of_a_cluster_what_is_in_the_namespace() -> Result<()> {
    let place = Place::start().await?;
    let rest = place.delegate("mary", "fedReader").await?;
    for way in [place.through.as_str(), ""] {
        let get = async |path: &str| rest.get(&format!("{way}{path}")).await;
        for (path, list, field, wanted) in [
            ("/v1/workload", "workloads", "id", json!([SHOP])),
            ("/v1/host", "hosts", "id", json!([])),
            ("/v1/group?scope=local", "groups", "name", json!(["office", "shop-orders"])),
            ("/v1/policy/rule?scope=local", "rules", "id", json!([1, 2])),
            ("/v1/response/rule?scope=local", "rules", "id", json!([1])),
            (
                "/v1/process_profile?scope=local",
                "process_profiles",
                "group",
                json!(["shop-orders"]),
            ),
            ("/v1/file_monitor?scope=local", "profiles", "group", json!(["shop-orders"])),
            ("/v1/dlp/group?scope=local", "dlp_groups", "name", json!(["shop-orders"])),
        ] {
            let answer = get(path).await?.ok()?;
            assert_eq!(json!(fields(&answer, list, field)?), wanted, "{way}{path}");
        }
        let named = json!({ "ids": [SHOP, BANK] });
        let named = rest.post(&format!("{way}/v2/workload"), &named).await?.ok()?;
        assert_eq!(count(&named, "workloads"), 1, "{way}: {named}");
        let summary = get("/v1/system/summary").await?.ok()?;
        let summary = (&summary["summary"]["workloads"], &summary["summary"]["hosts"]);
        assert_eq!(summary, (&json!(1), &json!(0)), "{way}");

        // What the cluster has besides is there, and not shown; what it has not is not there.
        for (own, other, kind) in [
            (SHOP, BANK, "workload"),
            (SHOP, BANK, "scan/workload"),
            ("shop-orders", "foreign-ledger", "group"),
            ("shop-orders", "foreign-all", "process_profile"),
            ("1", "4", "policy/rule"),
            ("1", "2", "response/rule"),
        ] {
            get(&format!("/v1/{kind}/{own}")).await?.ok()?;
            get(&format!("/v1/{kind}/{other}")).await?.expect(403, 25)?;
            get(&format!("/v1/{kind}/9999")).await?.expect(404, 7)?;
        }
        // Rules of addresses are others' as well.
        let office = get("/v1/group/office").await?.ok()?;
        assert_eq!(office["group"]["policy_rules"], json!([]), "{way}");
        let mut heard = String::new();
        for path in [
            "/v2/workload",
            "/v1/domain",
            "/v1/group",
            "/v1/group?brief=true",
            "/v1/policy/rule",
            "/v1/response/rule",
            "/v1/response/options",
            "/v1/process_profile",
            "/v1/file_monitor",
            "/v1/dlp/sensor",
            "/v1/waf/sensor",
            "/v1/waf/group",
            "/v1/list/application",
            "/v1/log/violation",
            "/v1/log/threat",
        ] {
            let answer = get(path).await?;
            ensure!(answer.status.is_success(), "{way}{path}: {} {}", answer.status, answer.text);
            heard.push_str(&answer.text);
        }
        ensure!(!heard.contains(FOREIGN) && !heard.contains(BANK), "{way}: {heard}");
        get("/v1/controller").await?.expect(403, 25)?;
        get("/v1/scan/platform").await?.expect(403, 25)?;
    }
    let through = async |path: &str| rest.get(&format!("{}{path}", place.through)).await;
    let audits = through("/v1/log/audit").await?.ok()?;
    let namespaces = fields(&audits, "audits", "workload_domain")?;
    ensure!(!namespaces.is_empty() && namespaces.iter().all(|one| one == "shop"), "{audits}");
    // Pages are of what is shown.
    let page = through("/v1/log/audit?start=0&limit=1").await?.ok()?;
    assert_eq!(page["audits"][0], audits["audits"][0]);
    assert_eq!(through("/v1/log/event").await?.ok()?["events"], json!([]));
    for unlisted in [
        "/v1/admission/rules",
        "/v1/admission/state",
        "/v1/system/config",
        "/v1/scan/config",
        "/v1/fed/member",
        "/v1/user",
        "/v1/tomorrow",
    ] {
        through(unlisted).await?.expect(403, 25).context(unlisted)?;
    }
    let oneself = through("/v1/selfuser").await?.ok()?;
    assert_eq!(oneself["global_permissions"], json!([]), "{oneself}");
    ensure!(oneself["domain_permissions"]["shop"].is_array(), "{oneself}");
    // The fleet's questions keep to the namespace, too.
    for list in ["workloads", "events", "denials", "images"] {
        let answer = rest.get(&format!("/v1/fed/{list}")).await?;
        ensure!(!answer.text.contains(FOREIGN), "{list}: {}", answer.text);
    }
    let workloads = rest.get("/v1/fed/workloads").await?.ok()?;
    assert_eq!(count(&workloads, "workloads"), 1, "{workloads}");
    let whole = place.fleet.admin.get("/v1/workload").await?.ok()?;
    assert_eq!(count(&whole, "workloads"), 2, "who has no limit sees all");
    Ok(())
}

/// What a cluster refuses a delegate of the namespace `shop`: method, path and body.
fn refused() -> Vec<(Method, &'static str, Value)> {
    let config = |config: Value| json!({ "config": config });
    vec![
        (Method::POST, "/v1/group", group("mine", "domain", "foreign-bank")),
        (Method::POST, "/v1/group", group("mine", "domain", "*")),
        (Method::POST, "/v1/group", group("mine", "service", "orders")),
        (Method::POST, "/v1/group", group("mine", "address", "10.0.0.1")),
        (Method::PATCH, "/v1/group/shop-orders", group("shop-orders", "service", "orders")),
        (Method::PATCH, "/v1/group/foreign-ledger", config(json!({ "comment": "mine" }))),
        (Method::PATCH, "/v1/group/foreign-ledger", group("foreign-ledger", "domain", "shop")),
        (Method::PATCH, "/v1/group/office", config(json!({ "comment": "mine" }))),
        (Method::DELETE, "/v1/group/foreign-all", Value::Null),
        (Method::DELETE, "/v1/group/containers", Value::Null),
        (
            Method::PATCH,
            "/v1/process_profile/foreign-ledger",
            json!({ "process_profile_config": { "group": "foreign-ledger",
                "process_change_list": [{ "name": "sh", "path": "/bin/sh", "action": "allow" }] } }),
        ),
        (
            Method::PATCH,
            "/v1/dlp/group/foreign-ledger",
            config(json!({ "name": "foreign-ledger", "status": false })),
        ),
        (Method::POST, "/v1/dlp/sensor", config(json!({ "name": "mine", "rules": [] }))),
        (Method::PATCH, "/v1/policy/rule", insert(0, "shop-orders", "external")),
        (Method::PATCH, "/v1/policy/rule", insert(0, "foreign-ledger", "shop-orders")),
        (Method::PATCH, "/v1/policy/rule", json!({ "move": { "id": 4, "after": 0 } })),
        (Method::PATCH, "/v1/policy/rule", json!({ "delete": [1, 4] })),
        (Method::PATCH, "/v1/policy/rule", json!({ "rules": [] })),
        (Method::PATCH, "/v1/policy/rule/2", config(json!({ "id": 2, "action": "allow" }))),
        (Method::PATCH, "/v1/policy/rule/1", config(json!({ "id": 1, "to": "foreign-ledger" }))),
        (Method::DELETE, "/v1/policy/rule/4", Value::Null),
        (Method::DELETE, "/v1/policy/rule?scope=local", Value::Null),
        (Method::PATCH, "/v1/response/rule", respond(0, "foreign-ledger")),
        (Method::PATCH, "/v1/response/rule", respond(0, "")),
        (Method::PATCH, "/v1/response/rule/1", config(json!({ "id": 1, "group": "" }))),
        (Method::DELETE, "/v1/response/rule/3", Value::Null),
        (Method::DELETE, "/v1/response/rule?scope=local", Value::Null),
    ]
}

#[tokio::test]
async fn a_delegate_changes_what_is_in_the_namespace_and_nothing_beside_it() -> Result<()> {
    let place = Place::start().await?;
    let admin = &place.fleet.admin;
    let state = async || {
        let mut all = String::new();
        for path in ["group", "policy/rule", "response/rule", "process_profile", "dlp/sensor"] {
            all.push_str(&admin.get(&format!("/v1/{path}?scope=local")).await?.text);
        }
        anyhow::Ok(all)
    };
    let rest = place.delegate("mary", "fedAdmin").await?;
    let before = state().await?;
    for way in [place.through.as_str(), ""] {
        for (method, path, body) in refused() {
            let body = (!body.is_null()).then(|| body.to_string());
            let answer = rest.send(method.clone(), &format!("{way}{path}"), body).await?;
            answer.expect(403, 25).with_context(|| format!("{method} {way}{path}"))?;
        }
        let scan = format!("{way}/v1/scan/workload/{BANK}");
        rest.post(&scan, &Value::Null).await?.expect(403, 25)?;
        rest.delete(&format!("{way}/v1/group/nobodys")).await?.expect(404, 7)?;
    }
    assert_eq!(state().await?, before, "what is refused changes nothing");

    for (n, way) in [(0, place.through.as_str()), (10, "")] {
        let name = format!("shop-till-{n}");
        rest.post(&format!("{way}/v1/group"), &group(&name, "domain", "shop")).await?.ok()?;
        let path = format!("{way}/v1/group/{name}");
        let comment = json!({ "config": { "name": name, "comment": "ours" } });
        rest.patch(&path, &comment).await?.ok()?;
        let profile = json!({ "process_profile_config": { "group": name, "process_change_list":
            [{ "name": "sh", "path": "/bin/sh", "action": "deny" }] } });
        rest.patch(&format!("{way}/v1/process_profile/{name}"), &profile).await?.ok()?;
        // Between the rules of others as well.
        let id = n + 21;
        rest.patch(&format!("{way}/v1/policy/rule"), &insert(id, &name, "shop-orders"))
            .await?
            .ok()?;
        let moved = json!({ "move": { "id": id, "after": 3 } });
        rest.patch(&format!("{way}/v1/policy/rule"), &moved).await?.ok()?;
        rest.patch(&format!("{way}/v1/response/rule"), &respond(id, &name)).await?.ok()?;
        for kind in ["policy", "response"] {
            rest.delete(&format!("{way}/v1/{kind}/rule/{id}")).await?.ok()?;
        }
        rest.delete(&path).await?.ok()?;
    }
    let reader = place.delegate("rita", "fedReader").await?;
    let comment = json!({ "config": { "comment": "mine" } });
    let path = format!("{}/v1/group/shop-orders", place.through);
    reader.patch(&path, &comment).await?.expect(403, 25)?;
    Ok(())
}

/// What happens in another member is not told to who reads the home cluster alone, in
/// whichever list; what happened at the primary is.
async fn the_home_cluster_alone(place: &Place) -> Result<()> {
    let token = place.fleet.primary.token(&[]).await?;
    let afar = Agent::join("afar", &token).await?;
    let local = afar.admin().await?;
    let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "rule_type": "deny",
        "cfg_type": "user_created", "comment": "", "criteria":
            [{ "name": "namespace", "op": "notContainsAny", "value": "elsewhere" }] } });
    local.post("/v1/admission/rule", &rule).await?.ok()?;
    let state = json!({ "state": { "enable": true, "mode": "protect" } });
    local.patch("/v1/admission/state", &state).await?.ok()?;
    let answer = afar.review(&decision::pod("till:v1")).await?;
    ensure!(answer["response"]["allowed"] == false, "{answer}");
    let admin = &place.fleet.admin;
    let names = |answer: &Value, list: &str| -> Result<BTreeSet<String>> {
        Ok(fields(answer, list, "cluster_name")?
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect())
    };
    wait::until("the denial is known", || async {
        let denials = admin.get("/v1/fed/denials").await?.ok()?;
        Ok(wait::when(names(&denials, "denials")?.contains("afar")))
    })
    .await?;
    let whole = place.user("onlooker", json!({ "role": "reader" })).await?;
    for (path, list) in [
        ("/v1/fed/denials", "denials"),
        ("/v1/fed/events", "events"),
        ("/v1/log/audit", "audits"),
        ("/v1/log/event", "events"),
    ] {
        let all = names(&admin.get(path).await?.ok()?, list)?;
        ensure!(all.contains("afar"), "{path}: {all:?}");
        let told = names(&whole.get(path).await?.ok()?, list)?;
        ensure!(!told.contains("afar") && !told.is_empty(), "{path}: {told:?}");
    }
    let primary = whole.get("/v1/fed/member").await?.ok()?["master_cluster"]["id"].clone();
    let joins = whole.get("/v1/fed/events?name=Federation.Join").await?.ok()?;
    ensure!(fields(&joins, "events", "cluster_id")?.contains(&primary), "{joins}");
    for list in ["denials", "events"] {
        let path = format!("/v1/fed/{list}/timeline?by=cluster");
        let (all, told) = (admin.get(&path).await?.ok()?, whole.get(&path).await?.ok()?);
        ensure!(all.to_string().contains("afar"), "{path}: {all}");
        ensure!(!told.to_string().contains("afar"), "{path}: {told}");
        let other = whole.get(&format!("/v1/fed/{list}?cluster=afar")).await?;
        let nobody = whole.get(&format!("/v1/fed/{list}?cluster=nobody")).await?;
        assert_eq!(other.status, nobody.status);
    }
    Ok(())
}

#[tokio::test]
async fn a_role_in_a_namespace_counts_at_the_home_cluster_alone() -> Result<()> {
    let place = Place::start().await?;
    let lead =
        place.user("lead", json!({ "role": "", "role_domains": { "admin": ["shop"] } })).await?;
    for (path, list, field, wanted) in [
        ("/v1/workload", "workloads", "id", json!([SHOP])),
        ("/v1/host", "hosts", "id", json!([])),
        ("/v1/group", "groups", "name", json!(["office", "shop-orders"])),
        ("/v1/policy/rule", "rules", "id", json!([1, 2])),
        ("/v1/process_profile", "process_profiles", "group", json!(["shop-orders"])),
    ] {
        let answer = lead.get(path).await?.ok()?;
        assert_eq!(json!(fields(&answer, list, field)?), wanted, "{path}");
    }
    let reader =
        place.user("reader", json!({ "role": "", "role_domains": { "reader": ["shop"] } })).await?;
    // What the primary knows of the home cluster, as far as it tells namespaces apart.
    for one in [&lead, &reader] {
        let summary = one.get("/v1/fed/summary").await?.ok()?;
        assert_eq!(fields(&summary, "clusters", "name")?, ["home"], "{summary}");
        ensure!(summary["clusters"][0]["workloads"] == 1, "{summary}");
        ensure!(summary["total"]["denials"] == 1, "{summary}");
        for list in ["events", "denials"] {
            let told = one.get(&format!("/v1/fed/{list}")).await?.ok()?;
            let namespaces = fields(&told, list, "namespace")?;
            ensure!(!namespaces.is_empty(), "{list}: {told}");
            ensure!(namespaces.iter().all(|namespace| namespace == "shop"), "{list}: {told}");
            one.get(&format!("/v1/fed/{list}/timeline")).await?.ok()?;
        }
        let audits = one.get("/v1/log/audit").await?.ok()?.to_string();
        ensure!(audits.contains("shop") && !audits.contains(FOREIGN), "{audits}");
        for path in ["/v1/log/event", "/v1/scan/registry", "/v1/system/summary"] {
            let told = one.get(path).await?.ok().with_context(|| path.to_owned())?;
            ensure!(!told.to_string().contains(FOREIGN), "{path}: {told}");
        }
        one.get("/v1/fed/events?cluster=home").await?.ok()?;
    }
    let comment = json!({ "config": { "comment": "ours" } });
    lead.patch("/v1/group/shop-orders", &comment).await?.ok()?;
    reader.get("/v1/group/shop-orders").await?.ok()?;
    reader.patch("/v1/group/shop-orders", &comment).await?.expect(403, 25)?;
    for (method, path, body) in refused() {
        let body = (!body.is_null()).then(|| body.to_string());
        let answer = lead.send(method.clone(), path, body).await?;
        answer.expect(403, 25).with_context(|| format!("{method} {path}"))?;
    }
    // Who reads everything, and rules in the namespace, does both.
    let both = json!({ "role": "reader", "role_domains": { "admin": ["shop"] } });
    let both = place.user("both", both).await?;
    let groups = both.get("/v1/group?scope=local").await?.ok()?.to_string();
    ensure!(groups.contains("shop-orders") && groups.contains("foreign-ledger"), "{groups}");
    // Nor does who reads all of the home cluster read the federation.
    for one in [&both, &place.user("whole", json!({ "role": "reader" })).await?] {
        let summary = one.get("/v1/fed/summary").await?.ok()?;
        assert_eq!(fields(&summary, "clusters", "name")?, ["home"], "{summary}");
        let workloads = summary["clusters"][0]["workloads"].as_i64();
        ensure!(workloads > Some(1), "{summary}");
        one.get("/v1/fed/workloads").await?.expect(403, 25)?;
    }
    the_home_cluster_alone(&place).await?;
    both.patch("/v1/group/shop-orders", &comment).await?.ok()?;
    for (method, path, body) in refused() {
        let body = (!body.is_null()).then(|| body.to_string());
        let answer = both.send(method.clone(), path, body).await?;
        answer.expect(403, 25).with_context(|| format!("{method} {path} of both"))?;
    }
    // What is federated, other clusters and the primary itself are not the namespace's.
    let federated = json!({ "config": { "name": "fed.mine", "cfg_type": "federal",
        "criteria": [{ "key": "domain", "op": "=", "value": "shop" }] } });
    lead.post("/v1/group", &federated).await?.expect(403, 25)?;
    for path in [
        "/v1/group?scope=fed",
        "/v1/admission/rules",
        "/v1/controller",
        "/v1/fed/workloads",
        "/v1/fed/member",
        &format!("{}/v1/workload", place.through),
    ] {
        lead.get(path).await?.expect(403, 25).with_context(|| path.to_owned())?;
    }
    Ok(())
}
