//! `/v1/file`: what goes out as a file and comes in as one.

mod attachment;
mod upload;
mod vulnerability_profile;

use super::ApiRouter;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().merge(vulnerability_profile::router())
}
