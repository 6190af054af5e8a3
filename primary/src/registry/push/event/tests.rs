use serde_json::{Value, json};

use super::*;

fn tags(body: &Value) -> Vec<String> {
    tags_by(body, ArtifactoryMode::RepositoryPath)
}

fn tags_by(body: &Value, mode: ArtifactoryMode) -> Vec<String> {
    let Told::Tags(tags) = read(body.to_string().as_bytes(), mode).unwrap() else {
        panic!("{body} tells of a subscription");
    };
    tags.iter().map(|(repository, tag)| format!("{repository}:{tag}")).collect()
}

#[test]
fn the_bodies_of_products() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let harbor = json!({"resources": [{"digest": digest, "tag": "v1",
        "resource_url": "harbor.example/shop/orders:v1"}],
        "repository": {"name": "orders", "namespace": "shop", "repo_full_name": "shop/orders",
            "repo_type": "private"}});
    let github = json!({"name": "Orders", "namespace": "Shop", "package_type": "CONTAINER",
        "package_version": {"container_metadata": {"tag": {"name": "v1", "digest": digest}}}});
    let azure = json!({"id": "1", "timestamp": "2026-01-01T00:00:00Z", "action": "push",
        "target": {"mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "size": 524, "digest": digest, "length": 524, "repository": "shop/orders",
            "tag": "v1"},
        "request": {"id": "2", "host": "shop.azurecr.io", "method": "PUT"}});
    for (product, body) in [
        (
            "distribution",
            json!({"events": [
            {"id": "1", "action": "push", "target": {"repository": "shop/orders", "tag": "v1",
                "digest": digest, "mediaType": "application/vnd.oci.image.manifest.v1+json"}},
            {"action": "pull", "target": {"repository": "shop/menu", "tag": "v1"}},
            {"action": "push", "target": {"repository": "shop/blob", "digest": digest}}]}),
        ),
        (
            "Harbor",
            json!({"type": "PUSH_ARTIFACT", "occur_at": 1, "operator": "admin",
            "event_data": harbor}),
        ),
        (
            "Harbor as CloudEvents",
            json!({"specversion": "1.0", "id": "1",
            "source": "/projects/1/webhook/policies/1", "type": "harbor.artifact.pushed",
            "data": harbor}),
        ),
        (
            "Docker Hub",
            json!({"push_data": {"pushed_at": 1, "pusher": "shop", "tag": "v1"},
            "callback_url": "https://hub.example/", "repository": {"name": "orders",
            "namespace": "shop", "repo_name": "shop/orders", "status": "Active"}}),
        ),
        (
            "Quay",
            json!({"name": "orders", "repository": "shop/orders", "namespace": "shop",
            "docker_url": "quay.example/shop/orders", "updated_tags": ["v1"]}),
        ),
        ("GitHub", json!({"action": "published", "package": github, "repository": {"id": 1}})),
        (
            "GitHub, registry package",
            json!({"action": "published",
            "registry_package": github}),
        ),
        ("Azure", azure.clone()),
        (
            "Azure Event Grid",
            json!([{"eventType": "Microsoft.ContainerRegistry.ImagePushed",
            "subject": "shop/orders:v1", "data": azure}]),
        ),
        (
            "Amazon",
            json!({"version": "0", "detail-type": "ECR Image Action",
            "source": "aws.ecr", "detail": {"action-type": "PUSH", "result": "SUCCESS",
            "repository-name": "shop/orders", "image-tag": "v1", "image-digest": digest}}),
        ),
        ("Artifactory", artifactory("docker", "pushed")),
        ("Nexus", nexus("docker", "shop/orders")),
        (
            "Google",
            google(&json!({"action": "INSERT", "digest": format!("pkg.dev/shop/orders@{digest}"),
                "tag": "us-docker.pkg.dev/shop/orders:v1"})),
        ),
    ] {
        assert_eq!(tags(&body), ["shop/orders:v1"], "{product}");
    }
}

/// The body of an event of Artifactory's repository `shop`.
fn artifactory(domain: &str, event: &str) -> Value {
    json!({"domain": domain, "event_type": event, "data": {"repo_key": "shop",
        "event_type": event, "path": "orders/v1/manifest.json", "name": "manifest.json",
        "sha256": "0".repeat(64), "size": 524, "image_name": "orders", "tag": "v1",
        "platforms": []}, "subscription_key": "palisade", "jpd_origin": "https://jfrog.example",
        "source": "jfrog/admin"})
}

fn nexus(format: &str, name: &str) -> Value {
    json!({"timestamp": "2026-01-01T00:00:00.000+0000", "nodeId": "1", "initiator": "admin",
        "repositoryName": "images", "action": "CREATED", "component": {"id": "1",
        "componentId": "2", "format": format, "name": name, "group": null, "version": "v1"}})
}

fn google(change: &Value) -> Value {
    json!({"message": {"data": STANDARD.encode(change.to_string()), "messageId": "1",
        "publishTime": "2026-01-01T00:00:00Z"}, "subscription": "projects/shop/subscriptions/s"})
}

/// As a listing in the same mode names them.
#[test]
fn images_of_artifactory_have_the_name_of_its_mode() {
    for (mode, expected) in [
        (ArtifactoryMode::RepositoryPath, "shop/orders:v1"),
        (ArtifactoryMode::Subdomain, "shop/orders:v1"),
        (ArtifactoryMode::Port, "orders:v1"),
    ] {
        for event in ["pushed", "deleted", "promoted"] {
            assert_eq!(tags_by(&artifactory("docker", event), mode), [expected], "{mode:?}");
        }
    }
}

#[test]
fn a_subscription_brings_the_code_that_goes_back() {
    let body = json!([{"id": "1", "topic": "/subscriptions/1", "subject": "",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "dataVersion": "1",
        "data": {"validationCode": "512d38b6", "validationUrl": "https://azure.example/1"}}]);
    let told = read(body.to_string().as_bytes(), ArtifactoryMode::default()).unwrap();
    assert_eq!(told, Told::Subscribed("512d38b6".to_owned()));
}

#[test]
fn what_leaves_tags_alone_is_no_change() {
    for body in [
        json!({"events": []}),
        json!({"type": "SCANNING_COMPLETED", "event_data": {"resources": [{"tag": "v1"}],
            "repository": {"repo_full_name": "shop/orders"}}}),
        json!({"action": "published", "package": {"name": "orders", "namespace": "shop",
            "package_type": "npm"}}),
        json!({"source": "aws.ecr", "detail": {"action-type": "PUSH", "result": "FAILURE",
            "repository-name": "shop/orders", "image-tag": "v1"}}),
        artifactory("artifact", "deployed"),
        json!({"domain": "artifact", "event_type": "deployed", "data": {"repo_key": "shop",
            "path": "a.txt", "name": "a.txt", "sha256": "0", "size": 1}}),
        nexus("maven2", "shop/orders"),
        // A manifest without a tag, and what is no change of an image at all.
        google(&json!({"action": "INSERT", "digest": "pkg.dev/shop/orders@sha256:0"})),
        google(&json!({"action": "PULL", "tag": "pkg.dev/shop/orders:v1"})),
        json!({"message": {"data": "?"}}),
        json!({"repository": "../../etc", "updated_tags": ["v1"]}),
        json!({"repository": "shop/orders", "updated_tags": ["../v1"]}),
    ] {
        assert_eq!(tags(&body), [""; 0], "{body}");
    }
}

#[test]
fn other_bodies_are_refused() {
    for body in ["", "{}", "[1]", "null", "{\"events\":3}", "{\"events\":[{}]}"] {
        assert!(read(body.as_bytes(), ArtifactoryMode::default()).is_err(), "{body}");
    }
}

#[test]
fn a_tag_that_is_named_again_and_again_is_looked_at_once() {
    let event = json!({"action": "push", "target": {"repository": "shop/orders", "tag": "v1"}});
    assert_eq!(tags(&json!({"events": vec![event; 100]})), ["shop/orders:v1"]);
}
