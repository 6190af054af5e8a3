//! What providers are asked, by one that answers as it is told.

use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::RemoteExportError;
use super::export::{File, Result, builder};
use super::settings::{AzureDevops, GitHub};
use super::{azure_devops, github};

/// A request: its line, who sends it, and its body.
type Asked = Arc<Mutex<Vec<(String, String, Value)>>>;

const FILE: File<'static> =
    File { path: "fed/groups.yaml", comment: "Groups", content: "kind: List\n" };

/// Answers one request after the other.
async fn provider(answers: Vec<(u16, Value)>) -> (String, Asked) {
    let asked = Asked::default();
    let told = Arc::clone(&asked);
    let router = axum::Router::new().fallback(move |request: Request| {
        let (told, answers) = (Arc::clone(&told), answers.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let who = head.headers["authorization"].to_str().unwrap().to_owned();
            let mut told = told.lock().unwrap();
            let line = format!("{} {}", head.method, head.uri);
            told.push((line, who, serde_json::from_slice(&body).unwrap_or_default()));
            let (status, answer) = answers[told.len() - 1].clone();
            (StatusCode::from_u16(status).unwrap(), axum::Json(answer)).into_response()
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (api, asked)
}

async fn to_github(api: &str) -> Result<()> {
    let at = GitHub {
        owner: "shop".to_owned(),
        repository: "policy".to_owned(),
        branch: "main".to_owned(),
        committer: "palisade".to_owned(),
        email: "palisade@example.org".to_owned(),
    };
    let client = builder(None)?.build()?;
    github::write(&client, api, &at, &SecretString::from("hush"), FILE).await
}

async fn to_azure_devops(api: &str) -> Result<()> {
    let at = AzureDevops {
        organization: "shop".to_owned(),
        project: "till".to_owned(),
        repository: "policy".to_owned(),
        branch: "main".to_owned(),
    };
    let client = builder(None)?.build()?;
    azure_devops::write(&client, api, &at, &SecretString::from("hush"), FILE).await
}

#[tokio::test]
async fn github_gets_a_file_in_the_place_of_the_one_that_is_there() {
    let there = json!({ "sha": "5ha" });
    for (answers, sha) in [
        (vec![(404, json!({})), (201, json!({}))], Value::Null),
        (vec![(200, there.clone()), (200, json!({}))], json!("5ha")),
    ] {
        let (api, asked) = provider(answers).await;
        to_github(&api).await.unwrap();
        let asked = asked.lock().unwrap();
        let [(look, who, _), (put, _, body)] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!(look, "GET /repos/shop/policy/contents/fed/groups.yaml?ref=main");
        assert_eq!(put, "PUT /repos/shop/policy/contents/fed/groups.yaml");
        assert_eq!(who, "Bearer hush");
        assert_eq!(body["content"], STANDARD.encode("kind: List\n"));
        assert_eq!((&body["branch"], &body["message"]), (&json!("main"), &json!("Groups")));
        assert_eq!(body["committer"]["name"], "palisade");
        assert_eq!(body["sha"], sha);
    }
}

#[tokio::test]
async fn azure_devops_gets_a_commit_on_the_branch() {
    let refs = json!({ "value": [
        { "name": "refs/heads/mainly", "objectId": "b" },
        { "name": "refs/heads/main", "objectId": "a" },
    ] });
    for (present, change) in [(404, "add"), (200, "edit")] {
        let answers = vec![(200, refs.clone()), (present, Value::Null), (201, Value::Null)];
        let (api, asked) = provider(answers).await;
        to_azure_devops(&api).await.unwrap();
        let asked = asked.lock().unwrap();
        let [(heads, who, _), (look, ..), (push, _, body)] = asked.as_slice() else {
            panic!("{asked:?}")
        };
        let place = "/shop/till/_apis/git/repositories/policy";
        assert_eq!(*heads, format!("GET {place}/refs?filter=heads%2Fmain&api-version=6.0"));
        assert!(look.starts_with(&format!("GET {place}/items?path=fed%2Fgroups.yaml&")), "{look}");
        assert!(look.contains("&%24format=json&"), "the whole file is asked for: {look}");
        assert_eq!(*push, format!("POST {place}/pushes?api-version=6.0"));
        assert_eq!(*who, format!("Basic {}", STANDARD.encode(":hush")));
        let main = json!([{ "name": "refs/heads/main", "oldObjectId": "a" }]);
        assert_eq!(body["refUpdates"], main);
        let commit = &body["commits"][0];
        assert_eq!(commit["comment"], "Groups");
        assert_eq!(commit["changes"][0]["changeType"], change);
        assert_eq!(commit["changes"][0]["item"]["path"], "/fed/groups.yaml");
        assert_eq!(commit["changes"][0]["newContent"]["content"], "kind: List\n");
    }
    let (api, _asked) = provider(vec![(200, json!({ "value": [] }))]).await;
    let error = to_azure_devops(&api).await.unwrap_err();
    assert!(matches!(error, RemoteExportError::NoBranch), "{error}");
}

#[tokio::test]
async fn a_refusal_is_told() {
    let said = json!({ "message": "as asked" });
    for answers in [vec![401], vec![302], vec![404, 409]] {
        let answers = answers.into_iter().map(|status| (status, said.clone())).collect();
        let (api, _asked) = provider(answers).await;
        let error = to_github(&api).await.unwrap_err();
        assert!(matches!(error, RemoteExportError::Refused { .. }), "{error}");
        assert!(error.to_string().ends_with("as asked"), "{error}");
    }
    let error = to_github("http://127.0.0.1:1/").await.unwrap_err();
    assert!(error.to_string().contains("refused"), "it says why: {error}");
    let (api, _asked) = provider(vec![(403, said)]).await;
    let error = to_azure_devops(&api).await.unwrap_err();
    assert!(error.to_string().ends_with("403 Forbidden: as asked"), "{error}");
}
