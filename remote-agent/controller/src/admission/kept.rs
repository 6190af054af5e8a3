//! Requests that are kept, so that rules can be tried on them before they are
//! in force. What is asked again and again is kept once a day.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use palisade_api::rest::event::{category, level, name};
use palisade_policy::admission::reviewed::Reviewed;
use palisade_policy::admission::{Decision, Workload};

use crate::Controller;
use crate::store::NewEvent;

/// Different requests of a day that are remembered. Beyond them some are kept
/// twice, which the primary notices.
const REMEMBERED: usize = 16_384;

/// What was kept today.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<(NaiveDate, HashSet<u64>)>);

impl Kept {
    fn lock(&self) -> MutexGuard<'_, (NaiveDate, HashSet<u64>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this was not kept yet today.
    fn is_new(&self, today: NaiveDate, text: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let mut kept = self.lock();
        if kept.0 != today || kept.1.len() >= REMEMBERED {
            *kept = (today, HashSet::new());
        }
        kept.1.insert(hasher.finish())
    }
}

/// Keeps a request. It is not waited for: a decision does not depend on it.
pub(super) fn keep(controller: &Controller, workload: &Workload, decision: &Decision) {
    let Some(reviewed) = Reviewed::new(workload, decision) else { return };
    let now = controller.clock().now();
    let detail = match serde_json::to_vec(&reviewed) {
        Ok(detail) => detail,
        Err(error) => return lost(&error),
    };
    if !controller.admission().kept().is_new(now.date_naive(), &detail) {
        return;
    }
    let event = NewEvent {
        at_ms: now.timestamp_millis(),
        name: name::ADMISSION_REVIEWED.to_owned(),
        level: level::INFO.to_owned(),
        category: category::REVIEW.to_owned(),
        detail,
    };
    if let Err(error) = controller.recorder().note(event) {
        lost(&error);
    }
}

fn lost(error: &dyn std::error::Error) {
    metrics::counter!("palisade_agent_reviews_lost_total").increment(1);
    tracing::warn!(%error, "an admission request is not kept for trials of rules");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_kept_once_a_day() {
        let kept = Kept::default();
        let day = |n| NaiveDate::from_ymd_opt(2026, 1, n).unwrap();
        for (today, text, is_new) in
            [(1, "a", true), (1, "a", false), (1, "b", true), (2, "a", true), (2, "a", false)]
        {
            assert_eq!(kept.is_new(day(today), text.as_bytes()), is_new, "{today} {text}");
        }
        for n in 0..2 * REMEMBERED {
            kept.is_new(day(3), &n.to_be_bytes());
        }
        assert!(kept.lock().1.len() <= REMEMBERED);
    }
}
