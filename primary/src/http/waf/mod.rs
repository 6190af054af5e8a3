//! `/v1/waf`: federated sensors for attacks over the web, and the groups that
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
        .routes(routes!(sensor_list::waf_sensor_list, sensor_create::waf_sensor_create))
        .routes(routes!(
            sensor_get::waf_sensor_get,
            sensor_update::waf_sensor_update,
            sensor_delete::waf_sensor_delete
        ))
        .routes(routes!(rule_list::waf_rule_list))
        .routes(routes!(rule_get::waf_rule_get))
        .routes(routes!(group_list::waf_group_list))
        .routes(routes!(group_get::waf_group_get, group_update::waf_group_update))
}
