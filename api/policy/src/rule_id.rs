//! Ids of rules: ranges, and which one a new rule gets.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::PolicyError;

/// The ids of one kind of rules.
#[derive(Clone, Debug)]
pub struct RuleIds {
    what: &'static str,
    /// What a client may choose.
    chosen: RangeInclusive<u32>,
    /// The first that is given automatically.
    first: u32,
}

impl RuleIds {
    /// Ids of `what` in a range, the first of which is given too.
    pub const fn new(what: &'static str, ids: RangeInclusive<u32>) -> Self {
        let first = *ids.start();
        Self { what, chosen: ids, first }
    }

    /// The same, but ids below `first` are only given to who asks for them.
    #[must_use]
    pub const fn automatic_from(mut self, first: u32) -> Self {
        self.first = first;
        self
    }

    /// The first that is given automatically.
    pub const fn first(&self) -> u32 {
        self.first
    }

    /// Whether an id is one of these.
    pub fn contains(&self, id: u32) -> bool {
        self.chosen.contains(&id)
    }

    /// Fails unless an id is one of these.
    pub fn check(&self, id: u32) -> Result<(), PolicyError> {
        if self.contains(id) {
            return Ok(());
        }
        Err(PolicyError::InvalidId {
            id,
            what: self.what,
            from: *self.chosen.start(),
            to: *self.chosen.end(),
        })
    }

    /// Why a rule with the id of somebody else's cannot be changed.
    pub fn foreign(&self, id: u32) -> PolicyError {
        let (from, to) = (*self.chosen.start(), *self.chosen.end());
        PolicyError::ForeignRule { id, what: self.what, from, to }
    }

    /// The id of a new rule: the one asked for, or for 0 the one above all
    /// that are `used` and above `highest`, the highest that ever was, so that
    /// the id of a deleted rule does not come back before the range is used
    /// up. Then the gaps are filled.
    pub fn give(&self, asked: u32, used: &BTreeSet<u32>, highest: u32) -> Result<u32, PolicyError> {
        self.give_from(self.first, asked, used, highest)
    }

    /// The same, where each id that is given automatically and is below `gap` is used.
    fn give_from(
        &self,
        gap: u32,
        asked: u32,
        used: &BTreeSet<u32>,
        highest: u32,
    ) -> Result<u32, PolicyError> {
        if asked != 0 {
            self.check(asked)?;
            return if used.contains(&asked) {
                Err(PolicyError::DuplicateRule(asked))
            } else {
                Ok(asked)
            };
        }
        let ids = self.first..=*self.chosen.end();
        let last = used.range(ids.clone()).last().copied().unwrap_or(0).max(highest);
        let next = last.saturating_add(1).max(self.first);
        if ids.contains(&next) {
            return Ok(next);
        }
        let mut gaps = gap..=*self.chosen.end();
        gaps.find(|id| !used.contains(id)).ok_or(PolicyError::NoFreeId(self.what))
    }
}

/// The ids of the rules that there are, from which new ones are given.
#[derive(Clone, Debug)]
pub struct IdPool {
    ids: RuleIds,
    used: BTreeSet<u32>,
    highest: u32,
    /// Where the next gap may be, once the range was used up: thousands may be given.
    gap: u32,
}

impl IdPool {
    /// The pool of rules of which `used` are there and `highest` was the
    /// highest ever.
    pub fn new(ids: RuleIds, used: impl IntoIterator<Item = u32>, highest: u32) -> Self {
        let gap = ids.first;
        Self { ids, used: used.into_iter().collect(), highest, gap }
    }

    /// Gives an id away: see [`RuleIds::give`].
    pub fn give(&mut self, asked: u32) -> Result<u32, PolicyError> {
        let id = self.ids.give_from(self.gap, asked, &self.used, self.highest)?;
        self.used.insert(id);
        if asked == 0 && id < self.highest {
            self.gap = id + 1;
        }
        self.highest = self.highest.max(id);
        Ok(id)
    }

    /// Gives an id away that is told, whoever has it now.
    pub fn take(&mut self, id: u32) -> Result<(), PolicyError> {
        self.ids.check(id)?;
        self.used.insert(id);
        self.highest = self.highest.max(id);
        Ok(())
    }

    /// The highest id that was ever given.
    pub const fn highest(&self) -> u32 {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IDS: RuleIds = RuleIds::new("rules", 100..=109).automatic_from(101);

    #[test]
    fn ids_are_the_next_free_ones() {
        let used = |ids: &[u32]| ids.iter().copied().collect::<BTreeSet<_>>();
        for (asked, present, highest, expected) in [
            (0, &[][..], 0, Ok(101)),
            (0, &[100], 0, Ok(101)),
            (0, &[101, 104], 0, Ok(105)),
            (0, &[101, 104], 106, Ok(107)),
            (0, &[101, 109], 109, Ok(102)),
            // Those of other owners do not count.
            (0, &[7, 1_000], 0, Ok(101)),
            (105, &[101, 104], 106, Ok(105)),
            (100, &[], 0, Ok(100)),
            (104, &[104], 0, Err(PolicyError::DuplicateRule(104))),
            (
                0,
                &[101, 102, 103, 104, 105, 106, 107, 108, 109],
                0,
                Err(PolicyError::NoFreeId("rules")),
            ),
            (99, &[], 0, Err(PolicyError::InvalidId { id: 99, what: "rules", from: 100, to: 109 })),
        ] {
            assert_eq!(IDS.give(asked, &used(present), highest), expected, "{asked} {present:?}");
        }
    }

    #[test]
    fn a_pool_fills_the_gaps_in_their_order() {
        let mut pool = IdPool::new(IDS, [102, 105, 109], 109);
        let mut given = Vec::new();
        for asked in [0, 0, 106, 0, 0, 0] {
            given.push(pool.give(asked).unwrap());
        }
        assert_eq!(given, [101, 103, 106, 104, 107, 108]);
        assert_eq!(pool.give(0), Err(PolicyError::NoFreeId("rules")));
        assert_eq!(pool.give(100), Ok(100));
    }

    proptest! {
        /// Whatever is deleted in between, no id comes back before the end.
        #[test]
        fn the_id_of_a_deleted_rule_does_not_come_back(deletions in prop::collection::vec(0_usize..4, 9)) {
            let (mut used, mut highest, mut given) = (BTreeSet::new(), 0, BTreeSet::new());
            for deletion in deletions {
                let mut pool = IdPool::new(IDS, used.iter().copied(), highest);
                let id = pool.give(0).unwrap();
                prop_assert!(given.insert(id));
                highest = pool.highest();
                used.insert(id);
                if let Some(gone) = used.iter().nth_back(deletion).copied() {
                    used.remove(&gone);
                }
            }
        }
    }
}
