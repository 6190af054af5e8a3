//! `GET /v1/system/alerts`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::rest::alert::{AcceptableAlerts, AlertGroup, SystemAlerts};

use crate::App;
use crate::federation::rotation::{self, AuthorityStatus};
use crate::http::error::Result;
use crate::registry::vulndb;

/// Days before the end of a certificate, of which each is told anew.
const NEAR: [i64; 3] = [30, 90, 180];

/// Show what needs attention
///
/// A certificate authority that comes to its end, and a vulnerability database that is
/// old or was refused.
#[utoipa::path(
    get,
    path = "/v1/system/alerts",
    tag = "system",
    responses((status = OK, body = SystemAlerts)),
)]
pub(super) async fn system_alerts_get(State(app): State<App>) -> Result<Json<SystemAlerts>> {
    let now = app.clock.now();
    let authorities = rotation::status(&mut *app.database.acquire().await?, now).await?;
    let ending = authorities.iter().filter_map(|one| ending(one, now)).collect();
    let others = vulndb::concerns(&app.registries).await;
    Ok(Json(SystemAlerts {
        neuvector_upgrade_info: None,
        acceptable_alerts: AcceptableAlerts {
            certificate_alerts: AlertGroup::of("TLS_CERTIFICATE", ending),
            other_alerts: AlertGroup::of("Others", others),
        },
    }))
}

/// What is to be said of an authority that new certificates are of.
fn ending(authority: &AuthorityStatus, now: DateTime<Utc>) -> Option<String> {
    let left = authority.expires_at - now;
    let near = NEAR.into_iter().find(|days| left <= TimeDelta::days(*days));
    let near = near.filter(|_| authority.issuing)?;
    Some(format!(
        "The certificate authority of the federation ends within {near} days, at {}: replace it \
         by `palisade-primary authority rotate`.",
        authority.expires_at.format("%Y-%m-%d %H:%M:%S UTC")
    ))
}

#[cfg(test)]
mod tests {
    use palisade_api::Digest;

    use super::*;

    #[test]
    fn the_end_of_the_authority_that_signs_is_told_in_time() {
        let now = Utc::now();
        for (days, issuing, told) in [
            (10, true, Some("within 30 days")),
            (30, true, Some("within 30 days")),
            (31, true, Some("within 90 days")),
            (179, true, Some("within 180 days")),
            (181, true, None),
            (10, false, None),
        ] {
            let authority = AuthorityStatus {
                fingerprint: Digest::of(b""),
                created_at: now,
                expires_at: now + TimeDelta::days(days),
                issuing,
                members: 0,
            };
            let said = ending(&authority, now);
            match told {
                Some(told) => assert!(said.unwrap_or_default().contains(told), "{days}"),
                None => assert_eq!(said, None, "{days}"),
            }
        }
    }
}
