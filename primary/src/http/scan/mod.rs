//! `/v1/scan`: registries and what was found in them.

mod registry;

use super::ApiRouter;

pub(super) fn router() -> ApiRouter {
    registry::router()
}
