//! Files that set a primary up without anybody logging in: those of the ConfigMap
//! or Secret `neuvector-init` (`userinitcfg.yaml`, `oidcinitcfg.yaml` …). A file
//! says what calls of the REST API say in another form, so it becomes such calls,
//! answered by the router itself: what is allowed and what is recorded is that of
//! the API.

mod calls;
mod file;

use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::{Method, StatusCode};
use palisade_api::rest::error::ErrorBody;
use palisade_identity::{Caller, Role};
use tower::ServiceExt as _;

use crate::App;
use crate::http::extract::MAX_BODY_BYTES;
use crate::store::{self, StoreError};
use calls::{Call, Wanted};
use file::{InitFile, Kind};

/// Who the audit records name.
const AUTHOR: &str = "palisade";

/// A caller that this process itself vouches for. No request from outside has
/// such an extension.
#[derive(Clone, Debug)]
pub(super) struct InProcess(pub(super) Caller);

/// Applies the files in the folder that the configuration names. Each is applied
/// at the first start with it, and with `always_reload` at each. What is wrong in
/// one is logged, and the rest applies.
pub async fn apply(app: &App, router: &Router) -> anyhow::Result<()> {
    let Some(folder) = &app.config.init_config else { return Ok(()) };
    for kind in Kind::IN_ORDER {
        let Some(file) = read(folder, *kind) else { continue };
        let setting = format!("init-config:{}", kind.file());
        let applied: Option<bool> =
            store::setting::get(&mut *app.database.acquire().await?, &setting).await?;
        if applied.is_some() && !file.always_reload {
            continue;
        }
        let wanted = match calls::wanted(&file) {
            Ok(wanted) => wanted,
            Err(error) => {
                tracing::error!(file = kind.file(), %error, "not applied");
                continue;
            }
        };
        if !wanted.passed_over.is_empty() {
            let keys = wanted.passed_over.join(", ");
            tracing::warn!(file = kind.file(), keys, "these keys set nothing here");
        }
        let mut failed = 0;
        for one in wanted.objects {
            let what = one.what().to_owned();
            if let Err(error) = put(router, one).await {
                failed += 1;
                tracing::error!(file = kind.file(), what, error = format!("{error:#}"), "refused");
            }
        }
        let mut tx = app.database.begin().await?;
        store::setting::put(&mut tx, &setting, &true).await?;
        tx.commit().await.map_err(StoreError::from)?;
        tracing::info!(file = kind.file(), failed, "applied");
    }
    Ok(())
}

fn read(folder: &Path, kind: Kind) -> Option<InitFile> {
    let path = folder.join(kind.file());
    match InitFile::read(&path, kind) {
        Ok(file) => file,
        Err(error) => {
            tracing::error!(file = %path.display(), %error, "cannot be read");
            None
        }
    }
}

/// Changes what exists, and makes what does not.
async fn put(router: &Router, wanted: Wanted) -> anyhow::Result<()> {
    let calls = match wanted {
        Wanted::Object { path, create, change, .. } => {
            let look = Call { method: Method::GET, path, body: None };
            match send(router, &look).await? {
                (StatusCode::OK, _) => change,
                _ => vec![create],
            }
        }
        Wanted::Setting(call) => vec![call],
    };
    for call in calls {
        let (status, body) = send(router, &call).await?;
        if status != StatusCode::OK {
            let body = serde_json::from_slice::<ErrorBody>(&body).context(status)?;
            anyhow::bail!("{status}: {}", body.message);
        }
    }
    Ok(())
}

async fn send(router: &Router, call: &Call) -> anyhow::Result<(StatusCode, Vec<u8>)> {
    let body = call.body.as_ref().map_or_else(Body::empty, |body| body.to_string().into());
    let mut request =
        Request::builder().method(&call.method).uri(&call.path).body(body).context("the name")?;
    let caller = Caller::forwarded(AUTHOR, Role::FedAdmin);
    request.extensions_mut().insert(InProcess(caller));
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), MAX_BODY_BYTES).await?;
    Ok((status, body.to_vec()))
}
