//! Ports of a network rule: `any`, or a list such as `tcp/80,udp/53-60,icmp`.

use crate::PolicyError;

const MAX_ENTRIES: usize = 256;

/// The list in its normal form: lower case, no blanks; empty means `any`.
pub(super) fn normal(text: &str) -> Result<String, PolicyError> {
    let lower = text.to_ascii_lowercase();
    let entries: Vec<&str> = lower.split(',').map(str::trim).filter(|e| !e.is_empty()).collect();
    if entries.len() > MAX_ENTRIES {
        return Err(PolicyError::field("ports", format!("more than {MAX_ENTRIES}")));
    }
    for entry in &entries {
        if !is_entry(entry) {
            let reason = format!(
                "{:?} is none: any, tcp/80, udp/53-60, icmp or 8080",
                crate::error::shorten(entry)
            );
            return Err(PolicyError::field("ports", reason));
        }
    }
    if entries.is_empty() || entries.contains(&"any") {
        return Ok("any".to_owned());
    }
    Ok(entries.join(","))
}

fn is_entry(entry: &str) -> bool {
    if matches!(entry, "any" | "icmp" | "tcp/any" | "udp/any") {
        return true;
    }
    let range = entry.strip_prefix("tcp/").or_else(|| entry.strip_prefix("udp/")).unwrap_or(entry);
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    match (port(first), port(last)) {
        (Some(first), Some(last)) => first <= last,
        _ => false,
    }
}

fn port(text: &str) -> Option<u16> {
    // `parse` alone would take a sign.
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_have_a_normal_form() {
        for (text, expected) in [
            ("", Some("any")),
            ("any", Some("any")),
            ("TCP/80, udp/53-60", Some("tcp/80,udp/53-60")),
            ("8080", Some("8080")),
            ("icmp", Some("icmp")),
            ("tcp/80,any", Some("any")),
            ("tcp/", None),
            ("tcp/+80", None),
            ("tcp/65536", None),
            ("tcp/60-53", None),
            ("sctp/80", None),
        ] {
            assert_eq!(normal(text).ok().as_deref(), expected, "{text}");
        }
    }
}
