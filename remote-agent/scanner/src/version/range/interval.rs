//! Sets of versions as intervals.

use std::cmp::Ordering;
use std::ops::Bound;

use super::super::Scheme;
use crate::vulndb::Range;

/// All versions between two bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Where it starts.
    pub lower: Bound<String>,
    /// Where it ends.
    pub upper: Bound<String>,
}

/// A set of versions: intervals in ascending order that neither overlap nor
/// touch, so that equal sets are equal up to the spelling of their bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervals {
    scheme: Scheme,
    intervals: Vec<Interval>,
}

/// The side of an interval that a bound is on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Lower,
    Upper,
}

impl Interval {
    /// Between two bounds.
    pub const fn new(lower: Bound<String>, upper: Bound<String>) -> Self {
        Self { lower, upper }
    }

    fn contains(&self, scheme: Scheme, version: &str) -> bool {
        let after_lower = match &self.lower {
            Bound::Unbounded => true,
            Bound::Included(lower) => scheme.compare(version, lower).is_ge(),
            Bound::Excluded(lower) => scheme.compare(version, lower).is_gt(),
        };
        after_lower
            && match &self.upper {
                Bound::Unbounded => true,
                Bound::Included(upper) => scheme.compare(version, upper).is_le(),
                Bound::Excluded(upper) => scheme.compare(version, upper).is_lt(),
            }
    }

    fn is_empty(&self, scheme: Scheme) -> bool {
        cut(scheme, (Side::Lower, &self.lower), (Side::Upper, &self.upper)).is_ge()
    }
}

/// Orders bounds as cuts between versions: a cut just before a version is
/// before the one just after it.
fn cut(scheme: Scheme, left: (Side, &Bound<String>), right: (Side, &Bound<String>)) -> Ordering {
    /// The version, and whether the cut is after it.
    fn place(side: Side, bound: &Bound<String>) -> Result<(&str, bool), Side> {
        match bound {
            Bound::Unbounded => Err(side),
            Bound::Included(version) => Ok((version, side == Side::Upper)),
            Bound::Excluded(version) => Ok((version, side == Side::Lower)),
        }
    }
    match (place(left.0, left.1), place(right.0, right.1)) {
        (Ok((left, left_after)), Ok((right, right_after))) => {
            scheme.compare(left, right).then_with(|| left_after.cmp(&right_after))
        }
        (Err(left), Err(right)) if left == right => Ordering::Equal,
        (Err(Side::Lower), _) | (_, Err(Side::Upper)) => Ordering::Less,
        (Err(Side::Upper), _) | (_, Err(Side::Lower)) => Ordering::Greater,
    }
}

impl Intervals {
    /// The set of no version.
    pub const fn none(scheme: Scheme) -> Self {
        Self { scheme, intervals: Vec::new() }
    }

    /// The set of all versions.
    pub fn all(scheme: Scheme) -> Self {
        Self::between(scheme, Bound::Unbounded, Bound::Unbounded)
    }

    /// The set of the versions between two bounds.
    pub fn between(scheme: Scheme, lower: Bound<String>, upper: Bound<String>) -> Self {
        Self::of(scheme, vec![Interval::new(lower, upper)])
    }

    /// The set of one version in all its spellings.
    pub fn exactly(scheme: Scheme, version: &str) -> Self {
        let version = version.to_owned();
        Self::between(scheme, Bound::Included(version.clone()), Bound::Included(version))
    }

    /// The set of the versions that lie in any of `intervals`.
    pub fn of(scheme: Scheme, mut intervals: Vec<Interval>) -> Self {
        intervals.retain(|interval| !interval.is_empty(scheme));
        intervals.sort_by(|left, right| {
            cut(scheme, (Side::Lower, &left.lower), (Side::Lower, &right.lower))
        });
        let mut merged: Vec<Interval> = Vec::with_capacity(intervals.len());
        for interval in intervals {
            let Some(last) = merged.last_mut() else {
                merged.push(interval);
                continue;
            };
            let gap = cut(scheme, (Side::Upper, &last.upper), (Side::Lower, &interval.lower));
            if gap.is_lt() {
                merged.push(interval);
            } else if cut(scheme, (Side::Upper, &last.upper), (Side::Upper, &interval.upper))
                .is_lt()
            {
                last.upper = interval.upper;
            }
        }
        Self { scheme, intervals: merged }
    }

    /// Whose order it is in.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The intervals, in ascending order.
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// Whether no version is in it.
    pub const fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Whether `version` is in it.
    pub fn contains(&self, version: &str) -> bool {
        self.intervals.iter().any(|interval| interval.contains(self.scheme, version))
    }

    /// The versions that are in either. Both are in one order.
    #[must_use]
    pub fn union(mut self, other: Self) -> Self {
        self.intervals.extend(other.intervals);
        Self::of(self.scheme, self.intervals)
    }

    /// The versions that are in both. Both are in one order.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let scheme = self.scheme;
        let mut both = Vec::new();
        let (mut left, mut right) = (self.intervals.iter(), other.intervals.iter());
        let (mut l, mut r) = (left.next(), right.next());
        while let (Some(a), Some(b)) = (l, r) {
            let later = cut(scheme, (Side::Lower, &a.lower), (Side::Lower, &b.lower));
            let ends = cut(scheme, (Side::Upper, &a.upper), (Side::Upper, &b.upper));
            let lower = if later.is_ge() { &a.lower } else { &b.lower };
            let upper = if ends.is_le() { &a.upper } else { &b.upper };
            both.push(Interval::new(lower.clone(), upper.clone()));
            if ends.is_le() {
                l = left.next();
            } else {
                r = right.next();
            }
        }
        Self::of(scheme, both)
    }

    /// The versions that are not in it.
    #[must_use]
    pub fn complement(&self) -> Self {
        fn opposite(bound: &Bound<String>) -> Bound<String> {
            match bound {
                Bound::Unbounded => Bound::Unbounded,
                Bound::Included(version) => Bound::Excluded(version.clone()),
                Bound::Excluded(version) => Bound::Included(version.clone()),
            }
        }
        let mut others = Vec::with_capacity(self.intervals.len() + 1);
        let mut lower = Some(Bound::Unbounded);
        for interval in &self.intervals {
            match (lower.take(), &interval.lower) {
                (_, Bound::Unbounded) | (None, _) => {}
                (Some(lower), upper) => others.push(Interval::new(lower, opposite(upper))),
            }
            lower = match &interval.upper {
                Bound::Unbounded => None,
                upper => Some(opposite(upper)),
            };
        }
        others.extend(lower.map(|lower| Interval::new(lower, Bound::Unbounded)));
        Self::of(self.scheme, others)
    }

    /// As the database keeps it. The bound that a range excludes at its end
    /// stands as `fixed`, whether or not that version repairs anything.
    pub fn to_ranges(&self) -> Vec<Range> {
        self.intervals
            .iter()
            .map(|interval| {
                let mut range = Range::default();
                match &interval.lower {
                    Bound::Unbounded => {}
                    Bound::Included(version) => range.introduced = Some(version.clone()),
                    Bound::Excluded(version) => range.after = Some(version.clone()),
                }
                match &interval.upper {
                    Bound::Unbounded => {}
                    Bound::Included(version) => range.last_affected = Some(version.clone()),
                    Bound::Excluded(version) => range.fixed = Some(version.clone()),
                }
                range
            })
            .collect()
    }

    /// From how the database keeps it.
    pub fn from_ranges(scheme: Scheme, ranges: &[Range]) -> Self {
        let mut all = Vec::with_capacity(ranges.len());
        for range in ranges {
            let bound = |included: &Option<String>, excluded: &Option<String>| {
                let included = included.clone().map_or(Bound::Unbounded, Bound::Included);
                (included, excluded.clone().map_or(Bound::Unbounded, Bound::Excluded))
            };
            // Where both are told the narrower one counts.
            let (included, excluded) = bound(&range.introduced, &range.after);
            let order = cut(scheme, (Side::Lower, &included), (Side::Lower, &excluded));
            let lower = if order.is_ge() { included } else { excluded };
            let (included, excluded) = bound(&range.last_affected, &range.fixed);
            let order = cut(scheme, (Side::Upper, &included), (Side::Upper, &excluded));
            let upper = if order.is_le() { included } else { excluded };
            all.push(Interval::new(lower, upper));
        }
        Self::of(scheme, all)
    }
}
