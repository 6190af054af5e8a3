//! The repository that exports can go to: how it is set, and what refuses an export. The
//! writing is tried beside the code, since nobody here may ask a provider.

use anyhow::{Result, ensure};
use palisade_tests::{Agent, Fleet, Primary, fleet};
use serde_json::{Value, json};

const PATH: &str = "/v1/system/config/remote_repository";
const TOKEN: &str = "tea-with-milk-4711";

fn github() -> Value {
    json!({ "nickname": "default", "provider": "github", "comment": "Policy", "enable": true,
        "github_configuration": {
            "repository_owner_username": "shop", "repository_name": "policy",
            "repository_branch_name": "main", "personal_access_token": TOKEN,
            "personal_access_token_committer_name": "palisade",
            "personal_access_token_email": "palisade@example.org" } })
}

fn azure() -> Value {
    json!({ "nickname": "default", "provider": "azure devops", "comment": "", "enable": false,
        "azure_devops_configuration": {
            "organization_name": "shop", "project_name": "shop", "repo_name": "policy",
            "branch_name": "main", "personal_access_token": TOKEN } })
}

#[tokio::test]
async fn a_repository_is_set_shown_without_its_token_changed_and_forgotten() -> Result<()> {
    let primary = Primary::builder().arg("--log").arg("debug").start().await?;
    let admin = primary.admin().await?;
    let shown = async || -> Result<Value> {
        let one = admin.get("/v1/system/config").await?.ok()?;
        let two = admin.get("/v2/system/config").await?.ok()?;
        let repositories = one["config"]["remote_repositories"].clone();
        ensure!(two["config"]["remote_repositories"] == repositories, "{two}");
        Ok(repositories)
    };
    let default = format!("{PATH}/default");
    for (mut body, kind) in
        [(github(), "github_configuration"), (azure(), "azure_devops_configuration")]
    {
        admin.post(PATH, &body).await?.ok()?;
        admin.post(PATH, &body).await?.expect(400, 13)?;
        body[kind]["personal_access_token"] = json!("");
        let other = if kind.starts_with("git") { "azure_devops" } else { "github" };
        body[format!("{other}_configuration")] = Value::Null;
        assert_eq!(shown().await?, json!([body]));
        // What is shown may be sent back, and says nothing of the token.
        let whole = json!({ "config": { "comment": "Ours", kind: body[kind] } });
        admin.patch(&default, &whole).await?.ok()?;
        body["comment"] = json!("Ours");
        assert_eq!(shown().await?, json!([body]));
        let page = json!({ "config": { "remote_repositories": [body] } });
        admin.patch("/v1/system/config", &page).await?.ok()?;
        admin.delete(&default).await?.ok()?;
        assert_eq!(shown().await?, json!([]));
    }
    admin.patch(&default, &json!({ "config": {} })).await?.expect(404, 7)?;
    admin.delete(&default).await?.expect(404, 7)?;
    ensure!(!primary.process().log().contains(TOKEN), "the token is in the log");
    Ok(())
}

#[tokio::test]
async fn who_is_limited_to_some_clusters_gets_a_file_and_commits_none() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    admin.post(PATH, &github()).await?.ok()?;
    let group = json!({ "config": { "name": "fed.shop", "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": "shop" }] } });
    admin.post("/v1/group", &group).await?.ok()?;
    let scope = json!({ "cluster_selector": { "matchLabels": { "env": "prod" } } });
    let user = json!({ "username": "mary", "password": "coffee-beans", "role": "fedReader",
        "access_scope": scope });
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    let mut mary = primary.rest()?;
    mary.login("mary", "coffee-beans").await?;
    let export = "/v1/file/group?scope=fed";
    let mut body = json!({ "groups": ["fed.shop"] });
    let file = mary.post(export, &body).await?;
    ensure!(file.status.is_success(), "{file:?}");
    body["remote_export_options"] = json!({ "remote_repository_nickname": "default" });
    mary.post(export, &body).await?.expect(403, 25)
}

/// Each changes something else, so none takes back what another changed.
#[tokio::test]
async fn changes_at_once_all_count() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    admin.post(PATH, &github()).await?.ok()?;
    let path = format!("{PATH}/default");
    for round in 0..20 {
        let comment = format!("Policy {round}");
        let branch = json!({ "repository_branch_name": format!("branch-{round}") });
        let one = json!({ "config": { "comment": comment } });
        let other = json!({ "config": { "github_configuration": branch } });
        let (one, other) =
            futures_util::future::try_join(admin.patch(&path, &one), admin.patch(&path, &other))
                .await?;
        one.ok()?;
        other.ok()?;
        let config = admin.get("/v1/system/config").await?.ok()?;
        let shown = &config["config"]["remote_repositories"][0];
        assert_eq!(shown["comment"], comment);
        let shown = &shown["github_configuration"]["repository_branch_name"];
        assert_eq!(*shown, branch["repository_branch_name"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_repository_that_is_not_complete_is_refused() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let with = |path: &str, value: Value| {
        let mut body = github();
        *body.pointer_mut(path).unwrap_or(&mut Value::Null) = value;
        body
    };
    for body in [
        json!({}),
        with("/nickname", json!("other")),
        with("/provider", json!("gitlab")),
        with("/provider", json!("azure devops")),
        with("/github_configuration", Value::Null),
        with("/github_configuration/repository_name", json!("")),
        with("/github_configuration/repository_name", json!("a\nb")),
        with("/github_configuration/repository_name", json!("..")),
        with("/github_configuration/personal_access_token", json!("")),
        with("/github_configuration/personal_access_token", json!("copied\n")),
        with("/github_configuration/personal_access_token_email", json!("x".repeat(2_000))),
        with("/comment", json!("\0")),
    ] {
        let refused = admin.post(PATH, &body).await?;
        refused.expect(400, 6)?;
    }
    assert_eq!(
        admin.get("/v1/system/config").await?.ok()?["config"]["remote_repositories"],
        json!([])
    );
    Ok(())
}

#[tokio::test]
async fn an_export_that_goes_nowhere_says_so() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let _home = Agent::join("home", &fleet.primary.token(&["--home"]).await?).await?;
    fleet.wait_for_status("home", "synced").await?;
    let admin = &fleet.admin;
    let to = |nickname: &str, path: &str| {
        json!({ "remote_export_options": {
            "remote_repository_nickname": nickname, "file_path": path, "comment": "" } })
    };
    let export = "/v1/file/fed_config";
    admin.post(export, &to("default", "")).await?.expect(400, 52)?;
    let mut repository = github();
    repository["enable"] = json!(false);
    admin.post(PATH, &repository).await?.ok()?;
    admin.post(export, &to("default", "")).await?.expect(400, 52)?;
    admin
        .patch(&format!("{PATH}/default"), &json!({ "config": { "enable": true } }))
        .await?
        .ok()?;
    for (nickname, path) in [("", ""), ("other", ""), ("default", "../x"), ("default", "a//b")] {
        admin.post(export, &to(nickname, path)).await?.expect(400, 52)?;
    }
    // A cluster's own is not written anywhere.
    let own = json!({ "names": ["x"], "remote_export_options": {} });
    admin.post("/v1/file/waf", &own).await?.expect(400, 52)?;
    Ok(())
}
