//! A primary that sets itself up by `fedinitcfg.yaml`: at its first start with the
//! file it is promoted, and it takes the file's token for as long as it is
//! started with it.

use palisade_api::rest::fed::PromoteRequest;
use palisade_transport::setup_file::SetupFile;

use super::{FederationError, Result, introduction, promotion};
use crate::App;
use crate::store::{self, Actor, StoreError};

/// The setting that says that the file was applied.
const APPLIED: &str = "federation-setup";

/// Applies the file, where there is one.
pub async fn promote(app: &App) -> Result<()> {
    let Some(file) = &app.config.federation_setup else { return Ok(()) };
    let mut conn = app.database.acquire().await?;
    let applied: Option<bool> = store::setting::get(&mut conn, APPLIED).await?;
    drop(conn);
    if applied.is_none() {
        let request = request(file);
        match promotion::promote(app, &Actor::system(), None, &request).await {
            // Somebody has done it, or another replica was faster.
            Ok(_) | Err(FederationError::AlreadyPrimary) => {}
            Err(error) => return Err(error),
        }
    }
    let mut tx = app.database.begin().await?;
    let now = app.clock.now();
    introduction::accept(&mut tx, &app.sealer, &file.join_token, file.rejoin, now).await?;
    store::setting::put(&mut tx, APPLIED, &true).await?;
    tx.commit().await.map_err(StoreError::from)?;
    tracing::info!("clusters may join with the token of the setup file");
    Ok(())
}

fn request(file: &SetupFile) -> PromoteRequest {
    PromoteRequest {
        name: file.cluster_name.as_ref().map(ToString::to_string),
        master_rest_info: Some(file.primary.clone()),
        use_proxy: file.use_proxy.then(|| "https".to_owned()),
        deploy_repo_scan_data: Some(file.deploy_repo_scan_data),
        ..PromoteRequest::default()
    }
}
