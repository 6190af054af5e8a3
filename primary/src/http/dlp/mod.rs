//! `/v1/dlp`: federated sensors for data that leaves, and the groups that
//! they are bound to.

mod group_get;
mod group_list;
mod group_update;
mod rule_get;
mod rule_list;
mod sensor_create;
mod sensor_delete;
mod sensor_get;
mod sensor_list;
mod sensor_update;

use super::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(sensor_list::dlp_sensor_list, sensor_create::dlp_sensor_create))
        .routes(routes!(
            sensor_get::dlp_sensor_get,
            sensor_update::dlp_sensor_update,
            sensor_delete::dlp_sensor_delete
        ))
        .routes(routes!(rule_list::dlp_rule_list))
        .routes(routes!(rule_get::dlp_rule_get))
        .routes(routes!(group_list::dlp_group_list))
        .routes(routes!(group_get::dlp_group_get, group_update::dlp_group_update))
}
