//! Products that people run themselves: Harbor, Artifactory, OpenShift, Nexus.

use palisade_scanner::source::registry::{ArtifactoryMode, RegistryError, RegistryKind};
use secrecy::SecretString;
use serde_json::json;

use super::{BASIC, created, digest, field, listed, names, settings, tag};
use crate::wire::{Asked, Reply, Wire};

#[tokio::test]
async fn harbor_lists_projects_repositories_and_artifacts() {
    let wire = Wire::start(|asked| {
        assert_eq!(asked.header("authorization"), BASIC);
        let first = asked.target.contains("page=1&");
        match asked.path() {
            "/api/v2.0/projects" => Reply::json(&json!([{"name": "shop"}, {"name": "empty"}])),
            "/api/v2.0/projects/shop/repositories" if first => {
                // A full page, so there may be another.
                let all: Vec<_> =
                    (0..100).map(|n| json!({"name": format!("shop/filler-{n}")})).collect();
                Reply::json(&all.into())
            }
            "/api/v2.0/projects/shop/repositories" => {
                Reply::json(&json!([{"name": "shop/eu/orders"}]))
            }
            "/api/v2.0/projects/shop/repositories/eu%252Forders/artifacts" => Reply::json(&json!([
                {"type": "IMAGE", "digest": digest('a'), "push_time": "2024-01-01T00:00:00.000Z",
                 "tags": [{"name": "v1", "push_time": "2024-01-02T00:00:00.000Z"}]},
                {"type": "IMAGE", "digest": digest('b'), "tags": null},
                {"type": "CHART", "digest": digest('c'), "tags": [{"name": "chart"}]}])),
            _ => Reply::json(&json!([])),
        }
    })
    .await;
    let harbor = settings(RegistryKind::Harbor, &wire);
    let found = listed(harbor.clone(), &["shop/eu*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/eu/orders:v1"]);
    // Without a project in the filter all projects are looked through.
    let found = listed(harbor, &["*orders"]).await.unwrap();
    assert_eq!(names(&found), ["shop/eu/orders:v1"]);
    assert_eq!(created(&found, "shop/eu/orders:v1"), "2024-01-02T00:00:00+00:00");
    assert_eq!(tag(&found, "shop/eu/orders:v1").digest.unwrap().to_oci(), digest('a'));
}

fn artifactory(asked: &Asked) -> Reply {
    if asked.header("authorization") != BASIC {
        return Reply::status(401).with("www-authenticate", "Basic realm=\"Artifactory\"");
    }
    match asked.path() {
        "/artifactory/api/repositories" => Reply::json(&json!([
            {"key": "docker-local", "type": "LOCAL", "packageType": "Docker"},
            {"key": "jars", "type": "LOCAL", "packageType": "Maven"}])),
        "/artifactory/api/docker/docker-local/v2/_catalog" => {
            Reply::json(&json!({"repositories": ["shop/orders"]}))
        }
        "/artifactory/api/docker/docker-local/v2/shop/orders/tags/list" => {
            Reply::json(&json!({"tags": ["v1", "v2"]}))
        }
        "/artifactory/api/search/aql" => {
            assert!(
                asked.body.starts_with("items.find({\"repo\":\"docker-local\""),
                "{}",
                asked.body
            );
            Reply::json(&json!({"results": [{"repo": "docker-local", "path": "shop/orders/v1",
                "name": "manifest.json", "modified": "2024-05-06T07:08:09.123Z"}], "range": {}}))
        }
        "/v2/_catalog" => Reply::json(&json!({"repositories": ["by-port"]})),
        "/v2/by-port/tags/list" => Reply::json(&json!({"tags": ["v9"]})),
        _ => Reply::status(404),
    }
}

#[tokio::test]
async fn artifactory_in_its_three_modes() {
    let wire = Wire::start(artifactory).await;
    let by_path = settings(RegistryKind::Artifactory, &wire);
    let found = listed(by_path.clone(), &["*:v1"]).await.unwrap();
    assert_eq!(names(&found), ["docker-local/shop/orders:v1"]);
    let mut by_port = by_path.clone();
    by_port.artifactory_mode = ArtifactoryMode::Port;
    assert_eq!(names(&listed(by_port, &["*"]).await.unwrap()), ["by-port:v9"]);
    let mut by_host = by_path;
    by_host.artifactory_mode = ArtifactoryMode::Subdomain;
    let found = listed(by_host, &["docker-local/*"]).await.unwrap();
    assert_eq!(names(&found), ["docker-local/shop/orders:v1", "docker-local/shop/orders:v2"]);
}

#[tokio::test]
async fn artifactorys_query_language_tells_times_too() {
    let wire = Wire::start(artifactory).await;
    let mut query = settings(RegistryKind::Artifactory, &wire);
    query.artifactory_query = true;
    let found = listed(query, &["docker-local/*"]).await.unwrap();
    assert_eq!(names(&found), ["docker-local/shop/orders:v1"]);
    assert_eq!(created(&found, "docker-local/shop/orders:v1"), "2024-05-06T07:08:09.123+00:00");
}

#[tokio::test]
async fn openshift_is_logged_into_at_the_cluster() {
    let wire = Wire::start(|asked| match asked.path() {
        "/.well-known/oauth-authorization-server" => {
            let endpoint = format!("http://{}/oauth/authorize", asked.header("host"));
            Reply::json(&json!({"authorization_endpoint": endpoint}))
        }
        "/oauth/authorize" => {
            assert_eq!(asked.header("authorization"), BASIC);
            assert_eq!(asked.header("x-csrf-token"), "1");
            assert!(asked.target.contains("client_id=openshift-challenging-client"));
            // Where this leads must not be asked for: it is the answer itself.
            let host = asked.header("host");
            Reply::redirect(format!(
                "http://{host}/oauth/token/implicit#access_token=sha256~abc&expires_in=86400"
            ))
        }
        _ if asked.header("authorization") != "Bearer sha256~abc" => Reply::status(403),
        "/apis/image.openshift.io/v1/namespaces/shop/imagestreams"
            if asked.target.contains("continue=c1") =>
        {
            Reply::json(&json!({"items": [
                {"metadata": {"namespace": "shop", "name": "menu"}, "status": {}}]}))
        }
        "/apis/image.openshift.io/v1/namespaces/shop/imagestreams" => {
            Reply::json(&json!({"metadata": {"continue": "c1"}, "items": [
            {"metadata": {"namespace": "shop", "name": "orders"}, "status": {"tags": [
                {"tag": "v1", "items": [
                    {"created": "2024-04-05T06:07:08Z", "image": digest('7')},
                    {"created": "2023-01-01T00:00:00Z", "image": digest('8')}]}]}}]}))
        }
        _ => Reply::status(404),
    })
    .await;
    let openshift = settings(RegistryKind::Openshift, &wire);
    let found = listed(openshift.clone(), &["shop/*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/orders:v1"]);
    assert_eq!(created(&found, "shop/orders:v1"), "2024-04-05T06:07:08+00:00");
    assert_eq!(tag(&found, "shop/orders:v1").digest.unwrap().to_oci(), digest('7'));
    assert!(wire.asked_for("/oauth/token/implicit").is_empty());
    let error = listed(openshift, &["*"]).await.unwrap_err();
    assert!(matches!(error, RegistryError::Settings(_)), "{error}");
}

#[tokio::test]
async fn nexus_below_a_path_with_pages() {
    let wire = Wire::start(|asked| match (asked.path(), asked.target.contains("last=b")) {
        ("/repository/docker/v2/_catalog", false) => {
            // Relative to the host, as the distribution API has it.
            let next = "</repository/docker/v2/_catalog?n=2&last=b>; rel=\"next\"";
            Reply::json(&json!({"repositories": ["a", "b"]})).with("link", next)
        }
        ("/repository/docker/v2/_catalog", true) => Reply::json(&json!({"repositories": ["c"]})),
        (path, _) if path.ends_with("/tags/list") => Reply::json(&json!({"tags": ["1"]})),
        _ => Reply::status(404),
    })
    .await;
    let mut nexus = settings(RegistryKind::Nexus, &wire);
    nexus.access.url = format!("{}repository/docker/", wire.url()).parse().unwrap();
    assert_eq!(names(&listed(nexus, &["*"]).await.unwrap()), ["a:1", "b:1", "c:1"]);
}

#[tokio::test]
async fn a_registry_without_a_catalog_still_has_the_names_that_filters_give() {
    let wire = Wire::start(|asked| match asked.path() {
        "/v2/ubi9/tags/list" => Reply::json(&json!({"tags": ["9.4", "latest"]})),
        _ => Reply::status(404),
    })
    .await;
    let red_hat = settings(RegistryKind::RedHat, &wire);
    let found = listed(red_hat.clone(), &["ubi9", "rhel*"]).await.unwrap();
    assert_eq!(names(&found), ["ubi9:9.4", "ubi9:latest"]);
    let error = listed(red_hat, &["rhel*"]).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_login_made_elsewhere_is_exchanged_whatever_else_is_offered() {
    let wire = Wire::start(|asked| {
        let host = asked.header("host");
        match asked.path() {
            "/token" => {
                assert_eq!(asked.method, "POST");
                let told =
                    ["grant_type", "service", "refresh_token"].map(|name| field(asked, name));
                assert_eq!(told, ["refresh_token", "shop", "made elsewhere"]);
                Reply::json(&json!({"access_token": field(asked, "scope").replace(' ', "-")}))
            }
            path => {
                let scope = match path {
                    "/v2/" => "",
                    "/v2/_catalog" => "registry:catalog:*",
                    _ => "repository:shop/orders:pull",
                };
                let login = asked.header("authorization");
                // It is no password, which a registry would take for a wrong one.
                assert!(!login.starts_with("Basic"), "{login}");
                if login != format!("Bearer {scope}") {
                    let challenge = format!(
                        "Basic realm=\"shop\", \
                         Bearer realm=\"http://{host}/token\",service=\"shop\",scope=\"{scope}\""
                    );
                    return Reply::status(401).with("www-authenticate", challenge);
                }
                match path {
                    "/v2/_catalog" => Reply::json(&json!({"repositories": ["shop/orders"]})),
                    _ => Reply::json(&json!({"tags": ["v1"]})),
                }
            }
        }
    })
    .await;
    let mut docker = settings(RegistryKind::Docker, &wire);
    let identity = SecretString::from("made elsewhere");
    docker.access = docker.access.with_credentials("<token>", identity);
    assert_eq!(names(&listed(docker, &["*"]).await.unwrap()), ["shop/orders:v1"]);
}

#[tokio::test]
async fn a_password_is_exchanged_where_a_token_is_offered_as_well() {
    let wire = Wire::start(|asked| {
        let host = asked.header("host");
        match (asked.path(), asked.header("authorization")) {
            ("/token", BASIC) => Reply::json(&json!({"token": "for-user"})),
            ("/v2/_catalog", "Bearer for-user") => {
                Reply::json(&json!({"repositories": ["shop/orders"]}))
            }
            (_, "Bearer for-user") => Reply::json(&json!({"tags": ["v1"]})),
            _ => Reply::status(401).with(
                "www-authenticate",
                format!("Basic realm=\"shop\", Bearer realm=\"http://{host}/token\""),
            ),
        }
    })
    .await;
    let docker = settings(RegistryKind::Docker, &wire);
    assert_eq!(names(&listed(docker, &["*"]).await.unwrap()), ["shop/orders:v1"]);
}

/// Behind a proxy that a registry knows nothing of, it names a place that is none.
#[tokio::test]
async fn a_password_is_shown_where_no_token_can_be_had() {
    let offers = |offer: &'static str| {
        Wire::start(move |asked| match (asked.path(), asked.header("authorization")) {
            ("/v2/_catalog", BASIC) => Reply::json(&json!({"repositories": ["shop/orders"]})),
            (_, BASIC) => Reply::json(&json!({"tags": ["v1"]})),
            _ => Reply::status(401).with("www-authenticate", offer),
        })
    };
    let wire = offers("Basic realm=\"shop\", Bearer realm=\"/token\"").await;
    let docker = settings(RegistryKind::Docker, &wire);
    assert_eq!(names(&listed(docker, &["*"]).await.unwrap()), ["shop/orders:v1"]);
    // Nor is one got where a cloud hands out those of the machine.
    for realm in ["/token", "http://169.254.169.254/", "http://[::ffff:169.254.169.254]/"] {
        let offer = format!("Bearer realm=\"{realm}\"");
        let wire = offers(offer.leak()).await;
        let error = listed(settings(RegistryKind::Docker, &wire), &["*"]).await.unwrap_err();
        assert!(matches!(error, RegistryError::Malformed { .. }), "{realm}: {error:?}");
    }
}
