//! The REST calls around the federation.

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use palisade_primary::http::router;
use palisade_transport::client::ConnectError;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::agent::{Newcomer, shut_out};
use crate::primary::{PASSWORD, Primary, decode};

pub(crate) struct Client<'a> {
    primary: &'a Primary,
    token: String,
}

impl<'a> Client<'a> {
    pub(crate) async fn login(primary: &'a Primary) -> Self {
        let mut client = Self { primary, token: String::new() };
        let body = json!({"password": {"username": "admin", "password": PASSWORD}});
        let (status, answer) = client.call("POST", "/v1/auth", &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["token"]["token"].as_str().unwrap().clone_into(&mut client.token);
        client
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(path).header("Host", "primary");
        if !self.token.is_empty() {
            request = request.header("X-Auth-Token", &self.token);
        }
        let answer = router(self.primary.app.clone())
            .unwrap()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let value =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        (status, value)
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, &Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, u64) {
        let (status, answer) = self.call(method, path, &body).await;
        (status.as_u16(), answer["code"].as_u64().unwrap_or_else(|| panic!("{path}: {answer}")))
    }
}

#[tokio::test]
async fn a_federation_from_promotion_to_its_end() {
    let primary = Primary::start().await;
    let client = Client::login(&primary).await;
    let member = client.get("/v1/fed/member").await;
    assert_eq!((member["fed_role"].as_str(), member.get("master_cluster")), (Some(""), None));
    assert_eq!(member["joint_clusters"], json!([]));
    assert_eq!(client.refused("GET", "/v1/fed/join_token", Value::Null).await, (400, 4));

    let bad = json!({"master_rest_info": {"server": "", "port": 0}});
    assert_eq!(client.refused("POST", "/v1/fed/promote", bad).await, (400, 6));
    let port = primary.address.port;
    let wanted = json!({"name": "head", "master_rest_info": {"server": "127.0.0.1", "port": port}});
    let (status, promoted) = client.call("POST", "/v1/fed/promote", &wanted).await;
    assert_eq!((status, promoted["fed_role"].as_str()), (StatusCode::OK, Some("master")));
    assert_eq!(promoted["master_cluster"]["id"].as_str().unwrap().len(), 32);
    // The role changed, so the session is over.
    assert_eq!(client.refused("GET", "/v1/fed/member", Value::Null).await, (401, 3));

    assert_eq!(federated(&primary).await, ["fed.containers", "fed.nodes"]);

    let client = Client::login(&primary).await;
    assert_eq!(client.refused("POST", "/v1/fed/promote", Value::Null).await, (400, 4));
    assert_eq!(client.refused("POST", "/v1/fed/join", json!({"join_token": "x"})).await, (400, 4));
    assert_eq!(client.refused("POST", "/v1/fed/leave", Value::Null).await, (400, 4));
    let answer = client.get("/v1/fed/join_token?token_duration=abc").await;
    let envelope = decode(answer["join_token"].as_str().unwrap());
    assert_eq!((envelope.server.as_str(), envelope.port), ("127.0.0.1", port));
    let made = primary.newest_token().await;
    assert_eq!((made.expires_at - made.created_at).num_minutes(), 60);

    let identity = Newcomer::named("staging").join(&primary, &envelope).await.unwrap();
    let other = Newcomer::named("alpha").join(&primary, &envelope).await.unwrap();
    let member = client.get("/v1/fed/member").await;
    assert_eq!(member["master_cluster"]["name"], "head");
    assert_eq!(member["master_cluster"]["status"], "active");
    let names = member["joint_clusters"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|joint| joint["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["alpha", "staging"]);
    let joint = &member["joint_clusters"][1];
    assert_eq!(joint["status"], "joined");
    assert_eq!(joint["rest_info"], json!({"server": "10.0.0.1", "port": 10443}));
    for key in ["disabled", "secret", "user", "rest_version", "k8s_uid", "proxy_required"] {
        assert!(joint.get(key).is_some(), "{key}");
    }

    let id = identity.membership().cluster_id.to_string();
    assert_eq!(client.get(&format!("/v1/fed/view/{id}")).await, json!({"compatible": true}));
    let locked = client.refused("PATCH", "/v1/fed/config", json!({"name": "other"})).await;
    assert_eq!(locked, (400, 39));
    let same = json!({"name": "head", "ping_interval": 5, "deploy_repo_scan_data": true});
    assert_eq!(client.call("PATCH", "/v1/fed/config", &same).await, (StatusCode::OK, Value::Null));
    assert_eq!(client.get("/v1/fed/member").await["deploy_repo_scan_data"], true);

    let unknown = format!("/v1/fed/cluster/{:032x}", 1);
    assert_eq!(client.refused("DELETE", &unknown, Value::Null).await, (400, 7));
    assert_eq!(client.refused("DELETE", "/v1/fed/cluster/x", Value::Null).await, (400, 7));
    let kicked = client.call("DELETE", &format!("/v1/fed/cluster/{id}"), &Value::Null).await;
    assert_eq!(kicked, (StatusCode::OK, Value::Null));
    let error = shut_out(&primary, &identity).await;
    assert!(matches!(error, ConnectError::Revoked), "{error}");
    assert_eq!(primary.members().await, ["alpha"]);

    let id = other.membership().cluster_id;
    let forward = |path: &str| format!("/v1/fed/cluster/{id}/{path}");
    assert_eq!(client.refused("GET", &forward("v1/group"), Value::Null).await, (500, 38));
    assert_eq!(client.refused("POST", &forward("v1/fed/leave"), Value::Null).await, (403, 4));
    let unknown = format!("{unknown}/v1/group");
    assert_eq!(client.refused("GET", &unknown, Value::Null).await, (400, 37));
    assert_eq!(client.refused("POST", "/v1/fed/deploy", Value::Null).await, (400, 40));
    let nobody = json!({"ids": ["x"]});
    assert_eq!(client.refused("POST", "/v1/fed/deploy", nobody).await, (400, 6));

    // Without a home cluster there are no workloads, and that is no error.
    assert_eq!(client.get("/v1/workload?start=0&limit=5").await, json!({"workloads": []}));
    assert_eq!(client.refused("POST", "/v1/sniffer", json!({})).await, (501, 4));
    assert_eq!(client.refused("GET", "/v1/nothing", Value::Null).await, (404, 1));
    let stranger = Client { primary: &primary, token: String::new() };
    assert_eq!(stranger.refused("GET", "/v1/workload", Value::Null).await, (401, 3));

    let demoted = client.call("POST", "/v1/fed/demote", &json!({})).await;
    assert_eq!(demoted, (StatusCode::OK, Value::Null));
    let error = shut_out(&primary, &other).await;
    assert!(matches!(error, ConnectError::Revoked), "{error}");
    let refused = Newcomer::named("new").try_join(&primary, &envelope).await.unwrap_err();
    assert!(refused.1.contains("revoked"), "{}", refused.1);
    assert_eq!(federated(&primary).await, Vec::<String>::new());
    let client = Client::login(&primary).await;
    assert_eq!(client.get("/v1/fed/member").await["fed_role"], "");
    primary.stop().await;
}

#[tokio::test]
async fn a_dissolved_federation_leaves_no_registry() {
    let primary = Primary::start().await;
    let registry = json!({"config": {"name": "fed.shop", "registry_type": "Docker Registry",
        "registry": "http://127.0.0.1:1/", "filters": ["*"]}});
    let add = ("POST", "/v1/scan/registry");
    let client = Client::login(&primary).await;
    assert_eq!(client.refused(add.0, add.1, registry.clone()).await, (400, 4));
    for _ in 0..2 {
        let client = Client::login(&primary).await;
        let (status, answer) = client.call("POST", "/v1/fed/promote", &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let client = Client::login(&primary).await;
        let none = json!({"summarys": []});
        assert_eq!(client.get(add.1).await, none);
        let added = client.call(add.0, add.1, &registry).await;
        assert_eq!(added, (StatusCode::OK, Value::Null));
        assert_eq!(client.refused(add.0, add.1, registry.clone()).await, (400, 13));
        let demoted = client.call("POST", "/v1/fed/demote", &json!({})).await;
        assert_eq!(demoted, (StatusCode::OK, Value::Null));
    }
    primary.stop().await;
}

/// The names of the federated groups.
async fn federated(primary: &Primary) -> Vec<String> {
    let mut conn = primary.database().acquire().await.unwrap();
    palisade_primary::store::object::list_names(&mut conn, palisade_api::ObjectKind::Group)
        .await
        .unwrap()
}
