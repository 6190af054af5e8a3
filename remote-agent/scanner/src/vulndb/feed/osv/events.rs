//! Events of versions as ranges.

use serde_json::Value;

use super::record::EventRange;
use crate::version::Scheme;
use crate::vulndb::record::Range;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Introduced,
    Fixed,
    LastAffected,
}

/// Each `introduced` opens a range, the next other event closes it. Events
/// may come in any order; `scheme` orders them where they do.
pub(super) fn ranges(range: &EventRange, scheme: Scheme) -> Vec<Range> {
    let mut events: Vec<(Kind, &str)> = Vec::new();
    for (kind, version) in range.events.iter().flatten() {
        let kind = match kind.as_str() {
            "introduced" => Kind::Introduced,
            // What is past the limit is not looked at.
            "fixed" | "limit" => Kind::Fixed,
            "last_affected" => Kind::LastAffected,
            _ => continue,
        };
        events.push((kind, version.trim()));
    }
    if !in_turns(&events) {
        let place = |version: &str| version != "0";
        events.sort_by(|(_, left), (_, right)| {
            place(left).cmp(&place(right)).then_with(|| scheme.compare(left, right))
        });
    }
    let mut ranges = Vec::new();
    let mut open: Option<Range> = None;
    for (kind, version) in events {
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

/// Whether each `introduced` is followed by one other event at most.
fn in_turns(events: &[(Kind, &str)]) -> bool {
    let mut expected = true;
    events.iter().all(|(kind, _)| {
        let fits = (*kind == Kind::Introduced) == expected;
        expected = !expected;
        fits
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
        // One object may hold two events.
        assert_eq!(read(&json!([{"introduced": "0", "fixed": "3"}])), ["[,3)"]);
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
