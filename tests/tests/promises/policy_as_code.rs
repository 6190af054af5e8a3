//! The federation as a text: applied as a whole or not at all, pruned,
//! exported, and the same again elsewhere.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::certificates::Certificates;
use palisade_tests::process::{Finished, Launch};
use palisade_tests::rest::Answer;
use palisade_tests::{Fleet, Primary, Rest, programs};
use reqwest::Method;
use serde_json::{Value, json};

const SET: &str = r#"
apiVersion: neuvector.com/v1
kind: NvDlpSecurityRule
metadata: {name: leaks}
spec:
  sensor:
    name: fed.leaks
    comment: no secrets
    rules:
    - name: secret
      patterns: [{key: pattern, op: regex, value: 'secret: \d+', context: body}]
---
apiVersion: neuvector.com/v1
kind: NvConfigSecurityRule
metadata: {name: fed}
spec:
  fed_config:
    name: fed
    webhooks: [{name: fed.pager, url: 'https://pager.example/', enable: true}]
---
apiVersion: v1
kind: List
items:
- apiVersion: neuvector.com/v1
  kind: NvClusterSecurityRule
  metadata: {name: fed.shop}
  spec:
    target: {selector: {name: fed.shop, comment: 'of: the "shop"', criteria: [{key: service, op: '=', value: shop}]}}
    process: [{name: sh, path: /bin/sh, action: deny, allow_update: false}]
    file: [{filter: /etc/shop/*, recursive: true, behavior: block_access, app: [/bin/shop]}]
    dlp: {status: true, settings: [{name: fed.leaks, action: deny}]}
- apiVersion: neuvector.com/v1
  kind: NvGroupDefinition
  metadata: {name: fed.cellar}
  spec: {selector: {name: fed.cellar, criteria: [{key: service, op: '=', value: cellar}]}}
---
apiVersion: palisade/v1
kind: NetworkRules
metadata: {name: fed}
spec:
  rules:
  - {from: fed.cellar, to: fed.shop, ports: any, applications: [any], action: deny, comment: second by id}
  - {id: 100007, from: fed.shop, to: external, ports: tcp/443, applications: [SSL], action: allow}
  - {from: fed.shop, to: fed.cellar, ports: any, applications: [any], action: deny}
---
apiVersion: palisade/v1
kind: AdmissionRules
metadata: {name: fed}
spec:
  rules:
  - action: deny
    rule_mode: protect
    criteria: [{name: namespace, op: containsAny, value: 'cellar,attic'}]
    comment: no cellar
---
apiVersion: palisade/v1
kind: ResponseRules
metadata: {name: fed}
spec:
  rules:
  - {event: event, actions: [webhook], webhooks: [fed.pager], conditions: [{type: level, value: Warning}]}
  - {event: event, group: fed.shop, actions: [suppress-log], conditions: [{type: level, value: Info}]}
"#;

async fn apply(rest: &Rest, query: &str, text: &str) -> Result<Answer> {
    let path = format!("/v1/fed/policy?{query}");
    rest.send(Method::POST, &path, Some(text.to_owned())).await
}

async fn exported(rest: &Rest) -> Result<String> {
    let answer = rest.get("/v1/fed/policy").await?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(answer.text)
}

fn actions(plan: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = plan["plan"].as_array().into_iter().flatten();
    all.map(|one| (text(&one["action"]), text(&one["kind"]), text(&one["name"]))).collect()
}

#[tokio::test]
async fn an_export_gives_the_same_federation_elsewhere() -> Result<()> {
    let from = Fleet::start(&[]).await?;
    let fresh = exported(&from.admin).await?;
    let planned = apply(&from.admin, "dry_run=true", SET).await?.ok()?;
    ensure!(planned["applied"] == false, "{planned}");
    ensure!(actions(&planned).len() == 13, "{planned:#}");
    assert_eq!(exported(&from.admin).await?, fresh, "a dry run changes nothing");
    // Ids are not those that a new federation would give.
    let gone = json!({ "config": { "name": "fed.gone", "rules": [{ "name": "gone", "patterns":
        [{ "key": "pattern", "op": "regex", "value": "gone", "context": "body" }] }] } });
    from.admin.post("/v1/dlp/sensor", &gone).await?.ok()?;
    from.admin.delete("/v1/dlp/sensor/fed.gone").await?.ok()?;
    let done = apply(&from.admin, "", SET).await?.ok()?;
    assert_eq!(actions(&done), actions(&planned));
    let revisions = from.admin.get("/v1/log/audit").await?.ok()?;
    let again = apply(&from.admin, "", SET).await?.ok()?;
    assert_eq!(again, json!({ "applied": true, "plan": [] }));
    assert_eq!(from.admin.get("/v1/log/audit").await?.ok()?, revisions);

    let registry = json!({ "config": { "name": "fed.depot", "registry_type": "Docker Registry",
        "registry": "http://127.0.0.1:1/", "username": "ann", "password": "her very own",
        "filters": ["shop/*"], "repo_limit": 7 } });
    from.admin.post("/v1/scan/registry", &registry).await?.ok()?;
    let text = exported(&from.admin).await?;
    ensure!(text.contains("fed.depot") && !text.contains("her very own"), "{text}");
    let to = Fleet::start(&[]).await?;
    let applied = apply(&to.admin, "", &text).await?.ok()?;
    // Secrets stand in no file, and stay where they are.
    let left_out = applied["left_out"].to_string();
    ensure!(left_out.contains("fed.depot"), "{applied}");
    assert_eq!(exported(&to.admin).await?, text);
    let again = apply(&from.admin, "", &text).await?.ok()?;
    ensure!(!again.to_string().contains("fed.depot"), "{again}");
    let other = text.replace("repo_limit: 7", "repo_limit: 8");
    let planned = apply(&to.admin, "dry_run=true", &other).await?.ok()?;
    let changed = planned["plan"].as_array().context("no plan")?;
    let depot = changed.iter().find(|one| one["name"] == "fed.depot").context("no registry")?;
    ensure!(depot["fields"][0]["after"] == 8, "{planned}");
    let wrong = text.replace("Docker Registry", "Papyrus");
    apply(&to.admin, "", &wrong).await?.expect(400, 6)?;
    let resource = "apiVersion: palisade/v1\nkind: Registry\nspec: {name: fed.twice, registry_type: \
        Docker Registry, registry: 'http://127.0.0.1:1/', filters: ['*']}\n";
    let twice = format!("---\n{resource}---\n{resource}");
    apply(&to.admin, "", &twice).await?.expect(400, 13)?;
    let secret = resource.replace("filters", "password: x, filters");
    let refused = apply(&to.admin, "", &secret).await?;
    ensure!(refused.status == 400 && refused.text.contains("password"), "{refused:?}");
    assert_eq!(exported(&to.admin).await?, text);
    let lists = [
        "/v1/policy/rule?scope=fed",
        "/v1/response/rule?scope=fed",
        "/v1/admission/rules?scope=fed",
        "/v1/dlp/rule?scope=fed",
        "/v1/waf/rule?scope=fed",
    ];
    for list in lists {
        let ids = async |rest: &Rest| {
            let answer = rest.get(list).await?.ok()?;
            let rules = answer["rules"].as_array().context("no rules")?.clone();
            anyhow::Ok(rules.iter().map(|rule| rule["id"].clone()).collect::<Vec<_>>())
        };
        assert_eq!(ids(&to.admin).await?, ids(&from.admin).await?, "{list}");
    }
    Ok(())
}

#[tokio::test]
async fn a_group_keeps_nothing_that_its_new_members_have_none_of() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    let group = |key: &str, value: &str| {
        json!({ "config": { "name": "fed.shop", "cfg_type": "federal",
            "criteria": [{ "key": key, "op": "=", "value": value }] } })
    };
    let profile = json!({ "process_profile_config": { "group": "fed.shop", "process_change_list":
        [{ "name": "sh", "path": "/bin/sh", "action": "deny" }] } });
    let listed = async || {
        let shown = admin.get("/v1/process_profile/fed.shop").await?.ok()?;
        anyhow::Ok(shown["process_profile"]["process_list"].as_array().map(Vec::len))
    };
    admin.post("/v1/group", &group("service", "shop")).await?.ok()?;
    admin.patch("/v1/process_profile/fed.shop", &profile).await?.ok()?;
    admin.patch("/v1/group/fed.shop", &group("address", "10.0.0.1")).await?.ok()?;
    admin.get("/v1/process_profile/fed.shop").await?.expect(400, 7)?;
    // What is exported can be applied, and is so already.
    let text = exported(admin).await?;
    ensure!(!text.contains("/bin/sh"), "{text}");
    let again = apply(admin, "prune=true", &text).await?.ok()?;
    assert_eq!(again["plan"], json!([]), "{again}");
    admin.patch("/v1/group/fed.shop", &group("service", "shop")).await?.ok()?;
    assert_eq!(listed().await?, Some(0));
    // By a file as well.
    admin.patch("/v1/process_profile/fed.shop", &profile).await?.ok()?;
    assert_eq!(listed().await?, Some(1));
    apply(admin, "", &text).await?.ok()?;
    admin.patch("/v1/group/fed.shop", &group("service", "shop")).await?.ok()?;
    assert_eq!(listed().await?, Some(0));
    Ok(())
}

#[tokio::test]
async fn a_declared_registry_has_no_access_that_is_not_declared() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    let registry = json!({ "config": { "name": "fed.ecr", "registry_type": "Amazon ECR Registry",
        "registry": "http://127.0.0.1:1/", "filters": ["*"],
        "aws_key": { "id": "1", "region": "eu-west-1", "secret_access_key": "her very own" } } });
    admin.post("/v1/scan/registry", &registry).await?.ok()?;
    let keyed = exported(admin).await?;
    ensure!(keyed.contains("aws_key"), "{keyed}");
    let text = "apiVersion: palisade/v1\nkind: Registry\nspec: {name: fed.ecr, registry_type: \
        Amazon ECR Registry, registry: 'http://127.0.0.1:1/', filters: ['*']}\n";
    let done = apply(admin, "", text).await?.ok()?;
    assert_eq!(done["plan"][0]["fields"][0]["name"], "aws_key", "{done}");
    ensure!(!exported(admin).await?.contains("aws_key"), "the key is still there");
    assert_eq!(apply(admin, "", text).await?.ok()?["plan"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_set_changes_what_differs_and_prunes_what_it_does_not_name() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let admin = &fleet.admin;
    apply(admin, "", SET).await?.ok()?;
    // Another comment, another order, and no cellar.
    let cellar = "- apiVersion: neuvector.com/v1\n  kind: NvGroupDefinition";
    let start = SET.find(cellar).context("no cellar")?;
    let end = SET[start..].find("---").context("no end")? + start;
    let smaller = format!("{}{}", &SET[..start], &SET[end..]);
    let smaller = smaller
        .replace("of: the", "about: the")
        .replace("  - {from: fed.cellar, to: fed.shop, ports: any, applications: [any], action: deny, comment: second by id}\n", "")
        .replace("  - {from: fed.shop, to: fed.cellar, ports: any, applications: [any], action: deny}\n", "");
    let kept = apply(admin, "", &smaller).await?.ok()?;
    assert_eq!(actions(&kept), [("change".into(), "group".into(), "fed.shop".into())]);
    ensure!(kept["plan"][0]["fields"][0]["name"] == "comment", "{kept}");
    let pruned = apply(admin, "prune=true", &smaller).await?.ok()?;
    let deleted: Vec<_> = actions(&pruned);
    ensure!(deleted.iter().all(|(action, ..)| action == "delete"), "{deleted:?}");
    let kinds: Vec<_> = deleted.iter().map(|(_, kind, _)| kind.as_str()).collect();
    // The sensors that each federation begins with are not in the set either, and stay.
    assert_eq!(kinds, ["group", "network rule", "network rule"]);
    let sensors = admin.get("/v1/waf/sensor?scope=fed").await?.ok()?.to_string();
    ensure!(["log4shell", "spring4shell"].iter().all(|name| sensors.contains(name)), "{sensors}");
    fleet.wait_for_status("staging", "synced").await?;
    let own = fleet.agent("staging")?.admin().await?;
    let groups = own.get("/v1/group?scope=fed").await?.ok()?;
    ensure!(!groups.to_string().contains("fed.cellar"), "{groups}");
    Ok(())
}

#[tokio::test]
async fn a_set_says_which_clusters_its_objects_are_for() -> Result<()> {
    let from = Fleet::start(&[]).await?;
    let prod = "cluster_selector: {matchLabels: {env: prod}}";
    let of_prod = SET
        .replace("comment: no secrets", &format!("{prod}\n    comment: no secrets"))
        .replace("enable: true}", &format!("enable: true, {prod}}}"))
        .replace("{name: fed.shop, comment", &format!("{{name: fed.shop, {prod}, comment"))
        .replace("comment: second by id", &format!("comment: second by id, {prod}"))
        .replace(
            "applications: [SSL], action: allow",
            &format!("applications: [SSL], action: allow, {prod}"),
        )
        .replace(
            "ports: any, applications: [any], action: deny}",
            &format!("ports: any, applications: [any], action: deny, {prod}}}"),
        )
        .replace("comment: no cellar", &format!("comment: no cellar\n    {prod}"))
        .replace("{event: event, ", &format!("{{event: event, {prod}, "));
    apply(&from.admin, "", &of_prod).await?.ok()?;
    let text = exported(&from.admin).await?;
    let told = text.matches("cluster_selector").count();
    assert_eq!(told, of_prod.matches("cluster_selector").count(), "{text}");
    let group = from.admin.get("/v1/group/fed.shop?scope=fed").await?.ok()?;
    assert_eq!(group["group"]["cluster_selector"], json!({ "matchLabels": { "env": "prod" } }));

    let to = Fleet::start(&[]).await?;
    apply(&to.admin, "", &text).await?.ok()?;
    assert_eq!(exported(&to.admin).await?, text);
    let again = apply(&to.admin, "", &text).await?.ok()?;
    assert_eq!(again["plan"], json!([]));

    // What is said without a selector is for all: and that is in the plan.
    let planned = apply(&to.admin, "dry_run=true", SET).await?.ok()?;
    let fields = planned["plan"]
        .as_array()
        .context("no plan")?
        .iter()
        .flat_map(|one| one["fields"].as_array().into_iter().flatten());
    ensure!(fields.clone().count() > 0, "{planned}");
    ensure!(fields.clone().all(|field| field["name"] == "cluster_selector"), "{planned}");
    apply(&to.admin, "", SET).await?.ok()?;
    ensure!(!exported(&to.admin).await?.contains("cluster_selector"), "a selector is left");

    // A rule that goes further than its group, and a selector that says nothing.
    for (wrong, said) in [
        (of_prod.replacen(&format!("action: allow, {prod}"), "action: allow", 1), "fed.shop"),
        (of_prod.replacen("matchLabels", "matchLabel", 1), "matchLabel"),
    ] {
        let answer = apply(&to.admin, "", &wrong).await?;
        ensure!(answer.status == 400 && answer.text.contains(said), "{said}: {answer:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_or_hostile_changes_nothing() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    apply(admin, "", SET).await?.ok()?;
    let before = exported(admin).await?;
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..12 {
        let refer = format!("*a{},", n - 1).repeat(9);
        bomb.extend([format!("a{n}: &a{n} [{refer}]\n")]);
    }
    let cut = SET.find("- apiVersion: neuvector.com/v1\n  kind: NvGroupDefinition").context("?")?;
    for (text, said) in [
        (
            SET.replace("criteria: [{key: service, op: '=', value: shop}]", "criterion: []"),
            "criterion",
        ),
        (SET.replace("kind: NvDlpSecurityRule", "kind: NvRegistry"), "NvRegistry"),
        (SET.replace("fed.leaks, action: deny", "fed.none, action: deny"), "fed.none"),
        (SET.replace("to: external", "to: fed.attic"), "fed.attic"),
        (SET.replace("webhooks: [fed.pager]", "webhooks: [fed.nobody]"), "fed.nobody"),
        (
            SET.replace("kind: List\nitems:", "kind: List\nkind: List\nitems:"),
            "`kind` is not allowed",
        ),
        (SET.replace("id: 100007", "id: 7"), "7"),
        (bomb, "too large or too complex"),
        ("[".repeat(1 << 20), ""),
        ("just text".to_owned(), ""),
        (format!("{}\u{0}", &SET[..cut]), ""),
    ] {
        let answer = apply(admin, "prune=true", &text).await?;
        ensure!(answer.status == 400, "{said:?}: {answer:?}");
        ensure!(answer.text.contains(said), "{said:?} is not named: {}", answer.text);
    }
    // Who asks for a dry run in other words gets no wet one.
    for query in ["dry_run=yes", "dry_run=", "dry_run", "prune=all&dry_run=true"] {
        let answer = apply(admin, query, &SET.replace("no secrets", "changed")).await?;
        ensure!(answer.status == 400 && answer.text.contains("true or false"), "{answer:?}");
    }
    let huge = format!("# {}", "x".repeat(17 << 20));
    let refused = apply(admin, "", &huge).await;
    ensure!(refused.is_err() || refused?.status == 400, "too large a set is taken");
    // Pruning a group that a rule of a cluster-wide list names is refused.
    let group_alone = &SET[..SET.find("---\napiVersion: palisade/v1").context("?")?];
    apply(admin, "prune=true&dry_run=true", group_alone).await?.ok()?;
    assert_eq!(exported(admin).await?, before);
    Ok(())
}

#[tokio::test]
async fn what_a_cluster_exports_of_its_own_becomes_federated() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    let local = SET
        .replace("name: fed.", "name: ")
        .replace("metadata: {name: fed}", "metadata: {name: local}")
        .replace("from: fed.", "from: ")
        .replace("to: fed.", "to: ")
        .replace("group: fed.", "group: ")
        .replace("[fed.pager]", "[pager]")
        .replace("    target: {selector", "    target: {policymode: Protect, selector");
    let done = apply(admin, "", &local).await?.ok()?;
    assert_eq!(done["left_out"], json!(["fed.shop: policymode Protect"]), "{done}");
    let of_a_cluster = "apiVersion: neuvector.com/v1\nkind: NvAdmissionControlSecurityRule\n\
        metadata: {name: local}\nspec:\n  rules:\n  - {action: allow, id: 3, criteria: null}\n  \
        - {action: deny, id: 1000, containers: null,\n     criteria: [{name: namespace, op: \
        containsAny, value: vault}]}\n";
    let planned = apply(admin, "dry_run=true", of_a_cluster).await?.ok()?;
    ensure!(actions(&planned).len() == 1, "{planned}");
    assert_eq!(planned["left_out"], json!(["admission control: the built-in rule 3"]));
    let same = apply(admin, "", SET).await?.ok()?;
    ensure!(actions(&same).is_empty(), "not what is written as federated: {same}");
    let mixed = format!("{local}\n---\n{SET}");
    let refused = apply(admin, "", &mixed).await?;
    ensure!(refused.status == 400 && refused.text.contains("would both be"), "{refused:?}");
    Ok(())
}

/// What files forget easily: set by REST, so that an export has to tell it.
async fn set_by_rest(admin: &Rest) -> Result<()> {
    let silent = |group: &str| {
        json!({ "process_profile_config": { "group": group, "alert_disabled": true,
            "hash_enabled": true } })
    };
    let external = json!({ "insert": { "after": 0, "rules": [{ "id": 0, "event": "event",
        "group": "external", "conditions": [{ "type": "level", "value": "Info" }],
        "actions": ["suppress-log"], "cfg_type": "federal" }] } });
    let comment = json!({ "config": { "name": "fed.nodes", "comment": "the machines" } });
    admin.patch("/v1/response/rule?scope=fed", &external).await?.ok()?;
    admin.patch("/v1/group/fed.nodes", &comment).await?.ok()?;
    for group in ["fed.shop", "fed.cellar", "fed.containers"] {
        admin.patch(&format!("/v1/process_profile/{group}"), &silent(group)).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn whatever_was_there_a_set_with_prune_leaves_what_it_says() -> Result<()> {
    let from = Fleet::start(&[]).await?;
    apply(&from.admin, "", SET).await?.ok()?;
    set_by_rest(&from.admin).await?;
    let text = exported(&from.admin).await?;
    let to = Fleet::start(&[]).await?;
    apply(&to.admin, "", &text).await?.ok()?;
    assert_eq!(exported(&to.admin).await?, text);

    let process = |group: &str, path: &str| {
        json!({ "process_profile_config": { "group": group,
            "process_change_list": [{ "name": "sh", "path": path, "action": "allow" }] } })
    };
    let file = json!({ "config": { "add_filters":
        [{ "filter": "/etc/wine", "recursive": false, "behavior": "monitor_change" }] } });
    let binding = json!({ "config": { "name": "fed.cellar", "status": true,
        "replace": [{ "name": "fed.leaks", "action": "allow" }] } });
    for (path, body) in [
        ("/v1/process_profile/fed.cellar", process("fed.cellar", "/bin/sh")),
        ("/v1/process_profile/fed.nodes", process("fed.nodes", "/bin/sh")),
        ("/v1/process_profile/fed.shop", process("fed.shop", "/usr/bin/sh")),
        ("/v1/file_monitor/fed.cellar", file),
        ("/v1/dlp/group/fed.cellar", binding),
    ] {
        to.admin.patch(path, &body).await?.ok()?;
        ensure!(exported(&to.admin).await? != text, "{path} is not exported");
        apply(&to.admin, "prune=true", &text).await?.ok()?;
        assert_eq!(exported(&to.admin).await?, text, "{path}");
    }

    // An id that the set tells goes to the rule that it tells it of.
    let taken = SET
        .replace("fed.leaks", "fed.taken")
        .replace("- name: secret", "- id: 20000\n      name: secret");
    ensure!(text.contains("id: 20000"), "{text}");
    apply(&to.admin, "", &taken).await?.ok()?;
    let leaks = to.admin.get("/v1/dlp/sensor/fed.leaks").await?.ok()?;
    assert_eq!(leaks["sensor"]["rules"][0]["id"], 20_001);
    apply(&to.admin, "prune=true", &text).await?.ok()?;
    assert_eq!(exported(&to.admin).await?, text);

    // The first rule of a profile that fits decides, so its order is the file's.
    let ordered = |names: [&str; 3]| {
        let rules = names.map(|name| {
            format!("{{name: {name}, path: /bin//./{name}, action: deny, allow_update: false}}")
        });
        let shop = "[{name: sh, path: /bin/sh, action: deny, allow_update: false}]";
        SET.replace(shop, &format!("[{}]", rules.join(", ")))
            .replace("filter: /etc/shop/*", "filter: /etc//shop/*")
    };
    for names in [["a", "b", "c"], ["c", "a", "b"]] {
        apply(&to.admin, "prune=true", &ordered(names)).await?.ok()?;
        let profile = to.admin.get("/v1/process_profile/fed.shop").await?.ok()?;
        let rules = profile["process_profile"]["process_list"].as_array().context("no rules")?;
        let told: Vec<_> = rules.iter().filter_map(|rule| rule["name"].as_str()).collect();
        assert_eq!(told, names);
        let again = apply(&to.admin, "prune=true", &ordered(names)).await?.ok()?;
        assert_eq!(again["plan"], json!([]), "the same again changes something");
    }
    Ok(())
}

async fn command(server: &str, ca: &Path, key: &str, arguments: &[&str]) -> Result<Finished> {
    Launch::new("apply", programs::primary()?)
        .arg("apply")
        .args(arguments)
        .env("PALISADE_SERVER", server)
        .env("PALISADE_CA", ca.to_str().context("no UTF-8")?)
        .env("PALISADE_API_KEY", key)
        .run(Duration::from_mins(1))
        .await
}

#[tokio::test]
async fn the_command_applies_folders_with_an_api_key() -> Result<()> {
    let place = tempfile::tempdir()?;
    let certificates = Certificates::make(place.path())?;
    let primary = Primary::builder()
        .arg("--tls-certificate")
        .arg(&certificates.certificate)
        .arg("--tls-key")
        .arg(&certificates.key)
        .start()
        .await?;
    let fleet = Fleet::of(primary, &[]).await?;
    let made = json!({ "apikey": { "apikey_name": "gitops", "role": "fedAdmin", "role_domains": {},
        "expiration_type": "onehour", "description": "" } });
    let made = fleet.admin.post("/v1/api_key", &made).await?.ok()?;
    let secret = made["apikey"]["apikey_secret"].as_str().context("no secret")?;
    let key = format!("gitops:{secret}");
    let folder = place.path().join("policy");
    std::fs::create_dir(&folder)?;
    let (first, rest) = SET.split_at(SET.find("apiVersion: v1").context("no list")?);
    std::fs::write(folder.join("10-sensors.yaml"), first)?;
    std::fs::write(folder.join("20-groups.yml"), rest)?;
    let server = format!("https://{}", fleet.primary.addresses()?.rest);
    let folder = folder.to_str().context("no UTF-8")?;
    let fresh = exported(&fleet.admin).await?;
    let ca = &certificates.authority_file;
    let dry = command(&server, ca, &key, &["-f", folder, "--dry-run"]).await?.ok()?;
    ensure!(dry.contains("+ group fed.shop") && dry.contains("nothing was done"), "{dry}");
    assert_eq!(exported(&fleet.admin).await?, fresh);
    let done = command(&server, ca, &key, &["-f", folder, "--prune"]).await?.ok()?;
    ensure!(done.contains("13 created"), "{done}");
    let again = command(&server, ca, &key, &["-f", folder, "--prune"]).await?.ok()?;
    ensure!(again.contains("all is so already"), "{again}");
    let wrong = command(&server, ca, "gitops:wrong", &["-f", folder]).await?;
    ensure!(wrong.ok().is_err(), "a wrong key is taken");
    Ok(())
}
