//! Criteria of a group's members.

use std::net::IpAddr;

use palisade_api::rest::group::CriteriaEntry;
use serde::{Deserialize, Serialize};

use crate::error::shorten;
use crate::{PolicyError, pattern};

/// Criteria of one group.
const MAX_CRITERIA: usize = 256;
const MAX_VALUE_BYTES: usize = 2_048;
const MAX_HOST_NAME_BYTES: usize = 256;

/// The key of addresses, which do not go together with other criteria.
pub(super) const ADDRESS: &str = "address";
/// Prefix of the names of virtual hosts among addresses.
const VIRTUAL_HOST: &str = "vh:";

/// How a criterion compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// Equal; `*` stands for any text, `?` for any character.
    #[serde(rename = "=")]
    Equal,
    /// Not equal, with the same wildcards.
    #[serde(rename = "!=")]
    NotEqual,
    /// Holds the value.
    #[serde(rename = "contains")]
    Contains,
    /// Begins with the value.
    #[serde(rename = "prefix")]
    Prefix,
    /// The expression matches somewhere.
    #[serde(rename = "regex")]
    Regex,
    /// The expression matches nowhere.
    #[serde(rename = "!regex")]
    NotRegex,
}

impl Operator {
    const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Contains, Self::Prefix, Self::Regex, Self::NotRegex];

    /// The operator's sign.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Contains => "contains",
            Self::Prefix => "prefix",
            Self::Regex => "regex",
            Self::NotRegex => "!regex",
        }
    }

    fn parse(sign: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str() == sign)
    }

    const fn is_exact(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// One criterion of a group's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// What is compared: `image`, `domain`, `service`, `address`, a label, …
    pub key: String,
    /// What it is compared with.
    pub value: String,
    /// How.
    pub op: Operator,
}

impl Criterion {
    /// The criterion as clients know it.
    pub fn to_rest(&self) -> CriteriaEntry {
        CriteriaEntry {
            key: self.key.clone(),
            value: self.value.clone(),
            op: self.op.as_str().to_owned(),
        }
    }

    /// Whether it is about addresses.
    pub fn is_address(&self) -> bool {
        self.key == ADDRESS
    }
}

/// Checks the criteria of a group, of which there must be one.
pub(super) fn parse(entries: Vec<CriteriaEntry>) -> Result<Vec<Criterion>, PolicyError> {
    if entries.is_empty() || entries.len() > MAX_CRITERIA {
        return Err(PolicyError::field("criteria", format!("a group needs 1 to {MAX_CRITERIA}")));
    }
    let criteria =
        entries.into_iter().map(parse_one).collect::<Result<Vec<Criterion>, PolicyError>>()?;
    let addresses = criteria.iter().filter(|criterion| criterion.is_address()).count();
    if addresses != 0 && addresses != criteria.len() {
        let reason = "addresses do not go together with other criteria";
        return Err(PolicyError::criterion(ADDRESS, reason));
    }
    Ok(criteria)
}

fn parse_one(entry: CriteriaEntry) -> Result<Criterion, PolicyError> {
    let wrong = |reason: String| PolicyError::criterion(&entry.key, reason);
    if !is_key(&entry.key) {
        return Err(wrong("its key is empty, too long or has other characters".to_owned()));
    }
    let op = Operator::parse(&entry.op).ok_or_else(|| {
        let known = Operator::ALL.map(Operator::as_str).join(", ");
        wrong(format!("{:?} is no operator; use one of: {known}", shorten(&entry.op)))
    })?;
    let value = &entry.value;
    if value.len() > MAX_VALUE_BYTES || (value.is_empty() && !op.is_exact()) {
        return Err(wrong("its value is too long, or empty without an exact operator".to_owned()));
    }
    if matches!(op, Operator::Regex | Operator::NotRegex) {
        pattern::regex(value).map_err(wrong)?;
    }
    if op.is_exact() && value.contains(['*', '?']) && value.contains(['^', '$']) {
        return Err(wrong("wildcards do not go together with ^ and $: use regex".to_owned()));
    }
    if entry.key == ADDRESS && (op != Operator::Equal || !is_address(value)) {
        return Err(wrong(
            "it is an address, a network, a range of addresses, or the name of a host, and ="
                .to_owned(),
        ));
    }
    Ok(Criterion { key: entry.key, value: entry.value, op })
}

fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.len() <= MAX_VALUE_BYTES
        && key.chars().all(|c| c.is_ascii_alphanumeric() || ".:/_-".contains(c))
}

/// An address, a network such as `10.0.0.0/8`, a range such as
/// `10.0.0.1-10.0.0.9`, a host such as `shop.example`, all hosts below a
/// domain such as `*.shop.example`, or a virtual host such as `vh:shop`.
fn is_address(text: &str) -> bool {
    let ip = |text: &str| text.parse::<IpAddr>().ok();
    if let Some((network, bits)) = text.split_once('/') {
        let most = ip(network).map_or(0, |ip| if ip.is_ipv4() { 32_u8 } else { 128 });
        return most > 0 && bits.parse::<u8>().is_ok_and(|bits| bits <= most);
    }
    if let Some((first, last)) = text.split_once('-')
        && let (Some(first), Some(last)) = (ip(first), ip(last))
    {
        return first.is_ipv4() == last.is_ipv4() && first <= last;
    }
    ip(text).is_some() || is_host(text)
}

fn is_host(text: &str) -> bool {
    let text = text.strip_prefix(VIRTUAL_HOST).unwrap_or(text);
    if text.len() > MAX_HOST_NAME_BYTES || text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return false;
    }
    let labels = |text: &str| {
        text.split('.').all(|label| {
            label.starts_with(|c: char| c.is_ascii_alphanumeric())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        })
    };
    match text.strip_prefix("*.") {
        // A wildcard over a whole top-level domain is a mistake.
        Some(domain) => domain.contains('.') && labels(domain),
        None => labels(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry((key, op, value): (&str, &str, &str)) -> CriteriaEntry {
        CriteriaEntry { key: key.to_owned(), op: op.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn criteria_are_checked() {
        for (criterion, fits) in [
            (("service", "=", "orders"), true),
            (("service", "=", ""), true),
            (("service", "!=", ""), true),
            (("service", "contains", ""), false),
            (("service", "prefix", "shop"), true),
            (("image", "regex", "^shop/.*"), true),
            (("image", "!regex", "^shop/.*"), true),
            (("image", "regex", "("), false),
            (("image", "=", "shop*"), true),
            (("image", "=", "^shop*"), false),
            (("image", "~", "x"), false),
            (("", "=", "x"), false),
            (("-x", "=", "x"), false),
            (("app.kubernetes.io/name", "=", "shop"), true),
            (("a b", "=", "x"), false),
        ] {
            let parsed = parse(vec![entry(criterion)]);
            assert_eq!(parsed.is_ok(), fits, "{criterion:?}: {parsed:?}");
        }
        assert!(parse(Vec::new()).is_err());
    }

    #[test]
    fn addresses_are_checked() {
        for (value, fits) in [
            ("10.0.0.1", true),
            ("10.0.0.0/8", true),
            ("10.0.0.0/33", false),
            ("10.0.0.1-10.0.0.9", true),
            ("10.0.0.9-10.0.0.1", false),
            ("10.0.0.1-::1", false),
            ("fd00::/8", true),
            ("10.0.0", false),
            ("shop.example", true),
            ("a-b.example", true),
            ("*.shop.example", true),
            ("*.example", false),
            ("shop.*.example", false),
            ("vh:shop.example", true),
            ("vh:", false),
            ("", false),
        ] {
            let parsed = parse(vec![entry(("address", "=", value))]);
            assert_eq!(parsed.is_ok(), fits, "{value}: {parsed:?}");
        }
        assert!(parse(vec![entry(("address", "!=", "10.0.0.1"))]).is_err());
        let mixed = [("address", "=", "10.0.0.1"), ("service", "=", "x")];
        assert!(parse(mixed.map(entry).to_vec()).is_err());
    }
}
