//! Files that set a primary up without anybody logging in: those of the ConfigMap
//! or Secret `neuvector-init` (`userinitcfg.yaml`, `oidcinitcfg.yaml` …). A file
//! says what calls of the REST API say in another form, so it becomes such calls,
//! answered by the router itself: what is allowed and what is recorded is that of
//! the API.

mod calls;
mod file;

use std::path::Path;

use axum::Router;
use palisade_identity::{Caller, Role};

use super::in_process::Client;
use crate::App;
use crate::store::{self, StoreError};
use file::{InitFile, Kind};

/// Who the audit records name.
const AUTHOR: &str = "palisade";

/// Applies the files in the folder that the configuration names. Each is applied
/// at the first start with it, and with `always_reload` at each. What is wrong in
/// one is logged, and the rest applies.
pub async fn apply(app: &App, router: &Router) -> anyhow::Result<()> {
    let Some(folder) = &app.config.init_config else { return Ok(()) };
    let caller = Caller::forwarded(AUTHOR, Role::FedAdmin);
    let client = Client { router: router.clone(), caller };
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
            if let Err(error) = client.put(one).await {
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
