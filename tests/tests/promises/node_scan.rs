//! A cluster's own scans: its node, the containers that run on it, and the
//! version of Kubernetes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::process::Launch;
use palisade_tests::{Agent, Fleet, Primary, Rest, programs, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A place with feeds, a database and root folders.
struct Place(TempDir);

impl Place {
    fn new() -> Result<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> Result<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        Ok(fs::write(path, content)?)
    }

    /// A Debian root with one package.
    fn root(&self, name: &str, package: &str) -> Result<PathBuf> {
        self.write(
            &format!("{name}/etc/os-release"),
            "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n",
        )?;
        self.write(
            &format!("{name}/var/lib/dpkg/status"),
            &format!(
                "Package: {package}\nStatus: install ok installed\nArchitecture: amd64\n\
                 Version: 1.0-1\n\n"
            ),
        )?;
        Ok(self.path(name))
    }

    /// Builds a database in which each of `packages` has one vulnerability that
    /// is named after it, and old versions of Kubernetes have one.
    async fn database(&self, date: &str, packages: &[&str]) -> Result<()> {
        let modified = format!("{date}T00:00:00Z");
        let mut lines: Vec<String> = packages
            .iter()
            .enumerate()
            .map(|(at, package)| {
                json!({
                    "id": format!("CVE-2026-{at}"), "modified": modified,
                    "details": format!("A fault of {package}."),
                    "severity": [{"type": "CVSS_V3",
                        "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
                    "affected": [{"package": {"ecosystem": "Debian:12", "name": package},
                        "ranges": [{"type": "ECOSYSTEM",
                            "events": [{"introduced": "0"}, {"fixed": "9"}]}]}],
                })
                .to_string()
            })
            .collect();
        lines.push(
            json!({
                "id": "CVE-2026-999", "modified": modified,
                "affected": [{"package": {"ecosystem": "kubernetes", "name": "k8s.io/kubelet"},
                    "ranges": [{"type": "SEMVER",
                        "events": [{"introduced": "1.29.0"}, {"fixed": "1.29.4"}]}]}],
            })
            .to_string(),
        );
        self.write("feed.jsonl", &lines.join("\n"))?;
        let feed = format!("osv={}", self.path("feed.jsonl").display());
        Launch::new("vulndb", programs::primary()?)
            .args(["vulndb", "build", "--source", &feed, "--out"])
            .arg(self.path("fresh"))
            .arg("--signing-key")
            .arg(self.path("vulndb.key"))
            .run(Duration::from_mins(1))
            .await?
            .ok()?;
        Ok(fs::rename(self.path("fresh"), self.path("vulndb"))?)
    }

    /// A home cluster that scans the node whose root is `node`.
    async fn fleet(&self, node: &Path, proc: &Path) -> Result<Fleet> {
        let primary = Primary::builder().arg("--vulndb").arg(self.path("vulndb")).start().await?;
        let mut fleet = Fleet::of(primary, &[]).await?;
        let token = fleet.primary.token(&["--home"]).await?;
        let agent = Agent::builder("home", &token)
            .args(["--roles", "controller,scanner", "--kubernetes-version", "v1.29.1"])
            .arg("--host-root")
            .arg(node)
            .arg("--host-proc")
            .arg(proc)
            .start()
            .await?;
        fleet.agents.insert("home".to_owned(), agent);
        fleet.wait_for_status("home", "synced").await?;
        Ok(fleet)
    }
}

/// The element of a list whose `field` is `value`.
fn one<'a>(list: &'a Value, field: &str, value: &str) -> Result<&'a Value> {
    let mut all = list.as_array().context("no list")?.iter();
    all.find(|one| one[field] == value).with_context(|| format!("no {value} in {list}"))
}

async fn finished(rest: &Rest, list: &str, key: &str, id: &str) -> Result<Value> {
    wait::until(&format!("{id} is scanned"), || async {
        let all = rest.get(list).await?.ok()?;
        let found = one(&all[key], "id", id)?;
        let status = &found["scan_summary"]["status"];
        ensure!(status == "finished", "{status}: {}", found["scan_summary"]["result"]);
        Ok(Some(found.clone()))
    })
    .await
}

fn names(report: &Value) -> Vec<String> {
    let all = report["report"]["vulnerabilities"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_node_and_kubernetes_are_scanned_and_looked_at_again() -> Result<()> {
    let place = Place::new()?;
    place.database("2026-01-01", &["curl"]).await?;
    let node = place.root("node", "curl")?;
    place.write("node/etc/machine-id", "0123456789abcdef0123456789abcdef\n")?;
    place.write("proc/sys/kernel/hostname", "node-1\n")?;
    let fleet = place.fleet(&node, &place.path("proc")).await?;
    // The primary's own paths lead to the home cluster.
    let rest = &fleet.admin;
    let id = "node-1:0123456789abcdef0123456789abcdef";
    wait::until("the node is known", || async {
        one(&rest.get("/v1/host").await?.ok()?["hosts"], "id", id).map(|_| Some(()))
    })
    .await?;
    let host = format!("/v1/scan/host/{id}");
    ensure!(rest.get("/v1/workload").await?.ok()? == json!({ "workloads": [] }));
    let off = json!({ "config": { "auto_scan": false, "enable_auto_scan_workload": false,
        "enable_auto_scan_host": false } });
    ensure!(rest.get("/v1/scan/config").await?.ok()? == off);

    rest.post(&host, &Value::Null).await?.ok()?;
    let found = finished(rest, "/v1/host", "hosts", id).await?;
    ensure!(found["os"] == "Debian GNU/Linux 12" && found["name"] == "node-1", "{found}");
    ensure!(found["scan_summary"]["critical"] == 1, "{found}");
    ensure!(found["scan_summary"]["base_os"] == "debian:12", "{found}");
    let report = rest.get(&host).await?.ok()?;
    ensure!(names(&report) == ["CVE-2026-0"], "{report}");
    let vulnerability = &report["report"]["vulnerabilities"][0];
    ensure!(vulnerability["package_name"] == "curl", "{vulnerability}");
    ensure!(vulnerability["description"] == "A fault of curl.", "{vulnerability}");
    let audit = wait::until("the record is on the primary", || async {
        let audits = rest.get("/v1/log/audit").await?.ok()?;
        one(&audits["audits"], "name", "Host.Scan.Report").map(|audit| Some(audit.clone()))
    })
    .await?;
    ensure!(audit["critical_vuls"] == json!(["CVE-2026-0"]), "{audit}");

    rest.post("/v1/scan/platform/platform", &Value::Null).await?.ok()?;
    wait::until("the platform is scanned", || async {
        let platforms = rest.get("/v1/scan/platform").await?.ok()?;
        Ok((platforms["platforms"][0]["status"] == "finished").then_some(()))
    })
    .await?;
    let platform = &rest.get("/v1/scan/platform").await?.ok()?["platforms"][0];
    ensure!(platform["kube_version"] == "v1.29.1", "{platform}");
    ensure!(platform.get("os_scan_status").is_none(), "{platform}");
    let report = rest.get("/v1/scan/platform/platform").await?.ok()?;
    ensure!(names(&report) == ["CVE-2026-999"], "{report}");

    // A new database is applied without the disk.
    fs::remove_dir_all(node.join("var"))?;
    place.database("2026-02-01", &["curl", "curl"]).await?;
    wait::until("what was read is looked at again", || async {
        let hosts = rest.get("/v1/host").await?.ok()?;
        let found = one(&hosts["hosts"], "name", "node-1")?;
        Ok((found["scan_summary"]["critical"] == 2).then_some(()))
    })
    .await?;
    let page = json!({ "max_cve_records": 1 });
    let page = rest.post("/v1/scan/hosts/scan_report", &page).await?.ok()?;
    ensure!(page["scan_data"][0]["name"] == "CVE-2026-0", "{page}");
    ensure!(page["cursor"]["cve_name"] == "CVE-2026-0", "{page}");
    let next = json!({ "max_cve_records": 5, "cursor": page["cursor"] });
    let next = rest.post("/v1/scan/hosts/scan_report", &next).await?.ok()?;
    ensure!(next["scan_data"].as_array().is_some_and(|all| all.len() == 1), "{next}");
    ensure!(next["scan_data"][0]["name"] == "CVE-2026-1", "{next}");

    let status = rest.get("/v1/scan/status").await?.ok()?;
    ensure!(status["status"]["scanned"] == 2 && status["status"]["failed"] == 0, "{status}");
    // The primary's list names its own scanners; the cluster's names its own.
    let own = fleet.agent("home")?.admin().await?;
    let scanners = own.get("/v1/scan/scanner").await?.ok()?;
    let scanner = one(&scanners["scanners"], "id", id)?;
    ensure!(scanner["scanned_hosts"] == 1, "{scanner}");
    let stat = own.get(&format!("/v1/scan/cache_stat/{id}")).await?.ok()?;
    ensure!(stat["record_count"] == 0, "{stat}");
    own.get("/v1/scan/cache_stat/other").await?.expect(404, 7)?;
    own.get("/v1/scan/host/other").await?.expect(404, 7)?;
    Ok(())
}

/// A process whose root is another, in a cgroup that is named as a container's.
struct Contained {
    process: Child,
    group: PathBuf,
}

impl Contained {
    /// None where this machine does not let it be made.
    fn start(root: &Path, id: &str) -> Result<Option<Self>> {
        let groups = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].map(Path::new);
        let Some(parent) = groups.into_iter().find(|path| path.join("cgroup.procs").exists())
        else {
            return Ok(None);
        };
        let group = parent.join(id);
        if fs::create_dir(&group).is_err() {
            return Ok(None);
        }
        // Nothing of the new root is run: only this process moves into it.
        let script = "chroot $ARGV[0] or exit 1; chdir '/'; print \"there\\n\"; \
                      close STDOUT; sleep 600";
        let process =
            Command::new("perl").args(["-e", script]).arg(root).stdout(Stdio::piped()).spawn();
        let Ok(process) = process else {
            fs::remove_dir(&group)?;
            return Ok(None);
        };
        let mut contained = Self { process, group };
        let mut said = String::new();
        let output = contained.process.stdout.take().context("its output is read")?;
        std::io::Read::read_to_string(&mut std::io::BufReader::new(output), &mut said)?;
        let moved =
            fs::write(contained.group.join("cgroup.procs"), contained.process.id().to_string());
        Ok((said.trim() == "there" && moved.is_ok()).then_some(contained))
    }

    fn end(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(fs::remove_dir(&self.group)?)
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        // After `end` there is nothing left to do.
        drop(self.process.kill());
        drop(self.process.wait());
        drop(fs::remove_dir(&self.group));
    }
}

#[tokio::test]
async fn containers_are_what_really_runs() -> Result<()> {
    let place = Place::new()?;
    place.database("2026-01-01", &["curl", "nginx"]).await?;
    let node = place.root("node", "curl")?;
    let root = place.root("container", "nginx")?;
    let id = palisade_api::Digest::of(place.0.path().as_os_str().as_encoded_bytes()).to_string();
    let Some(mut container) = Contained::start(&root, &id)? else {
        eprintln!("skipped: this machine lets no process into another root and cgroup");
        return Ok(());
    };
    let fleet = place.fleet(&node, Path::new("/proc")).await?;
    let rest = &fleet.admin;
    let on = json!({ "config": { "auto_scan": true } });
    rest.patch("/v1/scan/config", &on).await?.ok()?;
    let found = finished(rest, "/v1/workload", "workloads", &id).await?;
    ensure!(found["running"] == true && found["state"] == "unmanaged", "{found}");
    ensure!(found["scan_summary"]["critical"] == 1, "{found}");
    let report = rest.get(&format!("/v1/scan/workload/{id}")).await?.ok()?;
    ensure!(names(&report) == ["CVE-2026-1"], "{report}");
    let of_v2 = rest.get("/v2/workload").await?.ok()?;
    let listed = of_v2["workloads"].as_array().context("no list")?;
    ensure!(listed.iter().any(|one| one["brief"]["id"] == id.as_str()), "{of_v2}");
    let named = json!({ "ids": [id, "of nothing"] });
    let of_ids = rest.post("/v2/workload", &named).await?.ok()?;
    ensure!(of_ids["workloads"].as_array().is_some_and(|all| all.len() == 1), "{of_ids}");
    let detail = rest.get(&format!("/v1/workload/{id}")).await?.ok()?;
    ensure!(detail["workload"]["id"] == id.as_str(), "{detail}");
    ensure!(detail["workload"]["groups"] == json!([]), "{detail}");
    let detail = rest.get(&format!("/v2/workload/{id}")).await?.ok()?;
    ensure!(detail["workload"]["brief"]["id"] == id.as_str(), "{detail}");
    ensure!(detail["workload"]["misc"]["app_ports"] == json!({}), "{detail}");
    rest.get("/v1/workload/none").await?.expect(404, 7)?;
    let filter = json!({ "filters": [{ "name": "name", "op": "contains", "value": [&id[..12]] }] });
    let page = rest.post("/v1/scan/workloads/scan_report", &filter).await?.ok()?;
    ensure!(page["scan_data"][0]["name"] == "CVE-2026-1", "{page}");

    container.end()?;
    wait::until("it is gone", || async {
        let all = rest.get("/v1/workload").await?.ok()?;
        Ok(one(&all["workloads"], "id", &id).is_err().then_some(()))
    })
    .await?;
    rest.get(&format!("/v1/scan/workload/{id}")).await?.expect(404, 7)
}
