//! Groups that clusters learn: one for each service, and named by it.

use palisade_api::rest::group::CriteriaEntry;

use super::criterion::ADDRESS;
use crate::error::shorten;
use crate::{FED_PREFIX, PolicyError};

/// What the names begin with; the service follows, and within it its namespace.
pub(crate) const PREFIX: &str = "nv.";
/// The beginning of those of services that are told by addresses.
const BY_ADDRESS: &str = "nv.ip.";

/// The criteria of a group as files tell it. A service that is told by addresses has its
/// namespace beside them, which is who it is of, and no one else in there.
pub(crate) fn criteria(name: &str, told: &[CriteriaEntry]) -> Vec<CriteriaEntry> {
    let name = name.strip_prefix(FED_PREFIX).unwrap_or(name);
    let by_address = name.starts_with(BY_ADDRESS) && told.iter().any(is_address);
    told.iter().filter(|entry| !by_address || is_address(entry)).cloned().collect()
}

fn is_address(entry: &CriteriaEntry) -> bool {
    entry.key == ADDRESS
}

/// Fails unless a group has the criteria that a cluster learns with its name.
pub(crate) fn check(name: &str, criteria: &[CriteriaEntry]) -> Result<(), PolicyError> {
    let Some(service) = name.strip_prefix(PREFIX) else { return Ok(()) };
    if name.starts_with(BY_ADDRESS) {
        return Ok(());
    }
    let domain = service.rsplit_once('.').map(|(_, domain)| domain);
    for CriteriaEntry { key, op, value } in criteria {
        let named = match key.as_str() {
            // Names have a colon for what they cannot hold.
            "service" => value.replace(['/', '?', '%', '&', ' '], ":") == service,
            "domain" => domain == Some(value.as_str()),
            _ => false,
        };
        if !named || op != "=" {
            let name = shorten(name);
            let reason = format!("{name:?} is learned: it has the service and domain of its name");
            return Err(PolicyError::criterion(key, reason));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(told: &[(&str, &str, &str)]) -> Vec<CriteriaEntry> {
        let entry = |(key, op, value): &(&str, &str, &str)| CriteriaEntry {
            key: (*key).to_owned(),
            op: (*op).to_owned(),
            value: (*value).to_owned(),
        };
        told.iter().map(entry).collect()
    }

    #[test]
    fn a_learned_group_is_that_of_its_name() {
        for (name, criteria, fits) in [
            ("nv.web.shop", &[("service", "=", "web.shop"), ("domain", "=", "shop")][..], true),
            ("nv.web.shop", &[("service", "=", "web.shop")], true),
            ("nv.nginx", &[("service", "=", "nginx")], true),
            ("nv.hub:nginx", &[("service", "=", "hub/nginx")], true),
            ("nv.ip.db.shop", &[("address", "=", "10.0.0.7"), ("domain", "=", "shop")], true),
            ("web", &[("image", "=", "web")], true),
            ("nv.web.shop", &[("service", "=", "db.shop")], false),
            ("nv.web.shop", &[("service", "contains", "web.shop")], false),
            ("nv.web.shop", &[("service", "=", "web.shop"), ("domain", "=", "web")], false),
            ("nv.shop", &[("domain", "=", "shop")], false),
            ("nv.web.shop", &[("image", "=", "web")], false),
        ] {
            assert_eq!(check(name, &entries(criteria)).is_ok(), fits, "{name} {criteria:?}");
        }
    }

    #[test]
    fn a_service_of_addresses_is_nobody_else_of_its_namespace() {
        let both = entries(&[("address", "=", "10.0.0.7"), ("domain", "=", "shop")]);
        let domain = entries(&[("domain", "=", "shop")]);
        for (name, told, left) in [
            ("nv.ip.db.shop", &both, &both[..1]),
            ("fed.nv.ip.db.shop", &both, &both[..1]),
            ("nv.ip.db.shop", &domain, &domain[..]),
            ("other", &both, &both[..]),
        ] {
            assert_eq!(criteria(name, told), left, "{name}");
        }
    }
}
