//! Questions about the whole fleet, answered by the primary alone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::federation::{Event, Node, NodeList, Workload, WorkloadBatch};
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::reporting::ReportingMember;
use palisade_tests::simulated;
use palisade_tests::{Agent, Fleet, Primary, Registry, Rest, vulndb, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A node that says it runs containers, by files alone.
struct FakeNode(TempDir);

impl FakeNode {
    fn new() -> Result<Self> {
        let node = Self(tempfile::tempdir()?);
        node.write("root/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12\"\n")?;
        node.write("proc/sys/kernel/hostname", "node-1\n")?;
        node.write("proc/stat", "btime 1700000000\n")?;
        fs::create_dir_all(node.path("rootfs"))?;
        Ok(node)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> Result<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        Ok(fs::write(path, content)?)
    }

    /// A container of Kubernetes, as containerd keeps it.
    fn run(&self, pid: u32, name: &str, image: &str) -> Result<()> {
        let id = format!("{pid:064x}");
        let annotations = json!({ "annotations": {
            "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.container-name": name,
            "io.kubernetes.cri.sandbox-name": format!("{name}-7d4b"),
            "io.kubernetes.cri.sandbox-namespace": "shop",
            "io.kubernetes.cri.image-name": image } });
        let bundle = "root/run/containerd/io.containerd.runtime.v2.task/k8s.io";
        self.write(&format!("{bundle}/{id}/config.json"), &annotations.to_string())?;
        let fields = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 500 1 1";
        self.write(&format!("proc/{pid}/stat"), &format!("{pid} ({name}) {fields}"))?;
        self.write(&format!("proc/{pid}/status"), "Uid:\t0\t0\t0\t0\n")?;
        symlink(self.path("rootfs"), self.path(&format!("proc/{pid}/root")))?;
        self.write(&format!("proc/{pid}/cgroup"), &format!("0::/docker/{id}\n"))
    }

    fn end(&self, pid: u32) -> Result<()> {
        Ok(fs::remove_dir_all(self.path(&format!("proc/{pid}")))?)
    }

    async fn join(&self, fleet: &mut Fleet, name: &str) -> Result<()> {
        let token = fleet.primary.token(&[]).await?;
        let agent = Agent::builder(name, &token)
            .args(["--roles", "controller,scanner"])
            .arg("--host-root")
            .arg(self.path("root"))
            .arg("--host-proc")
            .arg(self.path("proc"))
            .start()
            .await?;
        fleet.agents.insert(name.to_owned(), agent);
        fleet.wait_for_status(name, "synced").await
    }
}

/// A primary that has scanned an image with a vulnerable curl.
async fn scanned(dir: &Path) -> Result<(Fleet, Registry)> {
    let registry = Registry::start().await?;
    // What is wrong with curl is found in both packages.
    let curl = [("libcurl4", "7.88.1-10", "curl"), ("curl", "7.88.1-10", "curl")];
    let curl = debian_layer(&curl)?.layer()?;
    ImageBuilder::new().layer(curl).build()?.push(&registry.url(), "shop/menu", "v1").await?;
    let database = dir.join("vulndb");
    vulndb::build(&database).await?;
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    let fleet = Fleet::of(primary, &[]).await?;
    let config = json!({ "config": { "name": "fed.shop", "registry_type": "Docker Registry",
        "registry": registry.url(), "filters": ["*"], "cfg_type": "federal" } });
    fleet.admin.post("/v1/scan/registry", &config).await?.ok()?;
    fleet.admin.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.ok()?;
    wait::until("the image is scanned", || async {
        let answer = fleet.admin.get("/v1/scan/registry/fed.shop/images").await?.ok()?;
        Ok(wait::when(answer["images"][0]["status"] == "finished"))
    })
    .await?;
    Ok((fleet, registry))
}

async fn list(rest: &Rest, path: &str, key: &str) -> Result<Vec<Value>> {
    let answer = rest.get(path).await?.ok()?;
    Ok(answer[key].as_array().with_context(|| format!("{path}: no {key}"))?.clone())
}

#[tokio::test]
async fn what_runs_in_clusters_and_what_is_wrong_with_it() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (mut fleet, registry) = scanned(dir.path()).await?;
    let host = registry.url().replace("http://", "");
    let node = FakeNode::new()?;
    node.run(20, "menu", &format!("{}/shop/menu:v1", host.trim_end_matches('/')))?;
    node.run(30, "cellar", "elsewhere.example/cellar:v2")?;
    node.join(&mut fleet, "one").await?;
    let empty = FakeNode::new()?;
    empty.join(&mut fleet, "two").await?;
    let admin = &fleet.admin;

    let found = wait::until("both workloads are known", || async {
        let found = list(admin, "/v1/fed/workloads", "workloads").await?;
        Ok((found.len() == 2).then_some(found))
    })
    .await?;
    ensure!(found[0]["name"] == "cellar" && found[1]["name"] == "menu", "{found:?}");
    ensure!(found[1]["cluster_name"] == "one" && found[1]["namespace"] == "shop", "{found:?}");
    ensure!(found[1]["pod"] == "menu-7d4b" && found[1]["host"] == "node-1", "{found:?}");
    ensure!(found[1]["run_as_root"] == true, "{found:?}");
    for (query, count) in [
        ("cluster=one", 2),
        ("cluster=two", 0),
        ("image=shop/menu", 1),
        ("namespace=shop&name=cell", 1),
        ("f_namespace=neq,shop", 0),
        ("run_as_root=false", 0),
        ("since=1700000000", 2),
        ("until=1700000000", 0),
        ("pod=7D4B", 2),
        ("pod=nothing", 0),
        ("f_pod=notin,menu", 1),
        ("f_name=prefix,men&cluster=one", 1),
        ("pod=7d4b&start=1", 1),
        ("pod=7d4b&start=5000", 0),
    ] {
        let found = list(admin, &format!("/v1/fed/workloads?{query}"), "workloads").await?;
        ensure!(found.len() == count, "{query}: {found:?}");
    }
    // A full page is found among the first, what is left of the last one among all.
    for sort in ["name", "name&order=desc", "started_at", "cluster"] {
        let asked = format!("/v1/fed/workloads?pod=7d4b&limit=1&sort={sort}");
        let (mut after, mut names) = (String::new(), Vec::new());
        loop {
            let page = admin.get(&format!("{asked}&after={after}")).await?.ok()?;
            names.extend(page["workloads"][0]["name"].as_str().map(str::to_owned));
            let Some(next) = page["next"].as_str() else { break };
            next.clone_into(&mut after);
        }
        if sort.starts_with("name") {
            ensure!(names.is_sorted() == (sort == "name"), "{sort}: {names:?}");
        }
        names.sort();
        assert_eq!(names, ["cellar", "menu"], "{sort}");
    }

    let images = wait::until("the image is known to be scanned", || async {
        let images = list(admin, "/v1/fed/images?scanned=true", "images").await?;
        Ok((images.len() == 1).then_some(images))
    })
    .await?;
    ensure!(images[0]["clusters"] == 1 && images[0]["workloads"] == 1, "{images:?}");
    let ask = async |query: &str| {
        list(admin, &format!("/v1/fed/vulnerabilities?{query}"), "vulnerabilities").await
    };
    let all = ask("image=shop/menu").await?;
    ensure!(!all.is_empty());
    assert_eq!(ask("cluster=one").await?, all);
    assert_eq!(ask("cluster=one,two&namespace=shop").await?, all);
    ensure!(ask("cluster=two").await?.is_empty());
    ensure!(ask("cluster=one&namespace=attic").await?.is_empty());
    for wrong in ["cluster=three", "sort=colour", "order=down", "published_after=yesterday"] {
        admin.get(&format!("/v1/fed/vulnerabilities?{wrong}")).await?.expect(400, 6)?;
    }
    // A page behind the last one tells how many there are, too.
    let first = admin.get("/v1/fed/vulnerabilities?limit=1").await?.ok()?;
    let behind = admin.get("/v1/fed/vulnerabilities?start=900000").await?.ok()?;
    let total = first["total"].as_i64();
    ensure!(total > Some(0) && behind["total"].as_i64() == total, "{first} {behind}");
    ensure!(behind["vulnerabilities"] == json!([]), "{behind}");

    // Where something wrong runs.
    let wrong = all[0]["name"].as_str().context("no name")?;
    for (path, key, found) in [
        (format!("/v1/fed/images?vulnerability={wrong}"), "images", 1),
        (format!("/v1/fed/workloads?vulnerability=CVE-1999-0001,{wrong}"), "workloads", 1),
        (format!("/v1/fed/workloads?vulnerability={wrong}&cluster=two"), "workloads", 0),
        ("/v1/fed/images?vulnerability=CVE-1999-0001".to_owned(), "images", 0),
        (format!("/v1/fed/images?f_vulnerability=in,{}", wrong.to_lowercase()), "images", 1),
        (format!("/v1/fed/workloads?f_vulnerability=prefix,{wrong}"), "workloads", 1),
        ("/v1/fed/workloads?f_vulnerability=in,1999-0001".to_owned(), "workloads", 0),
    ] {
        assert_eq!(list(admin, &path, key).await?.len(), found, "{path}");
    }
    let group = json!({ "config": { "name": "fed.menus", "comment": "all that guests read",
        "cfg_type": "federal",
        "criteria": [{ "key": "domain", "op": "=", "value": "shop" }] } });
    admin.post("/v1/group", &group).await?.ok()?;
    for (text, expected) in [
        ("MENU", vec!["image shop/menu:v1", "running image", "workload menu", "group fed.menus"]),
        ("guests", vec!["group fed.menus"]),
        ("one", vec!["cluster one"]),
        (wrong, vec!["vulnerability"]),
        ("%", vec![]),
    ] {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let found = list(admin, &format!("/v1/fed/search?text={text}"), "found").await?;
        let told: Vec<String> = found
            .iter()
            .map(|one| format!("{} {}", one["kind"], one["name"]).replace('"', ""))
            .collect();
        assert_eq!(told.len(), expected.len(), "{text}: {told:?}");
        let fits = told.iter().zip(&expected).all(|(told, expected)| told.starts_with(expected));
        ensure!(fits, "{text}: {told:?}");
    }
    admin.get("/v1/fed/search?text=").await?.expect(400, 6)?;

    // What is accepted is counted nowhere.
    let counted = async || {
        let images = list(admin, "/v1/fed/images?scanned=true", "images").await?;
        let one = list(admin, "/v1/fed/summary", "clusters").await?[0].clone();
        let kept = admin.get("/v1/scan/registry/fed.shop/images").await?.ok()?["images"][0].clone();
        let number = |of: &Value, key: &str| of[key].as_i64().unwrap_or_default();
        let severe = |of: &Value| number(of, "critical") + number(of, "high");
        anyhow::Ok([severe(&images[0]), severe(&one), severe(&kept)])
    };
    let [before, rest @ ..] = counted().await?;
    ensure!(before > 0 && rest == [before; 2], "{before} {rest:?}");
    // A vulnerability names its images with the registry they are of.
    let query = admin.post("/v1/vulasset", &json!({})).await?.ok()?["query_id"].clone();
    let token = query.as_str().context("no query")?;
    let page = admin.get(&format!("/v1/vulasset?token={token}")).await?.ok()?;
    let image = &page["vulnerabilities"][0]["images"][0];
    ensure!(image["registry"] == "fed.shop" && image["display_name"] == "shop/menu:v1", "{page}");
    // A cluster lists the images with the numbers of the primary, and takes part in
    // what is accepted.
    let in_cluster = fleet.agent("one")?.admin().await?;
    let listed = async || {
        let path = "/v1/scan/registry/fed.shop/images";
        let (here, there) = (admin.get(path).await?.ok()?, in_cluster.get(path).await?.ok()?);
        let numbers = |of: &Value| {
            let image = &of["images"][0];
            ["critical", "high", "medium"].map(|key| image[key].as_i64())
        };
        let sizes = (here["images"][0]["size"].as_i64(), there["images"][0]["size"].as_i64());
        ensure!(sizes.0 > Some(0) && sizes.0 == sizes.1, "{here} {there}");
        anyhow::Ok((numbers(&here), numbers(&there)))
    };
    let (here, there) = listed().await?;
    assert_eq!(here, there);
    let every = json!({ "config": { "name": "CVE-*", "comment": "behind a proxy" } });
    let entry = "/v1/vulnerability/profile/default/entry";
    let accepted = admin.post(entry, &every).await?.ok()?["config"]["id"].clone();
    wait::until("nothing counts", || async { Ok(wait::when(counted().await? == [0; 3])) }).await?;
    let nothing = [Some(0); 3];
    wait::until("nor in the cluster", || async {
        Ok(wait::when(listed().await? == (nothing, nothing)))
    })
    .await?;
    admin.delete(&format!("{entry}/{accepted}")).await?.ok()?;

    // The image has no user and no health check.
    let failed = wait::until("its checks are known", || async {
        let failed = list(admin, "/v1/fed/compliance", "items").await?;
        Ok((!failed.is_empty()).then_some(failed))
    })
    .await?;
    let numbers: Vec<&str> = failed.iter().filter_map(|one| one["test_number"].as_str()).collect();
    assert_eq!(numbers, ["I.4.1", "I.4.6"]);
    let first = &failed[0];
    ensure!(
        first["clusters"] == 1 && first["workloads"] == 1 && first["scored"] == true,
        "{first}"
    );
    ensure!(first["image"].as_str().is_some_and(|name| name.ends_with("shop/menu:v1")), "{first}");
    for (query, count) in [
        ("test_number=I.4.6", 1),
        ("cluster=one&namespace=shop&profile=Level%201", 2),
        ("cluster=two", 0),
        ("scored=true", 1),
        ("level=INFO", 0),
        ("f_level=neq,INFO&image=menu", 2),
        ("f_profile=in,LEVEL&limit=1", 1),
        ("f_test_number=prefix,I.4&sort=image&start=1", 1),
        ("f_category=notin,nothing&cluster=one", 2),
        ("since=1700000000&sort=scanned_at", 2),
        ("limit=1&sort=workloads", 1),
    ] {
        let found = list(admin, &format!("/v1/fed/compliance?{query}"), "items").await?;
        ensure!(found.len() == count, "{query}: {found:?}");
    }
    let csv = admin.get("/v1/fed/compliance?format=csv").await?.text;
    ensure!(csv.starts_with("test_number,level,") && csv.contains("I.4.6"), "{csv}");
    // An export is the page without an end, under the same names.
    for question in
        ["compliance", "denials", "events", "images", "summary", "vulnerabilities", "workloads"]
    {
        let page = admin.get(&format!("/v1/fed/{question}")).await?.ok()?;
        let file = admin.get(&format!("/v1/fed/{question}?format=json")).await?.ok()?;
        for name in page.as_object().context("no object")?.keys() {
            ensure!(name == "next" || file.get(name).is_some(), "{question}: {name}: {file}");
        }
    }
    let checks = list(admin, "/v1/fed/compliance", "items").await?;
    let exported = list(admin, "/v1/fed/compliance?format=json", "items").await?;
    assert_eq!(exported, checks);

    let summary = admin.get("/v1/fed/summary").await?.ok()?;
    let clusters = summary["clusters"].as_array().context("no clusters")?;
    ensure!(clusters.len() == 2 && summary["total"]["workloads"] == 2, "{summary}");
    let one = &clusters[0];
    ensure!(one["name"] == "one" && one["workloads"] == 2 && one["nodes"] == 1, "{one}");
    ensure!(one["images"] == 2 && one["scanned_images"] == 1, "{one}");
    let filtered = admin.get("/v1/fed/summary?f_workloads=gt,0&limit=1").await?.ok()?;
    ensure!(filtered["total"]["clusters"] == 1, "{filtered}");

    node.end(30)?;
    wait::until("a container that ended is gone", || async {
        let found = list(admin, "/v1/fed/workloads", "workloads").await?;
        Ok(wait::when(found.len() == 1))
    })
    .await?;
    admin.delete(&format!("/v1/fed/cluster/{}", one["id"].as_str().context("no id")?)).await?;
    wait::until("what a cluster ran that was removed is gone", || async {
        Ok(wait::when(list(admin, "/v1/fed/workloads", "workloads").await?.is_empty()))
    })
    .await
}

/// A member that sends what it is told to.
async fn member(fleet: &Fleet, name: &str) -> Result<ReportingMember> {
    let token = fleet.primary.token(&[]).await?;
    ReportingMember::open(&simulated::join(&token, name).await?).await
}

fn event(seq: u64, at: DateTime<Utc>, denied: bool) -> Event {
    let namespace = if seq.is_multiple_of(2) { "even" } else { "odd" };
    let name = if denied { "Admission.Control.Denied" } else { "Federation.Policy.Sync" };
    let detail = json!({ "name": name, "level": "Critical", "workload_domain": namespace,
        "workload_name": format!("pod-{seq}"), "image": "shop/menu:v1", "user": "=cmd()",
        "message": format!("number {seq}") });
    Event {
        seq,
        at_ms: at.timestamp_millis(),
        name: name.to_owned(),
        level: if denied { "Critical" } else { "Info" }.to_owned(),
        category: if denied { "audit" } else { "event" }.to_owned(),
        detail: detail.to_string().into(),
    }
}

/// Walks through all pages of a list and gives the numbers of its rows.
async fn pages(rest: &Rest, path: &str, key: &str) -> Result<Vec<u64>> {
    let (mut seqs, mut after) = (Vec::new(), String::new());
    for _ in 0..1_000 {
        let page = rest.get(&format!("{path}&after={after}")).await?.ok()?;
        let rows = page[key].as_array().context("no rows")?;
        seqs.extend(rows.iter().filter_map(|row| row["seq"].as_u64()));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return Ok(seqs),
        }
    }
    anyhow::bail!("{path} has no end")
}

#[tokio::test]
async fn events_of_all_clusters_are_paged_filtered_and_exported() -> Result<()> {
    const EVENTS: u64 = 2_300;
    let fleet = Fleet::start(&[]).await?;
    let (one, two) = (member(&fleet, "one").await?, member(&fleet, "two").await?);
    let now = Utc::now();
    // Of three days, and many of the same moment.
    let at = |seq: u64| now - TimeDelta::seconds((seq / 10) as i64 * 900);
    for from in (1..=EVENTS).step_by(200) {
        let events = (from..=EVENTS.min(from + 199)).map(|seq| event(seq, at(seq), seq <= 50));
        one.report(events.collect()).await?;
    }
    two.report(vec![event(1, now - TimeDelta::hours(1), true)]).await?;
    // The same again is dropped, and so is what is older than the retention.
    two.report(vec![event(1, now, true), event(2, now - TimeDelta::days(400), true)]).await?;
    let admin = &fleet.admin;

    let all = pages(admin, "/v1/fed/events?cluster=one&limit=97", "events").await?;
    let expected: Vec<u64> = (1..=EVENTS).collect();
    let mut sorted = all.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected, "each once");
    // Most events have the same name and the same category.
    for order in ["sort=name", "sort=category&order=desc", "sort=cluster"] {
        let path = format!("/v1/fed/events?cluster=one&limit=97&{order}");
        let mut sorted = pages(admin, &path, "events").await?;
        sorted.sort_unstable();
        assert_eq!(sorted, expected, "each once by {order}");
    }
    for (query, count) in [
        ("cluster=one&sort=name&limit=1000", 2_300),
        ("cluster=two&limit=10", 1),
        ("cluster=one,two&level=Critical&limit=10", 51),
        ("namespace=even&name=Admission.Control.Denied&limit=10", 25),
        ("f_namespace=neq,even&category=audit&limit=10", 26),
        ("image=SHOP/menu&limit=1000&order=asc", 2_301),
        ("image=SHOP/menu,other&level=Critical&limit=1000", 51),
        ("image=other", 0),
    ] {
        let found = pages(admin, &format!("/v1/fed/events?{query}"), "events").await?;
        assert_eq!(found.len(), count, "{query}");
    }
    // A second that is shown is one moment: who goes on after it gets nothing twice.
    let newest = list(admin, "/v1/fed/events?cluster=one&limit=1", "events").await?;
    for second in ["reported_timestamp", "reported_at"] {
        let at = newest[0][second].to_string().replace('"', "");
        let path = format!("/v1/fed/events?cluster=one&limit=1000&f_{second}=gt,{at}");
        ensure!(pages(admin, &path, "events").await?.is_empty(), "{path}");
        let path = path.replace("=gt,", "=lte,");
        assert_eq!(pages(admin, &path, "events").await?.len() as u64, EVENTS, "{path}");
    }
    let since = (now - TimeDelta::hours(2)).timestamp();
    let recent = pages(admin, &format!("/v1/fed/denials?limit=7&since={since}"), "denials").await?;
    assert_eq!(recent.len(), 51);
    let denial = &list(admin, "/v1/fed/denials?cluster=two", "denials").await?[0];
    ensure!(denial["workload"] == "pod-1" && denial["denied"] == true, "{denial}");

    let csv = admin.get("/v1/fed/events?cluster=one&format=csv").await?;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(csv.text.lines().count() as u64, EVENTS + 1);
    let exported = admin.get("/v1/fed/events?cluster=one&format=json").await?.ok()?;
    assert_eq!(exported["events"].as_array().map(Vec::len), Some(EVENTS as usize));
    let denials = admin.get("/v1/fed/denials?format=csv&limit=3").await?;
    assert_eq!(denials.text.lines().count(), 4);
    ensure!(denials.text.contains("\"'=cmd()\""), "a formula: {}", denials.text);

    let summary = admin.get("/v1/fed/summary?cluster=two").await?.ok()?;
    ensure!(summary["clusters"][0]["denials"] == 1, "{summary}");
    for wrong in [
        "cluster=three",
        "since=yesterday",
        "since=-8000000000000",
        "sort=colour",
        "sort=name&order=down",
        "after=AAAA",
        "format=xml",
        "start=1000000",
    ] {
        admin.get(&format!("/v1/fed/events?{wrong}")).await?.expect(400, 6)?;
    }
    // A page of one order leads nowhere in another.
    let page = admin.get("/v1/fed/events?limit=1").await?.ok()?;
    let next = page["next"].as_str().context("no next")?;
    admin.get(&format!("/v1/fed/events?sort=name&after={next}")).await?.expect(400, 6)
}

fn running(id: &str, name: &str) -> Workload {
    Workload { id: id.to_owned(), name: name.to_owned(), ..Workload::default() }
}

#[tokio::test]
async fn workloads_change_only_what_is_held() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let member = member(&fleet, "one").await?;
    let names = async || {
        let all = list(&fleet.admin, "/v1/fed/workloads", "workloads").await?;
        anyhow::Ok(all.iter().map(|one| one["name"].to_string()).collect::<String>())
    };
    let (first, second) = (vec![1; 32], vec![2; 32]);
    let node = Node { id: "n".to_owned(), name: "n".to_owned(), ..Node::default() };
    let part = |whole, first, last, put: Vec<Workload>| WorkloadBatch {
        digest: vec![1; 32].into(),
        whole,
        first,
        last,
        put,
        nodes: Some(NodeList { nodes: vec![node.clone()] }),
        ..WorkloadBatch::default()
    };
    // A change of nothing is not taken, nor is the end of what did not begin.
    let change = |base: &[u8], digest: &[u8], put, gone| WorkloadBatch {
        base: base.to_vec().into(),
        digest: digest.to_vec().into(),
        put,
        gone,
        ..WorkloadBatch::default()
    };
    let nothing: Vec<u8> = Vec::new();
    let stray = change(&second, &first, vec![running("x", "x")], Vec::new());
    assert_eq!(member.run(stray.clone()).await?, nothing);
    assert_eq!(member.run(part(9, false, true, vec![running("x", "x")])).await?, nothing);
    assert_eq!(names().await?, "");

    assert_eq!(member.run(part(7, true, false, vec![running("a", "a")])).await?, nothing);
    assert_eq!(member.run(part(7, false, true, vec![running("b", "b")])).await?, first);
    assert_eq!(names().await?, "\"a\"\"b\"");
    assert_eq!(member.run(stray).await?, first, "what is held is told");
    let change = change(&first, &second, vec![running("b", "c")], vec!["a".to_owned()]);
    assert_eq!(member.run(change).await?, second);
    assert_eq!(names().await?, "\"c\"");
    // All anew: what no part names is gone.
    assert_eq!(member.run(part(8, true, true, vec![running("d", "d")])).await?, first);
    assert_eq!(names().await?, "\"d\"");
    Ok(())
}
