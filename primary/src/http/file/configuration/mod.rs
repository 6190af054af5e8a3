//! `/v1/file/config`: the configuration of the primary as one file: what is federated,
//! accepted vulnerabilities, settings, directories and custom roles. Users, and whatever
//! is secret, stand in no file: `palisade-primary backup` keeps those.

mod content;
mod export;
mod import;

use palisade_api::Code;

use crate::App;
use crate::http::ApiRouter;
use crate::http::endpoint::routes;
use crate::http::error::{ApiError, Result};
use crate::http::in_process::Client;
use crate::http::query::{Query, Scope};

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(export::file_config_export, import::file_config_import))
}

/// Refuses files of the home cluster, which answers for itself where there is one.
fn of_primary(query: &Query) -> Result<()> {
    if query.scope()? == Some(Scope::Local) {
        let text = "The primary has no home cluster whose configuration this would be.";
        return Err(ApiError::new(Code::OpNotAllowed, text));
    }
    Ok(())
}

/// Calls on behalf of a caller, with their rights.
fn client(app: &App, caller: &palisade_identity::Caller) -> Result<Client> {
    let router = crate::http::router(app.clone()).map_err(ApiError::internal)?;
    Ok(Client { router, caller: caller.clone() })
}
