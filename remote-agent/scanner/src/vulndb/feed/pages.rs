//! Interfaces that answer in pages. Each page says how many records there are in all, and one
//! of many is no feed.

use super::Sink;

/// What the pages of a source hold together. Files that are whole are one page each.
#[derive(Default)]
pub(super) struct Pages {
    records: u64,
    /// The most that one of them says, and which.
    total: u64,
    place: String,
}

impl Pages {
    /// A record, whatever is in it.
    pub(super) fn record(&mut self) {
        self.records += 1;
    }

    /// A member of a page: `totalResults` of NVD, `total` of others.
    pub(super) fn member(&mut self, place: &str, name: &str, value: &str) {
        if let ("totalResults" | "total", Ok(total)) = (name, value.parse::<u64>())
            && total > self.total
        {
            (self.total, self.place) = (total, place.to_owned());
        }
    }

    /// Tells where pages are missing, and what to do.
    pub(super) fn end(self, sink: &mut dyn Sink, advice: &str) {
        let Self { records, total, place } = self;
        if records < total {
            let reason = format!(
                "there are {records} of {total} records: {advice}all pages of the interface \
                 into one folder"
            );
            sink.cut(&place, &reason);
        }
    }
}
