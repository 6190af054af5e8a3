//! Ranges as sets: their laws, and the way to the database and back.

use std::ops::Bound;

use palisade_scanner::version::Scheme;
use palisade_scanner::version::range::{Interval, Intervals, Syntax};
use proptest::prelude::*;

fn version() -> impl Strategy<Value = String> {
    "[0-3]\\.[0-3](-a)?"
}

fn bound() -> impl Strategy<Value = Bound<String>> {
    prop_oneof![
        1 => Just(Bound::Unbounded),
        2 => version().prop_map(Bound::Included),
        2 => version().prop_map(Bound::Excluded),
    ]
}

fn set() -> impl Strategy<Value = Intervals> {
    let interval = (bound(), bound()).prop_map(|(lower, upper)| Interval::new(lower, upper));
    prop::collection::vec(interval, 0..4)
        .prop_map(|intervals| Intervals::of(Scheme::SemVer, intervals))
}

/// As a list of comparisons, which is the one syntax that can say any set.
fn written(set: &Intervals) -> String {
    let alternatives: Vec<String> = set
        .intervals()
        .iter()
        .map(|interval| {
            let lower = match &interval.lower {
                Bound::Unbounded => String::new(),
                Bound::Included(version) => format!(">={version}"),
                Bound::Excluded(version) => format!("> {version}"),
            };
            let upper = match &interval.upper {
                Bound::Unbounded => String::new(),
                Bound::Included(version) => format!("<= {version}"),
                Bound::Excluded(version) => format!("<{version}"),
            };
            match format!("{lower} {upper}").trim() {
                "" => "*".to_owned(),
                both => both.to_owned(),
            }
        })
        .collect();
    if alternatives.is_empty() { "<0,>0".to_owned() } else { alternatives.join(" || ") }
}

/// In brackets.
fn bracketed(set: &Intervals) -> String {
    let all: Vec<String> = set
        .intervals()
        .iter()
        .map(|interval| {
            let (open, lower) = match &interval.lower {
                Bound::Unbounded => ('(', ""),
                Bound::Included(version) => ('[', version.as_str()),
                Bound::Excluded(version) => ('(', version.as_str()),
            };
            let (upper, close) = match &interval.upper {
                Bound::Unbounded => ("", ')'),
                Bound::Included(version) => (version.as_str(), ']'),
                Bound::Excluded(version) => (version.as_str(), ')'),
            };
            format!("{open}{lower},{upper}{close}")
        })
        .collect();
    all.join(",")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn sets_hold_what_their_parts_hold(a in set(), b in set(), version in version()) {
        let (in_a, in_b) = (a.contains(&version), b.contains(&version));
        prop_assert_eq!(a.intersection(&b).contains(&version), in_a && in_b);
        prop_assert_eq!(a.complement().contains(&version), !in_a);
        prop_assert_eq!(a.clone().union(b).contains(&version), in_a || in_b);
        prop_assert_eq!(a.complement().complement(), a);
    }

    #[test]
    fn intervals_neither_overlap_nor_touch(set in set()) {
        let again = Intervals::of(Scheme::SemVer, set.intervals().to_vec());
        prop_assert_eq!(again.intervals().len(), set.intervals().len());
        for pair in set.intervals().windows(2) {
            let [left, right] = pair else { continue };
            let (Bound::Included(end) | Bound::Excluded(end)) = &left.upper else {
                return Err(TestCaseError::fail("an open end in the midst"));
            };
            let (Bound::Included(start) | Bound::Excluded(start)) = &right.lower else {
                return Err(TestCaseError::fail("an open start in the midst"));
            };
            prop_assert!(Scheme::SemVer.compare(end, start).is_le());
        }
    }

    #[test]
    fn the_database_keeps_every_set(set in set()) {
        let ranges = set.to_ranges();
        prop_assert_eq!(Intervals::from_ranges(Scheme::SemVer, &ranges), set);
    }

    #[test]
    fn what_is_written_is_read(set in set()) {
        let list = Syntax::List(Scheme::SemVer).parse(&written(&set)).unwrap();
        prop_assert_eq!(&list, &set);
        if !set.is_empty() {
            let brackets = Syntax::NuGet.parse(&bracketed(&set)).unwrap();
            prop_assert_eq!(brackets.intervals(), set.intervals());
        }
    }

    #[test]
    fn no_text_does_harm(text in ".{0,40}", odd in "[ 0-9.x*^~<>=!,|()\\[\\]v-]{0,40}") {
        for syntax in [
            Syntax::Npm,
            Syntax::Pep440,
            Syntax::Gem,
            Syntax::Maven,
            Syntax::NuGet,
            Syntax::Composer,
            Syntax::List(Scheme::Generic),
        ] {
            for text in [&text, &odd] {
                if let Ok(set) = syntax.parse(text) {
                    prop_assert_eq!(set.complement().complement(), set);
                }
            }
        }
    }
}
