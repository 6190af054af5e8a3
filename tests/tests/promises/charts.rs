//! The Helm charts: what they set is what the programs know, and clusters join by
//! their values alone.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_tests::chart::{self, Rendered};
use palisade_tests::primary::PrimaryBuilder;
use palisade_tests::{Agent, Fleet, Primary, programs};
use serde_json::{Value, json};

const TOKEN: &str = "6f9619ff-8b86-d011-b42d-00c04fc964ff";

/// Secrets that are no flags.
const BY_VARIABLE: [&str; 3] =
    ["PALISADE_BOOTSTRAP_PASSWORD", "PALISADE_SEALING_KEY", "PALISADE_NVD_KEY"];

/// The arguments without `--name`, which the harness gives.
fn unnamed(arguments: &[OsString]) -> Vec<OsString> {
    let pairs = arguments.chunks(2).filter(|pair| pair.first().is_none_or(|flag| flag != "--name"));
    pairs.flatten().cloned().collect()
}

#[test]
fn each_variable_of_a_pod_is_a_setting_of_its_program() -> Result<()> {
    let Some(helm) = chart::helm()? else { return Ok(()) };
    let mut seen = 0;
    for (chart, program) in [("primary", programs::primary()?), ("agent", programs::agent()?)] {
        for file in std::fs::read_dir(chart::folder().join(chart).join("ci"))? {
            let text = std::fs::read_to_string(file?.path())?;
            let values: Value =
                serde_saphyr::from_str(&text).map_err(|error| anyhow::anyhow!("{error}"))?;
            for container in Rendered::of(&helm, chart, &values)?.containers() {
                let command = container["args"].as_array().context("no arguments")?;
                let command = command.iter().filter_map(Value::as_str);
                let told = Command::new(&program).args(command).arg("--help").output()?;
                // Lines are broken anywhere.
                let told: String = String::from_utf8(told.stdout)?.split_whitespace().collect();
                let variables = container["env"].as_array().context("no variables")?;
                let names = variables.iter().filter_map(|variable| variable["name"].as_str());
                for name in names.filter(|name| name.starts_with("PALISADE_")) {
                    let known =
                        ["=", "]"].iter().any(|end| told.contains(&format!("[env:{name}{end}")));
                    ensure!(known || BY_VARIABLE.contains(&name), "{chart}: there is no {name}");
                    seen += 1;
                }
            }
        }
    }
    ensure!(seen > 20, "{seen} variables");
    Ok(())
}

/// Charts that are installed apart share no file, and a link would be told of each time.
#[test]
fn both_charts_name_what_they_make_alike() -> Result<()> {
    let names =
        |chart| std::fs::read_to_string(chart::folder().join(chart).join("templates/_names.tpl"));
    assert_eq!(names("primary")?, names("agent")?, "_names.tpl is one text in two places");
    Ok(())
}

#[test]
fn a_replica_is_found_by_the_address_of_its_pod_of_either_kind() -> Result<()> {
    let Some(helm) = chart::helm()? else { return Ok(()) };
    let values = json!({ "database": { "url": "postgres://postgres/palisade" },
        "federation": { "address": "hub:11443" } });
    let rendered = Rendered::of(&helm, "primary", &values)?;
    let variables = rendered.containers().into_iter().filter_map(|one| one["env"].as_array());
    let mut variables = variables.flatten();
    let address = variables.find(|variable| variable["name"] == "PALISADE_REPLICA_ADDRESS");
    let address = address.and_then(|variable| variable["value"].as_str()).context("none")?;
    for pod in ["10.244.0.5", "fd00:10:244::5", "2001:db8:1:2:3:4:5:6"] {
        let address = address.replace("$(POD_IP)", pod);
        let told = Command::new(programs::primary()?)
            .args(["serve", "--replica-address", &address, "--log", "palisade=loud"])
            .output()?;
        // All that is wrong is told at once.
        let told = String::from_utf8_lossy(&told.stderr);
        ensure!(told.contains("--log") && !told.contains("--replica-address"), "{address}: {told}");
    }
    Ok(())
}

#[test]
fn values_that_cannot_work_are_refused_with_what_to_do() -> Result<()> {
    let Some(helm) = chart::helm()? else { return Ok(()) };
    let hub = json!({ "url": "postgres://postgres/palisade" });
    for (chart, values, said) in [
        ("primary", json!({ "federation": { "address": "hub:11443" } }), "database.existingSecret"),
        ("primary", json!({ "database": hub }), "federation.address"),
        ("primary", json!({ "database": hub, "federation": { "address": "hub" } }), "pattern"),
        ("agent", json!({ "role": "controller" }), "role"),
        ("agent", json!({ "roles": ["scanner"] }), "token create --scanner"),
        ("agent", json!({ "replicas": 2 }), "one agent"),
        (
            "agent",
            json!({ "join": { "token": "t" }, "initConfig": { "fedinitcfg.yaml": "" } }),
            "not several",
        ),
    ] {
        let refused = Rendered::of(&helm, chart, &values).err().context("it was taken")?;
        ensure!(refused.to_string().contains(said), "{values}: {refused}");
    }
    Ok(())
}

#[tokio::test]
async fn clusters_join_by_values_alone_and_the_api_server_trusts_the_webhook() -> Result<()> {
    let Some(helm) = chart::helm()? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let setup = json!({
        "Cluster_Name": "hub",
        "Join_Token": TOKEN,
        "Primary_Rest_Info": { "Server": "127.0.0.1", "Port": 11443 },
    });
    let users = "users:\n  - { Fullname: watcher, Password: Coffee-Beans-7, Role: reader }\n";
    let hub = Rendered::of(
        &helm,
        "primary",
        &json!({
            "database": { "url": "postgres://elsewhere/palisade" },
            "federation": { "address": "127.0.0.1:11443" },
            "initConfig": { "fedinitcfg.yaml": setup, "userinitcfg.yaml": users },
            "settings": { "event-retention": "60d", "scan-slots": 1 },
        }),
    )?;
    let arguments = hub.arguments("Deployment", &folder.path().join("primary"))?;
    let primary = Primary::builder();
    let primary = arguments.into_iter().fold(primary, PrimaryBuilder::arg);
    let mut fleet = Fleet::of_promoted(primary.start().await?).await?;
    let member = fleet.admin.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["master_cluster"]["name"], "hub");
    fleet.primary.rest()?.login("watcher", "Coffee-Beans-7").await?;

    let remote = json!({
        "Cluster_Name": "shop",
        "Join_Token": TOKEN,
        "Primary_Rest_Info":
            { "Server": "127.0.0.1", "Port": fleet.primary.addresses()?.federation.port() },
        "Managed_Rest_Info": { "Server": "shop.example", "Port": 10443 },
    });
    let shop = Rendered::of(
        &helm,
        "agent",
        &json!({
            "initConfig": { "fedinitcfg.yaml": remote },
            "settings": { "admission-mode": "protect" },
        }),
    )?;
    let arguments = shop.arguments("StatefulSet", &folder.path().join("agent"))?;
    let agent = Agent::without_token("shop").args(unnamed(&arguments)).start().await?;
    fleet.wait_for_status("shop", "synced").await?;
    let member = fleet.member("shop").await?.context("no member")?;
    assert_eq!(member["rest_info"]["server"], "shop.example");

    // As the API server calls it: by the name of the service, with the authority that the
    // configuration names and no other.
    let webhook = &shop.one("ValidatingWebhookConfiguration")?["webhooks"][0]["clientConfig"];
    let authority = STANDARD.decode(webhook["caBundle"].as_str().context("no authority")?)?;
    let service = webhook["service"]["name"].as_str().context("no service")?;
    let host = format!("{service}.palisade.svc");
    let address: SocketAddr = agent.addresses()?.webhook.context("no webhook")?;
    let http = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&authority)?])
        .resolve(&host, address)
        .build()?;
    let path = webhook["service"]["path"].as_str().context("no path")?;
    let review = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "1",
            "kind": { "group": "", "version": "v1", "kind": "Pod" },
            "operation": "CREATE",
            "namespace": "shop",
            "object": { "metadata": { "name": "till" }, "spec": { "containers": [
                { "name": "till", "image": "registry.example/till:1" },
            ] } },
        },
    });
    let url = format!("https://{host}:{}{path}", address.port());
    let answer: Value = http.post(url).json(&review).send().await?.json().await?;
    assert_eq!(answer["response"]["allowed"], true);
    fleet.agents.insert("shop".to_owned(), agent);
    Ok(())
}
