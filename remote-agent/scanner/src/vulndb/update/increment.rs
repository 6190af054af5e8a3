//! What NVD changed since the copy at hand: asked for by time, and put into the copy. That is
//! two requests a night instead of one for each of its pages.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use http::StatusCode;
use serde::Deserialize;
use tokio::task::spawn_blocking;
use tracing::info;
use url::Url;

use super::cache::{CacheError, Slot};
use super::fetch::{Answer, Client, FetchError, Fetched, Validator};
use super::pages::{HEAD, Page, asking, end, line};

/// The longest time about which NVD may be asked.
const LONGEST: TimeDelta = TimeDelta::days(120);
/// A record may show a while after the time that it names as its own.
const OVERLAP: TimeDelta = TimeDelta::hours(2);
/// Bytes of changes that are held. Where there are more, all pages are as well.
const CHANGES: usize = 128 << 20;
/// The parameters by which NVD is asked for what changed.
const FROM: &str = "lastModStartDate";
const TO: &str = "lastModEndDate";

/// Records by their names, each as one line.
type Changes = BTreeMap<String, Vec<u8>>;

impl Client {
    /// NVD's records: what changed where the copy in `slot` is young enough, else all.
    pub(super) async fn fetch_nvd(
        &self,
        url: &Url,
        slot: &Slot,
        now: DateTime<Utc>,
    ) -> Result<Answer, FetchError> {
        match self.renew(url, slot, now).await {
            Ok(Some(answer)) => return Ok(answer),
            // Whoever answers in the form of NVD need not know times.
            Ok(None)
            | Err(FetchError::Status {
                status: StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND,
                ..
            }) => {}
            Err(error) => return Err(error),
        }
        match self.fetch(url, slot).await? {
            Answer::New(first) => self.with_pages(url, slot, first, now).await.map(Answer::New),
            answer => Ok(answer),
        }
    }

    /// The copy with what changed since; none where it has to be fetched anew.
    async fn renew(
        &self,
        url: &Url,
        slot: &Slot,
        now: DateTime<Utc>,
    ) -> Result<Option<Answer>, FetchError> {
        let state = slot.state().filter(|state| state.url == url.as_str());
        let Some(until) = state.and_then(|state| state.complete_until) else { return Ok(None) };
        let since = until - OVERLAP;
        if now <= since || now - since > LONGEST {
            return Ok(None);
        }
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let window = asking(url, &[(FROM, time(since)), (TO, time(now))]);
        let Some((changes, told_at)) = self.changes(&window, now).await? else { return Ok(None) };
        slot.begin(&Validator::default())?;
        let answer = self.put_into_copy(url, slot, changes, told_at).await;
        if !matches!(answer, Ok(Some(Answer::Renewed(..)))) {
            slot.discard()?;
        }
        answer
    }

    /// The copy with these changes; none where it is not all then.
    async fn put_into_copy(
        &self,
        url: &Url,
        slot: &Slot,
        changes: Changes,
        told_at: DateTime<Utc>,
    ) -> Result<Option<Answer>, FetchError> {
        let (copy, path) = (slot.copy(), slot.incoming());
        let to = path.clone();
        let merging = spawn_blocking(move || merge(&copy, &to, changes)).await;
        let merged = merging.unwrap_or_else(|error| Err(io::Error::other(error)));
        let Some(merged) = merged.map_err(CacheError::at(&path))? else { return Ok(None) };
        // No window of time tells what is gone, or is no longer among what the URL selects.
        let body = self.page(&asking(url, &[("resultsPerPage", "1".to_owned())]), 0).await?;
        let total = Page::read(url, 0, &body)?.total_results;
        if merged.records != total {
            info!(merged.records, total, "records of NVD are missing or too many: all are fetched");
            return Ok(None);
        }
        if merged.renewed == 0 {
            return Ok(Some(Answer::Unchanged));
        }
        let fetched = Fetched {
            path,
            url: url.to_string(),
            validator: Validator::default(),
            bytes: merged.bytes,
            complete_until: Some(told_at),
        };
        Ok(Some(Answer::Renewed(fetched, merged.renewed)))
    }

    /// All records of a window of time, and when they were told; none where they are too many.
    async fn changes(
        &self,
        url: &Url,
        now: DateTime<Utc>,
    ) -> Result<Option<(Changes, DateTime<Utc>)>, FetchError> {
        let mut changes = Changes::new();
        let mut told_at = None;
        let (mut records, mut bytes) = (0, 0);
        loop {
            let body = self.page(url, records).await?;
            let page = Page::read(url, records, &body)?;
            let told_at = *told_at.get_or_insert(page.told_at(now));
            bytes += body.len();
            if bytes > CHANGES {
                return Ok(None);
            }
            for record in &page.vulnerabilities {
                let line = line(record);
                if let Some(name) = name(&line) {
                    changes.insert(name, line);
                }
            }
            records += page.vulnerabilities.len() as u64;
            if records >= page.total_results {
                return Ok(Some((changes, told_at)));
            }
        }
    }
}

/// What became of a copy.
#[derive(Debug, Default, PartialEq, Eq)]
struct Merged {
    records: u64,
    renewed: u64,
    bytes: u64,
}

/// Writes the copy with these records in the places of the old ones, and new ones at its end,
/// so that what is the same stays the same bytes. None where the copy has another form.
fn merge(copy: &Path, to: &Path, mut changes: Changes) -> io::Result<Option<Merged>> {
    let mut copy = BufReader::with_capacity(1 << 20, File::open(copy)?);
    let mut line = Vec::new();
    copy.read_until(b'\n', &mut line)?;
    if line != HEAD.as_bytes() {
        return Ok(None);
    }
    let mut to = Lines::begin(File::create(to)?)?;
    let mut renewed = 0;
    let mut names = HashSet::new();
    loop {
        line.clear();
        copy.read_until(b'\n', &mut line)?;
        let record = line.trim_ascii_end();
        let record = record.strip_suffix(b",").unwrap_or(record);
        match record {
            b"" => return Ok(None),
            b"]" => break,
            record => {
                let name = name(record);
                let change = name.as_ref().and_then(|name| changes.remove(name));
                let renews = change.as_deref().is_some_and(|change| change != record);
                // Pages that moved on while they were fetched repeat records.
                if name.is_none_or(|name| names.insert(name)) {
                    renewed += u64::from(renews);
                    to.record(change.as_deref().unwrap_or(record))?;
                }
            }
        }
    }
    renewed += changes.len() as u64;
    for change in changes.values() {
        to.record(change)?;
    }
    to.finish(renewed).map(Some)
}

/// A copy that is written.
struct Lines {
    to: BufWriter<File>,
    records: u64,
    bytes: u64,
}

impl Lines {
    fn begin(to: File) -> io::Result<Self> {
        let mut to = BufWriter::with_capacity(1 << 20, to);
        to.write_all(HEAD.as_bytes())?;
        Ok(Self { to, records: 0, bytes: HEAD.len() as u64 })
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.bytes += text.len() as u64;
        self.to.write_all(text)
    }

    fn record(&mut self, record: &[u8]) -> io::Result<()> {
        if self.records > 0 {
            self.write(b",\n")?;
        }
        self.records += 1;
        self.write(record)
    }

    fn finish(mut self, renewed: u64) -> io::Result<Merged> {
        self.write(end(self.records).as_bytes())?;
        self.to.flush()?;
        self.to.get_ref().sync_all()?;
        Ok(Merged { records: self.records, renewed, bytes: self.bytes })
    }
}

/// The name of a record: `{"cve": {"id": …}}`.
fn name(record: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Record {
        cve: Cve,
    }
    #[derive(Deserialize)]
    struct Cve {
        id: String,
    }
    serde_json::from_slice::<Record>(record).ok().map(|record| record.cve.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, text: &str) -> Vec<u8> {
        format!("{{\"cve\":{{\"id\":\"{name}\",\"text\":\"{text}\"}}}}").into_bytes()
    }

    fn write(path: &Path, records: &[Vec<u8>]) {
        let mut lines = Lines::begin(File::create(path).unwrap()).unwrap();
        for record in records {
            lines.record(record).unwrap();
        }
        lines.finish(0).unwrap();
    }

    #[test]
    fn changes_take_the_places_of_what_they_change() {
        let folder = tempfile::tempdir().unwrap();
        let [copy, to] = ["copy", "to"].map(|name| folder.path().join(name));
        let [one, two] = ["CVE-2024-1", "CVE-2024-2"].map(|name| record(name, "old"));
        write(&copy, &[one.clone(), two.clone(), one.clone()]);
        let changes: [(&str, &[_], &[_], u64); 4] = [
            ("nothing", &[], &[one.clone(), two.clone()], 0),
            ("the same", &[("CVE-2024-1", "old")], &[one.clone(), two.clone()], 0),
            (
                "another text",
                &[("CVE-2024-1", "new")],
                &[record("CVE-2024-1", "new"), two.clone()],
                1,
            ),
            (
                "new ones",
                &[("CVE-2024-9", "new"), ("CVE-2024-3", "new")],
                &[one, two, record("CVE-2024-3", "new"), record("CVE-2024-9", "new")],
                2,
            ),
        ];
        for (case, changed, expected, renewed) in changes {
            let changes =
                changed.iter().map(|(name, text)| ((*name).to_owned(), record(name, text)));
            let merged = merge(&copy, &to, changes.collect()).unwrap().unwrap();
            let written = std::fs::read(&to).unwrap();
            let (records, bytes) = (expected.len() as u64, written.len() as u64);
            assert_eq!(merged, Merged { records, renewed, bytes }, "{case}");
            let expected_file = folder.path().join("expected");
            write(&expected_file, expected);
            assert_eq!(written, std::fs::read(&expected_file).unwrap(), "{case}");
        }
    }

    #[test]
    fn a_copy_of_another_form_is_fetched_anew() {
        let folder = tempfile::tempdir().unwrap();
        let [copy, to] = ["copy", "to"].map(|name| folder.path().join(name));
        for text in ["{\"vulnerabilities\":[]}", "", HEAD, "{\"vulnerabilities\":[\n{}\n"] {
            std::fs::write(&copy, text).unwrap();
            assert_eq!(merge(&copy, &to, Changes::new()).unwrap(), None, "{text}");
        }
    }
}
