//! What is scanned, and how far its scan is. Pure.

use std::collections::BTreeMap;

use palisade_api::rest::scan::{ScanBrief, ScanConfig, ScanConfigChange};

/// A kind of what is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssetKind {
    /// A node.
    Host,
    /// A container.
    Workload,
    /// The platform; there is one.
    Platform,
}

impl AssetKind {
    /// Its name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Workload => "workload",
            Self::Platform => "platform",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Host, Self::Workload, Self::Platform].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One of them.
pub type AssetKey = (AssetKind, String);

/// How far a scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nobody asked for it.
    #[default]
    Idle,
    /// It waits.
    Scheduled,
    /// It is under way.
    Scanning,
    /// It is done.
    Finished,
    /// It failed.
    Failed,
}

impl Phase {
    /// The word of the REST API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "",
            Self::Scheduled => "scheduled",
            Self::Scanning => "scanning",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }
}

/// Tries of a scan before it has failed for good.
const TRIES: u32 = 5;

/// What is known of the scan of one asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asset {
    phase: Phase,
    /// Of the last scan that was done.
    brief: ScanBrief,
    tries: u32,
}

/// All assets.
#[derive(Clone, Debug, Default)]
pub(super) struct Assets {
    all: BTreeMap<AssetKey, Asset>,
    /// Scans that were asked for, in that order.
    queue: Vec<AssetKey>,
}

impl Assets {
    /// Knows of `key` from now on.
    pub(super) fn add(&mut self, key: AssetKey) {
        self.all.entry(key).or_default();
    }

    /// `key` is gone.
    pub(super) fn remove(&mut self, key: &AssetKey) {
        self.all.remove(key);
        self.queue.retain(|waiting| waiting != key);
    }

    pub(super) fn contains(&self, key: &AssetKey) -> bool {
        self.all.contains_key(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &AssetKey> {
        self.all.keys()
    }

    /// Asks for a scan of `key`; false where it is unknown. One that waits or
    /// is under way is not doubled.
    pub(super) fn schedule(&mut self, key: &AssetKey) -> bool {
        let Some(asset) = self.all.get_mut(key) else { return false };
        if !matches!(asset.phase, Phase::Scheduled | Phase::Scanning) {
            asset.phase = Phase::Scheduled;
            asset.tries = 0;
            self.queue.push(key.clone());
        }
        true
    }

    /// Asks for the first scan of each that `config` lets be scanned unasked.
    pub(super) fn schedule_new(&mut self, config: ScanConfig) {
        let wanted = |kind| match kind {
            AssetKind::Host => config.enable_auto_scan_host,
            AssetKind::Workload => config.enable_auto_scan_workload,
            AssetKind::Platform => config.enable_auto_scan_host || config.enable_auto_scan_workload,
        };
        let idle = self.all.iter().filter(|(key, a)| a.phase == Phase::Idle && wanted(key.0));
        let new: Vec<AssetKey> = idle.map(|(key, _)| key.clone()).collect();
        for key in new {
            self.schedule(&key);
        }
    }

    /// The next scan, which is under way from now on.
    pub(super) fn take(&mut self) -> Option<AssetKey> {
        if self.queue.is_empty() {
            return None;
        }
        let key = self.queue.remove(0);
        if let Some(asset) = self.all.get_mut(&key) {
            asset.phase = Phase::Scanning;
            asset.tries += 1;
        }
        Some(key)
    }

    /// A scan or a look at what was read is done.
    pub(super) fn finished(&mut self, key: &AssetKey, brief: ScanBrief) {
        if let Some(asset) = self.all.get_mut(key) {
            // A scan that waits, or is under way, goes on.
            if matches!(asset.phase, Phase::Idle | Phase::Finished | Phase::Failed) {
                asset.phase = Phase::Finished;
            }
            asset.brief = brief;
        }
    }

    /// The scan that was under way is done.
    pub(super) fn scanned(&mut self, key: &AssetKey, brief: ScanBrief) {
        if let Some(asset) = self.all.get_mut(key) {
            *asset = Asset { phase: Phase::Finished, brief, tries: 0 };
        }
    }

    /// The scan that was under way failed. True where it is tried again.
    pub(super) fn failed(&mut self, key: &AssetKey, result: &str, transient: bool) -> bool {
        let Some(asset) = self.all.get_mut(key) else { return false };
        let again = transient && asset.tries < TRIES;
        result.clone_into(&mut asset.brief.result);
        if again {
            asset.phase = Phase::Scheduled;
            self.queue.push(key.clone());
        } else {
            asset.phase = Phase::Failed;
        }
        again
    }

    /// The summary with its state.
    pub(super) fn brief(&self, key: &AssetKey) -> Option<ScanBrief> {
        let asset = self.all.get(key)?;
        Some(ScanBrief { status: asset.phase.as_str().to_owned(), ..asset.brief.clone() })
    }

    /// How many are in `phase`.
    pub(super) fn count(&self, phase: Phase) -> i64 {
        self.all.values().filter(|asset| asset.phase == phase).count() as i64
    }
}

/// The settings after a change: the old switch sets both, and tells both.
pub(super) fn changed(config: ScanConfig, change: ScanConfigChange) -> ScanConfig {
    let of = |own: Option<bool>, before| own.or(change.auto_scan).unwrap_or(before);
    let workload = of(change.enable_auto_scan_workload, config.enable_auto_scan_workload);
    let host = of(change.enable_auto_scan_host, config.enable_auto_scan_host);
    ScanConfig {
        auto_scan: workload && host,
        enable_auto_scan_workload: workload,
        enable_auto_scan_host: host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> AssetKey {
        (AssetKind::Workload, id.to_owned())
    }

    fn status(assets: &Assets, id: &str) -> String {
        assets.brief(&key(id)).unwrap().status
    }

    #[test]
    fn a_scan_is_asked_for_once_and_tried_again() {
        let mut assets = Assets::default();
        assert!(!assets.schedule(&key("a")));
        assets.add(key("a"));
        assert_eq!(status(&assets, "a"), "");
        assert!(assets.schedule(&key("a")) && assets.schedule(&key("a")));
        assert_eq!(assets.take(), Some(key("a")));
        assert_eq!(assets.take(), None);
        assert_eq!(status(&assets, "a"), "scanning");
        for _ in 1..TRIES {
            assert!(assets.failed(&key("a"), "timeout", true));
            assert_eq!(assets.take(), Some(key("a")));
        }
        assert!(!assets.failed(&key("a"), "timeout", true));
        assert_eq!((status(&assets, "a").as_str(), assets.count(Phase::Failed)), ("failed", 1));
        // Whoever asks again starts over; a look meanwhile does not end it.
        assets.schedule(&key("a"));
        assets.finished(&key("a"), ScanBrief { high: 1, ..ScanBrief::default() });
        assert_eq!(status(&assets, "a"), "scheduled");
        assets.take();
        assets.scanned(&key("a"), ScanBrief { high: 2, ..ScanBrief::default() });
        assert_eq!((status(&assets, "a").as_str(), assets.count(Phase::Finished)), ("finished", 1));
        assets.schedule(&key("a"));
        assets.remove(&key("a"));
        assert_eq!(assets.take(), None);
    }

    #[test]
    fn only_what_is_new_and_wanted_is_scanned_unasked() {
        let mut assets = Assets::default();
        assets.add(key("a"));
        assets.add((AssetKind::Host, "h".to_owned()));
        assets.schedule_new(ScanConfig::default());
        assert_eq!(assets.take(), None);
        let config = ScanConfig { enable_auto_scan_host: true, ..ScanConfig::default() };
        assets.schedule_new(config);
        assert_eq!(assets.take().unwrap().0, AssetKind::Host);
        assets.schedule_new(config);
        assert_eq!(assets.take(), None);
    }

    #[test]
    fn the_old_switch_stands_for_both() {
        let change = |auto_scan, workload, host| ScanConfigChange {
            auto_scan,
            enable_auto_scan_workload: workload,
            enable_auto_scan_host: host,
        };
        let off = ScanConfig::default();
        for (change, expected) in [
            (change(Some(true), None, None), (true, true, true)),
            (change(None, Some(true), None), (false, true, false)),
            (change(None, Some(true), Some(true)), (true, true, true)),
            (change(Some(true), None, Some(false)), (false, true, false)),
            (change(None, None, None), (false, false, false)),
        ] {
            let config = changed(off, change);
            let found =
                (config.auto_scan, config.enable_auto_scan_workload, config.enable_auto_scan_host);
            assert_eq!(found, expected, "{change:?}");
        }
    }
}
