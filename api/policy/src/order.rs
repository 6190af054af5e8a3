//! The order of rules: each has a position, with gaps between, so that moving
//! one rule changes one rule.

use crate::PolicyError;

/// The gap between two rules in a list that was numbered anew.
pub const GAP: i64 = 1 << 20;

/// The positions of `count` rules that come `after` a place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Of the new rules in their order.
    pub positions: Vec<i64>,
    /// Rules of the list that had to move, because the gap was used up.
    pub moved: Vec<(u32, i64)>,
}

/// Finds positions for `count` rules in `list` (ids and positions in
/// ascending order). `after` is the id of a rule that they follow; negative:
/// of a rule that they precede; 0: they come first; none: last.
pub fn place(list: &[(u32, i64)], after: Option<i64>, count: usize) -> Result<Placed, PolicyError> {
    let index_of = |id: u64| {
        list.iter()
            .position(|(have, _)| u64::from(*have) == id)
            .ok_or_else(|| PolicyError::MissingRule(u32::try_from(id).unwrap_or(u32::MAX)))
    };
    let at = match after {
        None => list.len(),
        Some(0) => 0,
        Some(id) if id > 0 => index_of(id.unsigned_abs())? + 1,
        Some(id) => index_of(id.unsigned_abs())?,
    };
    let count_i64 = i64::try_from(count).unwrap_or(i64::MAX);
    let before = at.checked_sub(1).and_then(|index| list.get(index)).map(|(_, p)| *p);
    let behind = list.get(at).map(|(_, p)| *p);
    let fitting = match (before, behind) {
        (None, None) => Some((0, GAP)),
        (Some(before), None) => Some((before, GAP)),
        (None, Some(behind)) => {
            behind.checked_sub(GAP.saturating_mul(count_i64 + 1)).map(|first| (first, GAP))
        }
        (Some(before), Some(behind)) => {
            let step = (behind - before) / (count_i64 + 1);
            (step > 0).then_some((before, step))
        }
    };
    let fits = fitting.filter(|(start, step)| {
        step.checked_mul(count_i64).and_then(|span| start.checked_add(span)).is_some()
    });
    if let Some((start, step)) = fits {
        let positions = (1..=count_i64).map(|n| start + step * n).collect();
        return Ok(Placed { positions, moved: Vec::new() });
    }
    // Number the whole list anew, with room for the new rules.
    let slot = |index: usize| GAP * (1 + i64::try_from(index).unwrap_or(i64::MAX / GAP - 1));
    let moved = list
        .iter()
        .enumerate()
        .map(|(index, (id, position))| {
            (*id, *position, slot(if index < at { index } else { index + count }))
        })
        .filter(|(_, old, new)| old != new)
        .map(|(id, _, new)| (id, new))
        .collect();
    Ok(Placed { positions: (at..at + count).map(slot).collect(), moved })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_before_behind_first_and_last() {
        let list = [(100_001, 10), (100_002, 20)];
        let between = |after| place(&list, after, 1).unwrap().positions[0];
        assert!(between(Some(0)) < 10);
        assert_eq!(between(Some(100_001)), 15);
        assert_eq!(between(Some(-100_002)), 15);
        assert!(between(Some(-100_001)) < 10);
        assert!(between(None) > 20);
        assert_eq!(place(&list, Some(7), 1), Err(PolicyError::MissingRule(7)));
    }

    proptest! {
        /// However rules are inserted, the list reads as a plain list would.
        #[test]
        fn positions_follow_the_list(inserts in prop::collection::vec((0_usize..64, 1_usize..4), 1..60)) {
            let mut plain: Vec<u32> = Vec::new();
            let mut list: Vec<(u32, i64)> = Vec::new();
            let mut next = 100_001;
            for (at, count) in inserts {
                let at = at % (plain.len() + 1);
                let after = if at == 0 { 0 } else { i64::from(plain[at - 1]) };
                let placed = place(&list, Some(after), count).unwrap();
                for (id, position) in &placed.moved {
                    list.iter_mut().find(|(have, _)| have == id).unwrap().1 = *position;
                }
                for (n, position) in placed.positions.iter().enumerate() {
                    plain.insert(at + n, next);
                    list.push((next, *position));
                    next += 1;
                }
                list.sort_by_key(|(_, position)| *position);
                prop_assert_eq!(list.iter().map(|(id, _)| *id).collect::<Vec<_>>(), plain.clone());
                prop_assert!(list.windows(2).all(|pair| pair[0].1 < pair[1].1));
            }
        }

        #[test]
        fn a_used_up_gap_is_made_again(times in 25_usize..60) {
            let mut list = vec![(1, 0), (2, GAP)];
            for id in 3..3 + times as u32 {
                let placed = place(&list, Some(1), 1).unwrap();
                for (id, position) in &placed.moved {
                    list.iter_mut().find(|(have, _)| have == id).unwrap().1 = *position;
                }
                list.push((id, placed.positions[0]));
                list.sort_by_key(|(_, position)| *position);
                prop_assert_eq!(list[1].0, id);
            }
        }
    }
}
