//! Registries of clouds: Amazon, Azure, Google, IBM.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_scanner::Limits;
use palisade_scanner::source::registry::{
    RegistryClient, RegistryError, RegistryKind, RegistrySettings,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{created, digest, field, listed, names, settings, tag};
use crate::wire::{Asked, Reply, Wire};

/// The registry's API. Signatures are checked against Amazon's own examples
/// beside the code that makes them; here it matters what is signed.
fn amazon(asked: &Asked) -> Reply {
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    match asked.header("x-amz-target") {
        "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken" => {
            let token = STANDARD.encode("AWS:twelve-hours");
            Reply::json(&json!({"authorizationData": [
                {"authorizationToken": token, "expiresAt": 4_000_000_000.5,
                 "proxyEndpoint": "https://x"}]}))
        }
        "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories" => {
            assert_eq!(body["registryId"], "123456789012");
            if body["nextToken"] == "more" {
                Reply::json(&json!({"repositories": [{"repositoryName": "shop/menu"}]}))
            } else {
                Reply::json(&json!({"nextToken": "more",
                    "repositories": [{"repositoryName": "shop/orders"}]}))
            }
        }
        "AmazonEC2ContainerRegistry_V20150921.DescribeImages" => {
            assert_eq!(body["filter"]["tagStatus"], "TAGGED");
            let tags = if body["repositoryName"] == "shop/menu" {
                json!([])
            } else {
                json!([
                {"imageDigest": digest('a'), "imageTags": ["v1", "stable"],
                 "imagePushedAt": 1_700_000_000.123}])
            };
            Reply::json(&json!({"imageDetails": tags}))
        }
        _ if asked.header("authorization")
            == format!("Basic {}", STANDARD.encode("AWS:twelve-hours")) =>
        {
            Reply::ok("{}")
        }
        _ => Reply::status(401).with("www-authenticate", "Basic realm=\"ecr\""),
    }
}

fn amazon_settings(wire: &Wire) -> RegistrySettings {
    let mut amazon = settings(RegistryKind::Aws, wire);
    amazon.aws.account = "123456789012".to_owned();
    amazon.aws.region = "eu-west-1".to_owned();
    amazon.aws.access_key_id = "AKIDEXAMPLE".to_owned();
    amazon.aws.secret_access_key = Some(SecretString::from("wJalrXUtnFEMI"));
    amazon
}

#[tokio::test]
async fn amazon_is_asked_with_signed_requests() {
    let wire = Wire::start(amazon).await;
    let found = listed(amazon_settings(&wire), &["shop/*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/orders:v1", "shop/orders:stable"]);
    assert_eq!(created(&found, "shop/orders:v1"), "2023-11-14T22:13:20+00:00");
    assert_eq!(tag(&found, "shop/orders:v1").digest.unwrap().to_oci(), digest('a'));
    for asked in wire.asked() {
        let sent = asked.header("authorization");
        assert!(sent.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{sent}");
        assert!(sent.contains("/eu-west-1/ecr/aws4_request, "), "{sent}");
        assert!(
            sent.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target, "),
            "{sent}"
        );
        assert!(!sent.contains("wJalr"));
    }
}

#[tokio::test]
async fn amazons_password_is_fetched_once_for_many_scopes() {
    let wire = Wire::start(amazon).await;
    let client = RegistryClient::connect(amazon_settings(&wire)).unwrap();
    client.ping().await.unwrap();
    for repository in ["shop/orders", "shop/menu"] {
        // The answers are no manifests, but they are answers.
        let image = client.image(repository, "v1").unwrap();
        image.resolve(&Limits::default()).await.unwrap_err();
    }
    let sent = |asked: &Asked| asked.header("authorization").starts_with("Basic ");
    assert!(wire.asked().iter().filter(|asked| sent(asked)).count() >= 3);
    let logins = wire
        .asked()
        .iter()
        .filter(|asked| asked.header("x-amz-target").ends_with("GetAuthorizationToken"))
        .count();
    assert_eq!(logins, 1);
}

#[tokio::test]
async fn amazons_machines_know_their_role() {
    let wire = Wire::start(|asked| match (asked.method.as_str(), asked.path()) {
        ("PUT", "/latest/api/token") => {
            assert_eq!(asked.header("x-aws-ec2-metadata-token-ttl-seconds"), "300");
            Reply::ok("session")
        }
        (_, path) if path.starts_with("/latest/meta-data/") => {
            assert_eq!(asked.header("x-aws-ec2-metadata-token"), "session");
            if path.ends_with("/scanner-role") {
                Reply::json(&json!({"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "s",
                    "Token": "lent", "Expiration": "2040-01-01T00:00:00Z"}))
            } else {
                Reply::ok("scanner-role\n")
            }
        }
        _ => {
            assert_eq!(asked.header("x-amz-security-token"), "lent");
            assert!(asked.header("authorization").contains("Credential=ASIAEXAMPLE/"));
            amazon(asked)
        }
    })
    .await;
    let mut amazon = amazon_settings(&wire);
    amazon.aws.access_key_id = String::new();
    amazon.aws.metadata = Some(wire.url().parse().unwrap());
    let found = listed(amazon, &["shop/orders*"]).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn amazons_refusal_is_one_of_credentials() {
    let wire = Wire::start(|_| {
        Reply::json(&json!({"__type": "UnrecognizedClientException",
            "message": "The security token included in the request is invalid."}))
        .with_status(400)
    })
    .await;
    let error = listed(amazon_settings(&wire), &["*"]).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { .. }), "{error}");
}

#[tokio::test]
async fn azure_exchanges_an_identity_for_a_refresh_token() {
    let wire = Wire::start(|asked| match asked.path() {
        "/oauth2/exchange" => {
            assert_eq!(field(asked, "grant_type"), "access_token");
            assert_eq!(field(asked, "service"), "127.0.0.1");
            assert_eq!(field(asked, "access_token"), "aad");
            Reply::json(&json!({"refresh_token": "refresh"}))
        }
        "/oauth2/token" => {
            assert_eq!(
                (asked.method.as_str(), &*field(asked, "refresh_token")),
                ("POST", "refresh")
            );
            let access = format!("for {}", field(asked, "scope"));
            Reply::json(&json!({"access_token": access.replace(' ', "-")}))
        }
        path => {
            let scope = match path {
                "/v2/_catalog" => "registry:catalog:*",
                _ => "repository:shop/orders:metadata_read",
            };
            if asked.header("authorization") != format!("Bearer for-{scope}") {
                let challenge = format!(
                    "Bearer realm=\"http://{}/oauth2/token\",service=\"shop\",scope=\"{scope}\"",
                    asked.header("host")
                );
                return Reply::status(401).with("www-authenticate", challenge);
            }
            match path {
                "/v2/_catalog" => Reply::json(&json!({"repositories": ["shop/orders"]})),
                "/acr/v1/shop/orders/_tags" => Reply::json(&json!({"tags": [{"name": "v1",
                    "digest": digest('d'), "lastUpdateTime": "2024-02-03T04:05:06.7Z"}]})),
                _ => Reply::status(404),
            }
        }
    })
    .await;
    let mut azure = settings(RegistryKind::Azure, &wire);
    azure.access.credentials = None;
    azure.token = Some(SecretString::from("aad"));
    let found = listed(azure, &["*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/orders:v1"]);
    assert_eq!(created(&found, "shop/orders:v1"), "2024-02-03T04:05:06.700+00:00");
}

/// The key of a service account at `token_uri`; none without `openssl`.
fn service_account(token_uri: &str) -> Option<SecretString> {
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        .output()
        .ok()?;
    let key = json!({
        "type": "service_account", "project_id": "shop", "private_key_id": "1",
        "private_key": String::from_utf8(made.stdout).ok()?,
        "client_email": "scan@shop.example", "token_uri": token_uri,
    });
    Some(key.to_string().into())
}

#[tokio::test]
async fn googles_old_registry_tells_when_images_came() {
    let wire = Wire::start(|asked| {
        if !asked.header("authorization").starts_with("Basic X2pzb25fa2V5Onsi") {
            // `_json_key:{"`
            return Reply::status(401).with("www-authenticate", "Basic realm=\"gcr\"");
        }
        match asked.path() {
            "/v2/_catalog" => Reply::json(&json!({"repositories": ["shop/orders"]})),
            "/v2/shop/orders/tags/list" => Reply::json(&json!({"tags": ["v1", "bare"],
                "manifest": {digest('e'): {"tag": ["v1"], "timeUploadedMs": "1700000000000"}}})),
            _ => Reply::status(404),
        }
    })
    .await;
    let mut google = settings(RegistryKind::Google, &wire);
    let Some(key) = service_account("https://unused.invalid/") else {
        eprintln!("skipped: openssl is not installed to make the key of a service account");
        return;
    };
    google.google_key = Some(key);
    let found = listed(google, &["shop/*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/orders:bare", "shop/orders:v1"]);
    assert_eq!(created(&found, "shop/orders:v1"), "2023-11-14T22:13:20+00:00");
}

#[tokio::test]
async fn googles_new_registry_is_listed_with_an_access_token() {
    let wire = Wire::start(|asked| match asked.path() {
        "/token" => {
            let assertion = field(asked, "assertion");
            assert_eq!(assertion.split('.').count(), 3, "{assertion}");
            assert!(field(asked, "grant_type").ends_with("jwt-bearer"));
            Reply::json(&json!({"access_token": "ya29", "expires_in": 3599}))
        }
        _ if asked.header("authorization") != "Bearer ya29" => Reply::status(401),
        "/v1/projects/shop/locations/-/repositories" => Reply::json(&json!({"repositories": [
            {"name": "projects/shop/locations/-/repositories/images", "format": "DOCKER"},
            {"name": "projects/shop/locations/-/repositories/jars", "format": "MAVEN"}]})),
        "/v1/projects/shop/locations/-/repositories/images/dockerImages" => {
            let uri = format!("europe-docker.pkg.dev/shop/images/orders@{}", digest('f'));
            Reply::json(&json!({"dockerImages": [{"uri": uri, "tags": ["v1"],
                "uploadTime": "2024-03-04T05:06:07Z"}]}))
        }
        _ => Reply::status(404),
    })
    .await;
    let mut google = settings(RegistryKind::Google, &wire);
    let Some(key) = service_account(&format!("{}token", wire.url())) else {
        eprintln!("skipped: openssl is not installed to make the key of a service account");
        return;
    };
    google.google_key = Some(key);
    google.api = Some(wire.url().parse().unwrap());
    let found = listed(google, &["*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/images/orders:v1"]);
    assert_eq!(created(&found, "shop/images/orders:v1"), "2024-03-04T05:06:07+00:00");
}

#[tokio::test]
async fn ibm_tells_of_an_account_in_one_list() {
    let wire = Wire::start(|asked| match asked.path() {
        "/identity/token" => {
            assert_eq!(field(asked, "apikey"), "pass");
            Reply::json(&json!({"access_token": "iam", "expires_in": 3600}))
        }
        "/api/v1/images" => {
            assert_eq!(asked.header("authorization"), "Bearer iam");
            assert_eq!(asked.header("account"), "acc-1");
            Reply::json(&json!([{"Id": "x", "Created": 1_700_000_000,
                "RepoTags": ["uk.icr.io/shop/orders:v1", "uk.icr.io/shop/orders:v2"],
                "RepoDigests": [format!("uk.icr.io/shop/orders@{}", digest('1'))]}]))
        }
        _ => Reply::status(404),
    })
    .await;
    let mut ibm = settings(RegistryKind::Ibm, &wire);
    ibm.ibm_token_url = Some(format!("{}identity/token", wire.url()).parse().unwrap());
    ibm.ibm_account = "acc-1".to_owned();
    let found = listed(ibm, &["shop/*"]).await.unwrap();
    assert_eq!(names(&found), ["shop/orders:v1", "shop/orders:v2"]);
    assert_eq!(created(&found, "shop/orders:v2"), "2023-11-14T22:13:20+00:00");
}
