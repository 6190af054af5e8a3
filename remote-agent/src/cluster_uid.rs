//! What tells this cluster from others, over the loss of all its disks: the uid of
//! the namespace `kube-system`, as Kubernetes knows it. Outside Kubernetes, and
//! where the agent may not read it, it is given or made up.

use std::path::Path;
use std::time::Duration;

use palisade_transport::seal::write_private;
use serde::Deserialize;
use tracing::{info, warn};

/// Where Kubernetes puts what a pod needs to talk to it.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Keeps a made-up uid.
const FILE: &str = "cluster-uid";
/// The most characters that the primary takes.
const MOST_CHARS: usize = 64;
const ANSWER: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Namespace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    uid: String,
}

/// The uid: as `given`, else as Kubernetes says, else the one in the data folder,
/// which is made where there is none.
pub(crate) async fn find(given: Option<&str>, data_dir: &Path) -> std::io::Result<String> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    if let Some(server) = api_server() {
        match of_kubernetes(&server, Path::new(SERVICE_ACCOUNT)).await {
            Ok(uid) => return Ok(uid),
            Err(why) => warn!(
                why,
                "the uid of kube-system cannot be read: a cluster that loses its disks will \
                 not be known again. Let the service account get namespaces, or give --cluster-uid"
            ),
        }
    }
    let file = data_dir.join(FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) => return Ok(text.trim().chars().take(MOST_CHARS).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let uid = uuid::Uuid::new_v4().to_string();
    write_private(&file, uid.as_bytes())?;
    info!(uid, "this cluster has a uid of its own from now on");
    Ok(uid)
}

/// The API server, as pods are told.
fn api_server() -> Option<String> {
    let host = std::env::var("KUBERNETES_SERVICE_HOST").ok()?;
    let port = std::env::var("KUBERNETES_SERVICE_PORT").ok()?;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Some(format!("https://{host}:{port}"))
}

/// Asks Kubernetes, as the service account whose files are in `account`.
async fn of_kubernetes(server: &str, account: &Path) -> Result<String, String> {
    let read = |name: &str| {
        let path = account.join(name);
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let token = String::from_utf8(read("token")?).map_err(|_| "the token is no text".to_owned())?;
    let authority = reqwest::Certificate::from_pem(&read("ca.crt")?).map_err(text)?;
    let http = reqwest::Client::builder()
        .tls_certs_only([authority])
        .timeout(ANSWER)
        .no_proxy()
        .build()
        .map_err(text)?;
    let url = format!("{server}/api/v1/namespaces/kube-system");
    let answer = http.get(url).bearer_auth(token.trim()).send().await.map_err(text)?;
    let answer = answer.error_for_status().map_err(text)?;
    let Namespace { metadata } = answer.json().await.map_err(text)?;
    let fits = !metadata.uid.is_empty() && metadata.uid.len() <= MOST_CHARS;
    if fits { Ok(metadata.uid) } else { Err("the namespace has no uid".to_owned()) }
}

fn text(error: reqwest::Error) -> String {
    error.without_url().to_string()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::Request;
    use axum::routing::get;
    use chrono::{TimeDelta, Utc};
    use palisade_transport::authority::Authority;
    use palisade_transport::server::{Limits, ListenerCertificate, public_config, serve};
    use tokio::net::TcpListener;
    use tokio_util::sync::CancellationToken;

    use super::*;

    #[tokio::test]
    async fn what_is_given_counts_and_what_is_made_up_stays() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(Some("given"), folder.path()).await.unwrap(), "given");
        let made = find(None, folder.path()).await.unwrap();
        assert_eq!(made.len(), 36);
        assert_eq!(find(None, folder.path()).await.unwrap(), made);
    }

    #[tokio::test]
    async fn kubernetes_is_asked_as_the_service_account() {
        palisade_transport::install_crypto_provider();
        let authority = Authority::create(Utc::now()).unwrap();
        let names = ["localhost".to_owned()];
        let issued = authority.issue_server(&names, Utc::now(), TimeDelta::days(1)).unwrap();
        let tls = public_config(ListenerCertificate::issued(&issued).unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let namespace = get(|request: Request| async move {
            let known = request.headers().get("authorization");
            if known.is_some_and(|value| value == "Bearer secret") {
                Ok(r#"{"kind":"Namespace","metadata":{"name":"kube-system","uid":"the-uid"}}"#)
            } else {
                Err(http::StatusCode::FORBIDDEN)
            }
        });
        let router = Router::new().route("/api/v1/namespaces/kube-system", namespace);
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, tls, router, Limits::PUBLIC, stop.clone()));

        let account = tempfile::tempdir().unwrap();
        let pem = palisade_transport::certificate::to_pem(authority.certificate());
        std::fs::write(account.path().join("ca.crt"), pem).unwrap();
        for (token, expected) in [("secret\n", Ok("the-uid")), ("stolen", Err("403"))] {
            std::fs::write(account.path().join("token"), token).unwrap();
            let uid = of_kubernetes(&server, account.path()).await;
            match expected {
                Ok(expected) => assert_eq!(uid.as_deref(), Ok(expected)),
                Err(word) => assert!(uid.unwrap_err().contains(word)),
            }
        }
        stop.cancel();
    }
}
