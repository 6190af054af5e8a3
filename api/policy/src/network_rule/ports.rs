//! Ports of a network rule: `any`, or a list such as `tcp/80,udp/53-60,icmp`.

use std::collections::BTreeSet;

use crate::PolicyError;

const MAX_ENTRIES: usize = 256;

/// An entry. The order is that of the normal form: ICMP, any ports, then
/// ranges by protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    Icmp,
    Any(Protocol),
    Range(Protocol, u16, u16),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// The list in its normal form: lower case, sorted, without blanks and
/// doubles, a port without a protocol taken for one of TCP. Empty means `any`.
pub(super) fn normal(text: &str) -> Result<String, PolicyError> {
    let lower = text.trim().to_ascii_lowercase();
    if lower.is_empty() || lower == "any" {
        return Ok("any".to_owned());
    }
    let mut entries = BTreeSet::new();
    for part in lower.split([',', ' ']).filter(|part| !part.is_empty()) {
        if part == "any" {
            entries.extend([Entry::Any(Protocol::Tcp), Entry::Any(Protocol::Udp)]);
            continue;
        }
        entries.insert(entry(part).ok_or_else(|| {
            let part = crate::error::shorten(part);
            let reason = format!("{part:?} is none: any, tcp/80, udp/53-60, icmp or 8080");
            PolicyError::field("ports", reason)
        })?);
        if entries.len() > MAX_ENTRIES {
            return Err(PolicyError::field("ports", format!("more than {MAX_ENTRIES}")));
        }
    }
    if entries.is_empty() {
        // Not `any`: whoever left the entries out meant fewer.
        return Err(PolicyError::field("ports", "there is none between the commas"));
    }
    let any = |protocol| entries.contains(&Entry::Any(protocol));
    let all = any(Protocol::Tcp) && any(Protocol::Udp);
    let written = |entry: &Entry| match *entry {
        Entry::Icmp => Some("icmp".to_owned()),
        Entry::Any(Protocol::Tcp) if all => Some("any".to_owned()),
        Entry::Any(Protocol::Udp) if all => None,
        Entry::Any(protocol) => Some(format!("{}/any", protocol.as_str())),
        Entry::Range(protocol, ..) if any(protocol) => None,
        Entry::Range(protocol, first, last) if first == last => {
            Some(format!("{}/{first}", protocol.as_str()))
        }
        Entry::Range(protocol, first, last) => {
            Some(format!("{}/{first}-{last}", protocol.as_str()))
        }
    };
    Ok(entries.iter().filter_map(written).collect::<Vec<_>>().join(","))
}

fn entry(text: &str) -> Option<Entry> {
    if text == "icmp" {
        return Some(Entry::Icmp);
    }
    let (protocol, range) = match text.split_once('/') {
        Some(("tcp", range)) => (Protocol::Tcp, range),
        Some(("udp", range)) => (Protocol::Udp, range),
        Some(_) => return None,
        None => (Protocol::Tcp, text),
    };
    if range == "any" {
        return Some(Entry::Any(protocol));
    }
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some(Entry::Range(protocol, first, last))
}

fn port(text: &str) -> Option<u16> {
    // `parse` alone would take a sign.
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ports_have_a_normal_form() {
        for (text, expected) in [
            ("", Some("any")),
            ("any", Some("any")),
            ("TCP/80, udp/53-60", Some("tcp/80,udp/53-60")),
            ("udp/53 443,tcp/80", Some("tcp/80,tcp/443,udp/53")),
            ("8080", Some("tcp/8080")),
            ("8080,tcp/8080", Some("tcp/8080")),
            ("80,icmp", Some("icmp,tcp/80")),
            ("tcp/80,any", Some("any")),
            ("icmp,any", Some("icmp,any")),
            ("tcp/80,tcp/any,udp/53", Some("tcp/any,udp/53")),
            ("tcp/80,", Some("tcp/80")),
            (",", None),
            (" , ,", None),
            ("tcp/", None),
            ("tcp/+80", None),
            ("tcp/65536", None),
            ("tcp/60-53", None),
            ("sctp/80", None),
        ] {
            assert_eq!(normal(text).ok().as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own(
            entries in prop::collection::vec("(tcp/|udp/|)(any|[1-9][0-9]{0,3}|[1-4][0-9]{2}-[5-9][0-9]{2})|icmp", 0..8),
        ) {
            let once = normal(&entries.join(",")).unwrap();
            prop_assert_eq!(normal(&once).unwrap(), once);
        }
    }
}
