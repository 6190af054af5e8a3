//! What clients written for NeuVector's REST API send and read, found by running
//! them: each promise here was broken once for one of them.

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::{ADMIN_PASSWORD, Agent, Fleet, Primary, Registry, Rest, vulndb};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn letter_case_and_slashes_of_paths_are_of_no_account_in_a_cluster_either() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let there = fleet.agent("staging")?.admin().await?;
    for (sloppy, right) in [
        ("/V1/Group", "/v1/group"),
        ("/v1//SYSTEM/Summary/", "/v1/system/summary"),
        ("/v1/Admission/rules?scope=fed", "/v1/admission/rules?scope=fed"),
        ("/v1/Scan/Platform/", "/v1/scan/platform"),
        ("/V1/DLP/sensor", "/v1/dlp/sensor"),
        ("/v2/Workload", "/v2/workload"),
    ] {
        let (sloppy, right) = (there.get(sloppy).await?, there.get(right).await?);
        assert_eq!(sloppy.clone().ok()?, right.ok()?, "{sloppy:?}");
    }
    let missing = there.get("/V1/Group/Mixed.Case").await?;
    missing.expect(404, 7)?;
    ensure!(missing.text.contains("Mixed.Case"), "names keep their case: {}", missing.text);
    Ok(())
}

#[tokio::test]
async fn lists_of_a_cluster_are_filtered_and_sorted_and_odd_numbers_passed_over() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let there = fleet.agent("staging")?.admin().await?;
    for name in ["fed.menu", "fed.orders", "fed.order-book"] {
        let config = json!({ "name": name, "cfg_type": "federal",
            "criteria": [{ "key": "service", "op": "=", "value": name }] });
        fleet.admin.post("/v1/group", &json!({ "config": config })).await?.ok()?;
    }
    fleet.wait_for_status("staging", "synced").await?;
    let names = async |query: &str| {
        let groups = there.get(&format!("/v1/group?{query}")).await?.ok()?;
        let groups = groups["groups"].as_array().context("no list")?.clone();
        anyhow::Ok(groups.iter().map(|one| one["name"].clone()).collect::<Vec<_>>())
    };
    for (query, expected) in [
        ("f_name=fed.menu&brief=True", json!(["fed.menu"])),
        ("f_name=in,order&s_name=desc", json!(["fed.orders", "fed.order-book"])),
        ("f_name=prefix,fed.order&s_name=asc&limit=1", json!(["fed.order-book"])),
        ("f_colour=red&f_name=in,menu&start=x&limit=-1", json!(["fed.menu"])),
    ] {
        assert_eq!(json!(names(query).await?), expected, "{query}");
    }
    assert_eq!(names("start=&limit=").await?.len(), names("").await?.len());
    let events = there.get("/v1/log/event?f_name=Federation.Join").await?.ok()?;
    let events = events["events"].as_array().context("no list")?;
    ensure!(!events.is_empty() && events.iter().all(|one| one["name"] == "Federation.Join"));
    assert_eq!(there.get("/v1/log/event?f_name=Nothing").await?.ok()?["events"], json!([]));
    Ok(())
}

fn gzipped(text: &str) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?)
}

async fn send_gzipped(rest: &Rest, method: Method, path: &str, body: Vec<u8>) -> Result<u16> {
    let headers = [("Content-Encoding", "GZip")];
    Ok(rest.send_bytes(method, path, &headers, Some(body)).await?.status.as_u16())
}

#[tokio::test]
async fn bodies_may_be_packed_and_their_bound_is_that_of_what_is_in_them() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let there = fleet.agent("staging")?.admin().await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let through = format!("/v1/fed/cluster/{}", member["id"].as_str().context("no id")?);
    let group = json!({ "config": { "name": "fed.packed", "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": "packed" }] } });
    let packed = gzipped(&group.to_string())?;
    assert_eq!(send_gzipped(&fleet.admin, Method::POST, "/v1/group", packed.clone()).await?, 200);
    fleet.admin.get("/v1/group/fed.packed").await?.ok()?;

    let protect = gzipped(&json!({ "state": { "mode": "protect" } }).to_string())?;
    let monitor = gzipped(&json!({ "state": { "mode": "monitor" } }).to_string())?;
    let state = "/v1/admission/state";
    for (rest, path, body, mode) in [
        (&there, state.to_owned(), protect, "protect"),
        (&fleet.admin, format!("{through}{state}"), monitor, "monitor"),
    ] {
        assert_eq!(send_gzipped(rest, Method::PATCH, &path, body).await?, 200, "{path}");
        assert_eq!(there.get(state).await?.ok()?["state"]["mode"], mode);
    }

    let bomb = gzipped(&format!("{{\"x\":\"{}\"}}", "0".repeat(256 << 20)))?;
    let broken = packed.get(..packed.len() / 2).context("too short")?.to_vec();
    for (rest, path) in [
        (&fleet.admin, "/v1/group".to_owned()),
        (&there, "/v1/group".to_owned()),
        (&fleet.admin, format!("{through}/v1/group")),
    ] {
        for body in [&bomb, &broken, &b"not packed at all".to_vec()] {
            let answered = send_gzipped(rest, Method::POST, &path, body.clone()).await?;
            assert_eq!(answered, 400, "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_exporter_counts_admission_by_either_path() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let both = async || {
        let [one, other] =
            ["/v1/admission/stats", "/v1/debug/admission_stats"].map(|path| fleet.admin.get(path));
        let (one, other) = (one.await?.ok()?, other.await?.ok()?);
        assert_eq!(one, other);
        ensure!(one["stats"]["k8s_denied_requests"].is_u64(), "{one}");
        anyhow::Ok(())
    };
    // Without a cluster of its own, and with one.
    both().await?;
    let state = fleet.admin.get("/v1/admission/state").await?.ok()?;
    assert_eq!((&state["k8s_env"], &state["state"]["enable"]), (&json!(false), &json!(false)));
    let _home = Agent::join("home", &fleet.primary.token(&["--home"]).await?).await?;
    fleet.wait_for_status("home", "synced").await?;
    both().await?;
    // Clients look the mode up in the options, and break where it is not there.
    let state = fleet.admin.get("/v1/admission/state").await?.ok()?["state"].take();
    let mode = state["adm_client_mode"].as_str().context("no mode")?;
    for option in [mode, "url"] {
        let way = state["adm_client_mode_options"][option].as_str().unwrap_or_default();
        ensure!(!way.is_empty(), "{option} is not in {state}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_fixed_of_admission_control_is_not_changed_in_silence() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let there = fleet.agent("staging")?.admin().await?;
    let path = "/v1/admission/state";
    // A page may be sent back whole.
    let shown = there.get(path).await?.ok()?;
    there.patch(path, &shown).await?.ok()?;
    for (key, other) in
        [("default_action", "deny"), ("adm_client_mode", "url"), ("failure_policy", "fail")]
    {
        let refused = there.patch(path, &json!({ "state": { key: other } })).await?;
        refused.expect(400, 4)?;
        there.patch(path, &json!({ "state": { key: "" } })).await?.ok()?;
    }
    assert_eq!(there.get(path).await?.ok()?, shown);
    Ok(())
}

#[tokio::test]
async fn a_page_of_settings_may_be_sent_back_whole() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let shown = admin.get("/v2/system/config").await?.ok()?["config"].take();
    let page = |order: Value| {
        json!({
            "atmo_config": shown["mode_auto"],
            "net_config": shown["net_svc"],
            "config_v2": {
                "svc_cfg": shown["new_svc"], "syslog_cfg": shown["syslog"],
                "auth_cfg": { "auth_order": order, "auth_by_platform": false, "rancher_ep": "" },
                "proxy_cfg": shown["proxy"], "misc_cfg": shown["misc"],
                "ibmsa_cfg": { "ibmsa_ep_enabled": false, "ibmsa_ep_dashboard_url": "" },
                "scanner_autoscale_cfg": shown["scanner_autoscale"], "tls_cfg": shown["tls_cfg"],
            },
        })
    };
    let path = "/v1/system/config";
    admin.patch(path, &page(json!(["local"]))).await?.ok()?;
    assert_eq!(admin.get(path).await?.ok()?["config"]["auth_order"], json!(["local"]));
    // What nothing here would obey is refused by its name.
    for (part, key, value) in [
        ("svc_cfg", "new_service_policy_mode", json!("Protect")),
        ("syslog_cfg", "syslog_status", json!(true)),
        ("scanner_autoscale_cfg", "strategy", json!("delayed")),
    ] {
        let mut changed = page(json!(["local"]));
        changed["config_v2"][part][key] = value;
        let answer = admin.patch(path, &changed).await?;
        answer.expect(400, 6)?;
        let named = if part == "scanner_autoscale_cfg" { part } else { key };
        ensure!(answer.text.contains(named), "{}", answer.text);
    }
    let changed = json!({ "net_config": { "net_service_status": true } });
    admin.patch(path, &changed).await?.expect(400, 6)
}

#[tokio::test]
async fn a_login_that_names_the_local_users_does_not_ask_for_the_order() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let ldap = json!({ "config": { "name": "ldap1", "ldap": {
        "directory": "OpenLDAP", "hostname": "127.0.0.1", "port": 9, "base_dn": "dc=shop",
        "enable": true } } });
    admin.post("/v1/server", &ldap).await?.ok()?;
    let user =
        json!({ "user": { "username": "mary", "password": "coffee-beans", "role": "reader" } });
    admin.post("/v1/user", &user).await?.ok()?;
    let order = json!({ "config": { "auth_order": ["ldap1"] } });
    admin.patch("/v1/system/config", &order).await?.ok()?;
    let mary = json!({ "password": { "username": "mary", "password": "coffee-beans" } });
    // Nobody is there who could vouch for her.
    primary.rest()?.post("/v1/auth", &mary).await?.expect(503, 55)?;
    primary.rest()?.post("/v1/auth/local", &mary).await?.ok()?;
    // Nobody is locked out: the first administrator is always asked here.
    primary.rest()?.login("admin", ADMIN_PASSWORD).await?;
    Ok(())
}

#[tokio::test]
async fn the_command_line_reads_keys_without_asking_whether_they_are_there() -> Result<()> {
    let registry = Registry::start().await?;
    let image = ImageBuilder::new().layer(debian_layer(&[])?.layer()?).build()?;
    image.push(&registry.url(), "shop/menu", "v1").await?;
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    let fleet = Fleet::of(primary, &[]).await?;
    let body = json!({ "request": { "registry": registry.url(), "repository": "shop/menu",
        "tag": "v1", "scan_layers": false } });
    let report = fleet.admin.post("/v1/scan/repository", &body).await?.ok()?["report"].take();
    for list in ["modules", "checks", "secrets", "setid_perms", "envs", "cmds"] {
        ensure!(report[list].is_array(), "{list} is not in {report}");
    }
    let rules = fleet.admin.get("/v1/dlp/rule").await?.ok()?;
    for rule in rules["rules"].as_array().context("no rules")? {
        ensure!(rule["patterns"][0]["context"] == "body", "{rule}");
    }
    // What is shown of the own address is sent back with what changes.
    let member = fleet.admin.get("/v1/fed/member").await?.ok()?;
    let own = member["local_rest_info"].clone();
    assert_eq!(own, member["master_cluster"]["rest_info"]);
    let config = json!({ "rest_info": own, "use_proxy": "", "deploy_repo_scan_data": true });
    fleet.admin.patch("/v1/fed/config", &config).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn an_import_is_asked_for_until_it_is_done_whatever_is_imported() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let path = "/v1/file/vulnerability/profile";
    let exported = admin.post(path, &json!({ "names": ["default"] })).await?.text;
    // The second question mark is that of the client.
    let path = format!("{path}/config?option=merge?scope=local");
    let begun = admin.send(Method::POST, &path, Some(exported)).await?;
    assert_eq!(begun.status, 206, "{}", begun.text);
    let begun: Value = serde_json::from_str(&begun.text)?;
    let tid = begun["data"]["tid"].as_str().context("no tid")?;
    let asking = admin.with_header("X-Transaction-ID", tid)?;
    let done = asking.send(Method::POST, &path, Some(String::new())).await?.ok()?;
    assert_eq!(done["data"]["status"], "done");
    let other = admin.with_header("X-Transaction-ID", "other")?;
    other.send(Method::POST, &path, None).await?.expect(410, 6)
}

#[tokio::test]
async fn the_summary_tells_of_the_database_that_scans_use() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    let summary = primary.admin().await?.get("/v1/system/summary").await?.ok()?["summary"].take();
    let version = summary["cvedb_version"].as_str().context("no version")?;
    ensure!(version.parse::<f64>().is_ok(), "{version}");
    let made = summary["cvedb_create_time"].as_str().context("no time")?;
    ensure!(made.len() == 20 && made.ends_with('Z'), "{made}");
    Ok(())
}

/// The files of the ConfigMap `neuvector-init`, as its users write them.
const INIT_FILES: &[(&str, &str)] = &[
    (
        "roleinitcfg.yaml",
        "always_reload: false\nroles:\n- Comment: test role\n  Name: testrole\n  Permissions:\n  \
         - id: rt_scan\n    read: true\n    write: true\n  - id: ci_scan\n    write: true\n",
    ),
    (
        "passwordprofileinitcfg.yaml",
        "active_profile_name: default\npwd_profiles:\n- name: default\n  comment: of the map\n  \
         min_len: 9\n  min_uppercase_count: 0\n  session_timeout: 600\n",
    ),
    (
        "ldapinitcfg.yaml",
        "directory: OpenLDAP\nHostname: 192.0.2.7\nPort: 389\nSSL: false\n\
         base_dn: dc=example,dc=org\nbind_password: secret\ngroup_member_attr:\nEnable: false\n\
         Default_Role: reader\ngroup_mapped_roles:\n- group: ops\n  global_role: testrole\n",
    ),
    ("sysinitcfg.yaml", "Auth_Order: [ldap1, local]\nSyslog_ip: 192.0.2.1\nXff_Enabled: true\n"),
    (
        "userinitcfg.yaml",
        "users:\n-\n  Fullname: admin\n  Password: first-of-all\n  Role: admin\n-\n  EMail: \
         m@example.org\n  Fullname: mary\n  Locale: en\n  Password: coffee-beans\n  Role: reader\n  \
         Timeout: 300\n-\n  Fullname: short\n  Password: x\n",
    ),
];

#[tokio::test]
async fn groups_of_a_directory_are_put_in_order_and_unmapped_as_the_command_line_does() -> Result<()>
{
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let group = |name: &str, role: &str| json!({ "group": name, "global_role": role });
    let groups = [
        group("ci", "ciops"),
        group("all", ""),
        group("audit", "reader"),
        group("ops", "fedAdmin"),
    ];
    let provider = json!({ "config": { "name": "openId1", "oidc": {
        "issuer": "https://127.0.0.1:1/", "client_id": "palisade", "client_secret": "s",
        "enable": false, "group_mapped_roles": groups } } });
    admin.post("/v1/server", &provider).await?.ok()?;
    let mapped = async || -> Result<Vec<Value>> {
        let server = admin.get("/v1/server/openId1").await?.ok()?;
        let mapped = server["server"]["oidc"]["group_mapped_roles"].as_array().cloned();
        Ok(mapped.context("no groups")?.iter().map(|one| one["group"].clone()).collect())
    };
    // Those of the federation come first, and one that gives nothing is not mapped.
    assert_eq!(mapped().await?, ["ops", "ci", "audit"]);
    let path = "/v1/server/openId1/groups";
    let order = |groups: Value| json!({ "config": { "name": "openId1", "groups": groups } });
    admin.patch(path, &order(json!(["audit"]))).await?.ok()?;
    assert_eq!(mapped().await?, ["ops", "audit", "ci"]);
    for wrong in [json!(["audit", "all"]), json!(["ci", "ci"])] {
        admin.patch(path, &order(wrong)).await?.expect(400, 6)?;
    }
    let unset = json!({ "config": { "name": "openId1", "group": "audit",
        "mapped_roles": { "group": "audit" } } });
    admin.patch("/v1/server/openId1/group/audit", &unset).await?.ok()?;
    assert_eq!(mapped().await?, ["ops", "ci"]);
    Ok(())
}

#[tokio::test]
async fn users_roles_and_directories_come_from_files() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (file, text) in INIT_FILES {
        std::fs::write(folder.path().join(file), text)?;
    }
    let mut primary = Primary::builder().arg("--init-config").arg(folder.path()).start().await?;
    let mut admin = primary.rest()?;
    admin.login("admin", "first-of-all").await?;
    let role = admin.get("/v1/user_role/testrole").await?.ok()?;
    assert_eq!(role["role"]["comment"], "test role");
    let profile = admin.get("/v1/password_profile/default").await?.ok()?;
    assert_eq!(profile["pwd_profile"]["min_len"], 9);
    let server = admin.get("/v1/server/ldap1").await?.ok()?["server"]["ldap"].take();
    assert_eq!((&server["hostname"], &server["port"]), (&json!("192.0.2.7"), &json!(389)));
    assert_eq!(server["group_mapped_roles"][0]["global_role"], "testrole");
    let config = admin.get("/v1/system/config").await?.ok()?;
    assert_eq!(config["config"]["auth_order"], json!(["ldap1", "local"]));
    let mary = admin.get("/v1/user/mary").await?.ok()?;
    assert_eq!(
        (&mary["user"]["email"], &mary["user"]["role"]),
        (&json!("m@example.org"), &json!("reader"))
    );
    // What is refused stops nothing else.
    admin.get("/v1/user/short").await?.expect(404, 7)?;

    // Once, unless the file says so.
    let change = json!({ "config": { "fullname": "mary", "email": "other@example.org" } });
    admin.patch("/v1/user/mary", &change).await?.ok()?;
    let always = "Always_Reload: true\nroles: [{name: testrole, comment: again, \
                  permissions: [{id: ci_scan, write: true}]}]\n";
    std::fs::write(folder.path().join("roleinitcfg.yaml"), always)?;
    primary.stop().await?;
    primary.restart().await?;
    let mut admin = primary.rest()?;
    admin.login("admin", "first-of-all").await?;
    assert_eq!(admin.get("/v1/user/mary").await?.ok()?["user"]["email"], "other@example.org");
    assert_eq!(admin.get("/v1/user_role/testrole").await?.ok()?["role"]["comment"], "again");
    Ok(())
}
