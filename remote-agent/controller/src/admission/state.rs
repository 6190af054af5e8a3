//! Whether admission control is on, and in which mode.

use std::sync::Arc;

use arc_swap::ArcSwap;
use palisade_policy::admission::Mode;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Mutex;

use super::kept::Kept;
use super::stats::AdmissionStats;
use crate::store::{Store, StoreError};

/// The setting that holds the state.
pub(crate) const SETTING: &str = "admission_state";

/// The state of admission control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmissionState {
    /// Whether requests are looked at; if not, all are admitted.
    pub enable: bool,
    /// The mode of rules that have none of their own.
    pub mode: Mode,
}

/// Why the state was not changed.
#[derive(Debug, Error)]
pub enum StateError {
    /// The mode of what is off cannot be changed.
    #[error("the mode cannot be changed while admission control is disabled")]
    Disabled,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Admission control: its state and its counts.
#[derive(Debug)]
pub struct AdmissionControl {
    store: Store,
    state: ArcSwap<AdmissionState>,
    changing: Mutex<()>,
    stats: AdmissionStats,
    kept: Kept,
}

impl AdmissionControl {
    pub(crate) async fn open(store: Store, mode: Mode) -> Result<Self, StoreError> {
        let state = match store.setting(SETTING).await? {
            Some(text) => serde_json::from_str(&text)
                .map_err(|_| StoreError::Damaged("state of admission control"))?,
            None => AdmissionState { enable: true, mode },
        };
        Ok(Self {
            store,
            state: ArcSwap::new(Arc::new(state)),
            changing: Mutex::new(()),
            stats: AdmissionStats::default(),
            kept: Kept::default(),
        })
    }

    /// The present state.
    pub fn state(&self) -> AdmissionState {
        **self.state.load()
    }

    /// Changes what is given. It is on disk and in force when this returns.
    pub async fn change(
        &self,
        enable: Option<bool>,
        mode: Option<Mode>,
    ) -> Result<AdmissionState, StateError> {
        let _one_at_a_time = self.changing.lock().await;
        let old = self.state();
        let new =
            AdmissionState { enable: enable.unwrap_or(old.enable), mode: mode.unwrap_or(old.mode) };
        if !old.enable && !new.enable && new.mode != old.mode {
            return Err(StateError::Disabled);
        }
        let text =
            serde_json::to_string(&new).map_err(|_| StoreError::Damaged("admission state"))?;
        self.store.setting_set(SETTING, &text).await?;
        self.state.store(Arc::new(new));
        Ok(new)
    }

    /// Takes back a stored state.
    pub(crate) async fn restore(&self, text: &str) -> Result<(), StoreError> {
        let state: AdmissionState = serde_json::from_str(text)
            .map_err(|_| StoreError::Damaged("state of admission control"))?;
        let _one_at_a_time = self.changing.lock().await;
        self.store.setting_set(SETTING, text).await?;
        self.state.store(Arc::new(state));
        Ok(())
    }

    /// Requests that were kept.
    pub(super) const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// How many requests were decided how.
    pub fn stats(&self) -> &AdmissionStats {
        &self.stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scratch;

    #[tokio::test]
    async fn a_change_survives_a_restart_and_the_first_mode_does_not_come_back() {
        let (_folder, store) = scratch().await;
        let control = AdmissionControl::open(store.clone(), Mode::Monitor).await.unwrap();
        assert_eq!(control.state(), AdmissionState { enable: true, mode: Mode::Monitor });
        control.change(None, Some(Mode::Protect)).await.unwrap();
        let again = AdmissionControl::open(store, Mode::Monitor).await.unwrap();
        assert_eq!(again.state().mode, Mode::Protect);
    }

    #[tokio::test]
    async fn the_mode_of_what_is_off_stays() {
        let (_folder, store) = scratch().await;
        let control = AdmissionControl::open(store, Mode::Monitor).await.unwrap();
        control.change(Some(false), None).await.unwrap();
        let refused = control.change(None, Some(Mode::Protect)).await;
        assert!(matches!(refused, Err(StateError::Disabled)));
        control.change(Some(true), Some(Mode::Protect)).await.unwrap();
    }
}
