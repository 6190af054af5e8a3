//! Events of versions as ranges.

use std::cmp::Ordering;

use serde_json::Value;

use super::record::EventRange;
use crate::version::Scheme;
use crate::vulndb::record::Range;

/// In the order in which events of one version hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Fixed,
    Introduced,
    LastAffected,
}

/// Each `introduced` opens a range, the next other event closes it. Events
/// may come in any order; `scheme` orders them where they do.
pub(super) fn ranges(range: &EventRange, scheme: Scheme) -> Vec<Range> {
    // Versions before all others come first.
    let order = |left: &str, right: &str| {
        (left != "0").cmp(&(right != "0")).then_with(|| scheme.compare(left, right))
    };
    let mut events: Vec<(Kind, &str)> = Vec::new();
    let mut limits: Vec<&str> = Vec::new();
    for (kind, version) in range.events.iter().flatten() {
        let Some(version) = version.as_deref().map(str::trim) else { continue };
        let kind = match kind.as_str() {
            "introduced" => Kind::Introduced,
            "fixed" => Kind::Fixed,
            "last_affected" => Kind::LastAffected,
            "limit" => {
                limits.push(version);
                continue;
            }
            _ => continue,
        };
        events.push((kind, version));
    }
    if !in_turns(&events, &order) {
        events.sort_by(|(kind, left), (other, right)| order(left, right).then(kind.cmp(other)));
    }
    let mut ranges = opened_and_closed(&events);
    // What is past the last limit is not looked at; `*` is the end of all.
    let last = limits.iter().copied().max_by(|left, right| order(left, right));
    if let Some(limit) = last.filter(|_| !limits.contains(&"*")) {
        let before = |version: &str| order(version, limit).is_lt();
        ranges.retain(|range| range.introduced.as_deref().is_none_or(before));
        for range in &mut ranges {
            let end = range.fixed.as_deref().or(range.last_affected.as_deref());
            if end.is_none_or(|end| !before(end)) {
                range.last_affected = None;
                range.fixed = Some(limit.to_owned());
            }
        }
    }
    ranges
}

fn opened_and_closed(events: &[(Kind, &str)]) -> Vec<Range> {
    let mut ranges = Vec::new();
    let mut open: Option<Range> = None;
    for &(kind, version) in events {
        if kind == Kind::Introduced {
            // Another one inside an open range says nothing new.
            let introduced = (version != "0").then(|| version.to_owned());
            open.get_or_insert(Range { introduced, ..Range::default() });
        } else if let Some(mut range) = open.take() {
            match kind {
                Kind::LastAffected => range.last_affected = Some(version.to_owned()),
                _ => range.fixed = Some(version.to_owned()),
            }
            ranges.push(range);
        }
    }
    ranges.extend(open);
    ranges
}

/// Ends the only range, where it is open, by what GitHub tells beside the
/// events of a range or of a package: the last version that is known to be
/// affected. Tells whether it did.
pub(super) fn close(ranges: &mut [Range], beside: &Value) -> bool {
    let ([only], Some(last)) = (ranges, last_known(beside)) else { return false };
    if only.fixed.is_some() || only.last_affected.is_some() {
        return false;
    }
    match last {
        Last::Affected(version) => only.last_affected = Some(version),
        Last::Before(version) => only.fixed = Some(version),
    }
    true
}

enum Last {
    Affected(String),
    Before(String),
}

fn last_known(beside: &Value) -> Option<Last> {
    let text = beside.get("last_known_affected_version_range")?.as_str()?;
    let text = text.trim();
    if let Some(version) = text.strip_prefix("<=") {
        return Some(Last::Affected(version.trim().to_owned()));
    }
    text.strip_prefix('<').map(|version| Last::Before(version.trim().to_owned()))
}

/// Whether each `introduced` is followed by one other event at most, which is
/// not of an older version.
fn in_turns(events: &[(Kind, &str)], order: &impl Fn(&str, &str) -> Ordering) -> bool {
    events.chunks(2).all(|pair| match pair {
        [(Kind::Introduced, _)] => true,
        [(Kind::Introduced, from), (to_kind, to)] => {
            *to_kind != Kind::Introduced && order(from, to).is_le()
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `[introduced, fixed)`, with `]` where the end is the last affected.
    fn read(events: &serde_json::Value) -> Vec<String> {
        let range: EventRange =
            serde_json::from_value(json!({"type": "SEMVER", "events": events})).unwrap();
        ranges(&range, Scheme::SemVer)
            .into_iter()
            .map(|range| {
                let from = range.introduced.unwrap_or_default();
                match (range.fixed, range.last_affected) {
                    (Some(fixed), _) => format!("[{from},{fixed})"),
                    (None, Some(last)) => format!("[{from},{last}]"),
                    (None, None) => format!("[{from},"),
                }
            })
            .collect()
    }

    #[test]
    fn events_in_any_order() {
        let expected = ["[,1.5)", "[2.0,2.10)"];
        for events in [
            json!([{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"fixed": "2.10"}]),
            json!([{"fixed": "2.10"}, {"introduced": "2.0"}, {"fixed": "1.5"}, {"introduced": "0"}]),
            json!([{"introduced": "0"}, {"introduced": "2.0"}, {"fixed": "1.5"}, {"fixed": "2.10"}]),
            json!([{"introduced": "0"}, {"fixed": "2.10"}, {"introduced": "2.0"}, {"fixed": "1.5"}]),
            json!([{"introduced": "2.0"}, {"fixed": "1.5"}, {"introduced": "0"}, {"fixed": "2.10"}]),
        ] {
            assert_eq!(read(&events), expected, "{events}");
        }
    }

    #[test]
    fn ends() {
        assert_eq!(read(&json!([{"introduced": "1"}])), ["[1,"]);
        assert_eq!(read(&json!([{"introduced": "1"}, {"last_affected": "2"}])), ["[1,2]"]);
        assert_eq!(read(&json!([{"introduced": "1"}, {"limit": "2"}])), ["[1,2)"]);
        assert_eq!(read(&json!([{"fixed": "2"}])), Vec::<String>::new());
        // Repaired, and broken again by the same version.
        let again =
            json!([{"fixed": "3"}, {"introduced": "2"}, {"fixed": "2"}, {"introduced": "1"}]);
        assert_eq!(read(&again), ["[1,2)", "[2,3)"]);
        assert_eq!(read(&json!([{"last_affected": "1"}, {"introduced": "1"}])), ["[1,1]"]);
        assert_eq!(read(&json!([{"introduced": "0", "fixed": null}])), ["[,"]);
        // One object may hold two events.
        assert_eq!(read(&json!([{"introduced": "0", "fixed": "3"}])), ["[,3)"]);
    }

    #[test]
    fn limits() {
        let all = json!([{"introduced": "0"}, {"fixed": "2"}, {"introduced": "3"}]);
        for (limits, expected) in [
            (vec!["*"], vec!["[,2)", "[3,"]),
            (vec!["1"], vec!["[,1)"]),
            (vec!["2"], vec!["[,2)"]),
            (vec!["4"], vec!["[,2)", "[3,4)"]),
            (vec!["1", "4"], vec!["[,2)", "[3,4)"]),
            (vec!["1", "*"], vec!["[,2)", "[3,"]),
        ] {
            let mut events = all.as_array().unwrap().clone();
            events.extend(limits.iter().map(|limit| json!({"limit": limit})));
            assert_eq!(read(&events.into()), expected, "{limits:?}");
        }
        let last = json!([{"introduced": "1"}, {"last_affected": "2"}, {"limit": "2"}]);
        assert_eq!(read(&last), ["[1,2)"]);
    }

    #[test]
    fn an_end_beside_the_events() {
        let closed = |mut range: Range, text: &str| {
            let beside = json!({"last_known_affected_version_range": text});
            let closed = close(std::slice::from_mut(&mut range), &beside);
            (closed, range.last_affected, range.fixed)
        };
        let of = |version: &str| Some(version.to_owned());
        let open = || Range { introduced: of("1"), ..Range::default() };
        assert_eq!(closed(open(), "<= 2.1"), (true, of("2.1"), None));
        assert_eq!(closed(open(), "< 2.1"), (true, None, of("2.1")));
        let known = Range { fixed: of("2.0"), ..open() };
        assert_eq!(closed(known, "< 2.1"), (false, None, of("2.0")));
    }
}
