//! Writing events: many requests share one commit, and a request goes on only
//! when its event is on disk.

mod recorder;

use chrono::{DateTime, SecondsFormat};

pub use recorder::{RecordError, Recorder, RecorderTask};

/// Unix milliseconds as RFC 3339 text in UTC without a fraction.
pub fn rfc3339(at_ms: i64) -> String {
    DateTime::from_timestamp_millis(at_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}
