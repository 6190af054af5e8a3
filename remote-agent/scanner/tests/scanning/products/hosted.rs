//! Services on the Internet that people share: Docker Hub, Quay, GitHub,
//! GitLab.

use palisade_scanner::source::registry::{RegistryError, RegistryKind};
use secrecy::SecretString;
use serde_json::json;

use super::{BASIC, created, digest, listed, names, settings, tag};
use crate::wire::{Reply, Wire};

#[tokio::test]
async fn docker_hub_is_listed_by_namespace_with_its_own_tokens() {
    let wire = Wire::start(|asked| {
        if asked.path() == "/v2/users/login" {
            let login: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
            assert_eq!((&login["username"], &login["password"]), (&json!("user"), &json!("pass")));
            return Reply::json(&json!({"token": "hub-token"}));
        }
        if asked.header("authorization") != "Bearer hub-token" {
            return Reply::status(401);
        }
        let next = format!("http://{}{}?page=2&page_size=100", asked.header("host"), asked.path());
        match (asked.path(), asked.target.contains("page=2")) {
            ("/v2/namespaces/library/repositories", false) => Reply::json(&json!({
                "count": 2, "next": next, "results": [{"name": "alpine", "namespace": "library"}]})),
            ("/v2/namespaces/library/repositories", true) => {
                Reply::json(&json!({"next": null, "results": [{"name": "nginx"}]}))
            }
            ("/v2/namespaces/shop/repositories", _) => {
                Reply::json(&json!({"next": null, "results": [{"name": "orders"}]}))
            }
            ("/v2/namespaces/library/repositories/alpine/tags", _) => {
                Reply::json(&json!({"next": null, "results": [
                    {"name": "3.20", "tag_last_pushed": "2024-05-22T18:19:20.123Z"},
                    {"name": "edge", "last_updated": "2024-06-01T00:00:00Z"}]}))
            }
            ("/v2/namespaces/shop/repositories/orders/tags", _) => {
                Reply::json(&json!({"next": null, "results": [{"name": "v1"}]}))
            }
            _ => Reply::status(404),
        }
    })
    .await;
    let hub = settings(RegistryKind::DockerHub, &wire);
    // A name without a namespace is one of Docker's own images.
    let found = listed(hub.clone(), &["alp*:3*", "shop/*"]).await.unwrap();
    assert_eq!(names(&found), ["library/alpine:3.20", "shop/orders:v1"]);
    assert_eq!(created(&found, "library/alpine:3.20"), "2024-05-22T18:19:20.123+00:00");
    // One that is named whole is not looked for.
    let before = wire.asked().len();
    let found = listed(hub, &["alpine"]).await.unwrap();
    assert_eq!(names(&found), ["library/alpine:3.20", "library/alpine:edge"]);
    assert!(wire.asked()[before..].iter().all(|asked| !asked.path().ends_with("/repositories")));
}

#[tokio::test]
async fn quay_tells_of_a_namespace_page_by_page() {
    let wire = Wire::start(|asked| {
        assert_eq!(asked.header("authorization"), "Bearer api-token");
        match (asked.path(), asked.target.contains("next_page=t%26k")) {
            ("/api/v1/repository", false) => Reply::json(&json!({
                "repositories": [{"namespace": "shop", "name": "orders"}], "next_page": "t&k"})),
            ("/api/v1/repository", true) => {
                Reply::json(&json!({"repositories": [{"namespace": "shop", "name": "menu"}]}))
            }
            ("/api/v1/repository/shop/orders/tag/", _) => {
                let more = asked.target.contains("page=1");
                let name = if more { "v1" } else { "v2" };
                Reply::json(&json!({"has_additional": more, "tags": [{"name": name,
                    "manifest_digest": digest('a'), "start_ts": 1_700_000_000}]}))
            }
            _ => Reply::json(&json!({"tags": []})),
        }
    })
    .await;
    let mut quay = settings(RegistryKind::Quay, &wire);
    quay.token = Some(SecretString::from("api-token"));
    let found = listed(quay, &["shop/*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/orders:v1", "shop/orders:v2"]);
    assert_eq!(created(&found, "shop/orders:v1"), "2023-11-14T22:13:20+00:00");
    assert_eq!(tag(&found, "shop/orders:v1").digest.unwrap().to_oci(), digest('a'));
}

#[tokio::test]
async fn github_lists_the_packages_of_an_owner_who_may_be_a_user() {
    let wire = Wire::start(|asked| {
        assert_eq!(asked.header("authorization"), "Bearer pass");
        match asked.path() {
            "/users/cat/packages" if asked.target.contains("page=2") => {
                Reply::json(&json!([{"name": "shop/menu"}]))
            }
            "/users/cat/packages" => {
                let next = format!("<{}&page=2>; rel=\"next\", <x>; rel=\"last\"", asked.target);
                Reply::json(&json!([{"name": "orders"}])).with("link", next)
            }
            "/users/cat/packages/container/shop%2Fmenu/versions" => Reply::json(&json!([
                {"name": digest('b'), "updated_at": "2024-01-02T03:04:05Z",
                 "metadata": {"container": {"tags": ["v1", "latest"]}}},
                {"name": digest('c'), "metadata": {"container": {"tags": []}}}])),
            "/users/cat/packages/container/orders/versions" => Reply::json(&json!([])),
            // No organisation has this name.
            _ => Reply::status(404),
        }
    })
    .await;
    let github = settings(RegistryKind::Github, &wire);
    let found = listed(github.clone(), &["cat/*"]).await.unwrap();
    assert_eq!(names(&found), ["cat/shop/menu:v1", "cat/shop/menu:latest"]);
    assert_eq!(created(&found, "cat/shop/menu:v1"), "2024-01-02T03:04:05+00:00");
    let error = listed(github, &["*"]).await.unwrap_err();
    assert!(matches!(error, RegistryError::Settings(_)), "{error}");
}

#[tokio::test]
async fn gitlab_lists_the_registries_of_a_groups_projects() {
    let wire = Wire::start(|asked| match asked.path() {
        path if path.starts_with("/api/v4/") && asked.header("private-token") != "glpat-1" => {
            Reply::status(401)
        }
        "/api/v4/groups/shop/projects" => Reply::json(&json!([
            {"id": 7, "path_with_namespace": "shop/orders"},
            {"id": 8, "container_registry_enabled": false}])),
        "/api/v4/projects/7/registry/repositories" => {
            Reply::json(&json!([{"id": 1, "path": "shop/orders/app"}]))
        }
        "/v2/shop/orders/app/tags/list" if asked.header("authorization") == BASIC => {
            Reply::json(&json!({"tags": ["v1"]}))
        }
        "/v2/shop/orders/app/tags/list" => {
            Reply::status(401).with("www-authenticate", "Basic realm=\"gitlab\"")
        }
        _ => Reply::status(404),
    })
    .await;
    let mut gitlab = settings(RegistryKind::Gitlab, &wire);
    gitlab.gitlab_url = Some(wire.url().parse().unwrap());
    gitlab.gitlab_token = Some(SecretString::from("glpat-1"));
    let found = listed(gitlab.clone(), &["shop/*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/orders/app:v1"]);
    gitlab.gitlab_token = Some(SecretString::from("wrong-token"));
    let error = listed(gitlab, &["shop/*"]).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { .. }), "{error}");
    assert!(!format!("{error:?}").contains("wrong-token"));
}
