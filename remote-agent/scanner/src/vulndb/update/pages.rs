//! NVD's interface, which answers in pages: the first tells how many records
//! there are, and the others are asked for one by one at the pace that NVD
//! wants. Together they become one copy in the form of a page, with a record a
//! line, so that what changes later can be put into it.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use http::{HeaderName, HeaderValue, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt as _;
use url::Url;

use super::cache::{CacheError, Slot};
use super::fetch::{Client, FetchError, Fetched, Validator, network, refused, shown};

/// Bytes of a page: those of NVD have two thousand records and some megabytes.
const PAGE: u64 = 64 << 20;
/// Pages of one source.
const PAGES: u64 = 10_000;

/// How the pages behind the first are asked for.
#[derive(Clone, Debug)]
pub struct Paging {
    /// The key that NVD gives who wants to ask more often.
    pub key: Option<SecretString>,
    /// The time before each page.
    pub pause: Duration,
}

impl Paging {
    /// At the pace that NVD asks for: five requests in half a minute, and fifty
    /// of who has a key.
    pub fn with_key(key: Option<SecretString>) -> Self {
        let pause = Duration::from_millis(if key.is_some() { 600 } else { 6000 });
        Self { key, pause }
    }
}

/// The first line of a copy.
pub(super) const HEAD: &str = "{\"vulnerabilities\":[\n";

/// The end of a copy, behind the line of its last record.
pub(super) fn end(records: u64) -> String {
    format!("\n],\n\"resultsPerPage\":{records},\"totalResults\":{records}}}\n")
}

/// A record as one line: a break of lines in JSON is nothing but a space.
pub(super) fn line(record: &RawValue) -> Vec<u8> {
    let space = |byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte };
    record.get().bytes().map(space).collect()
}

/// The URL with these parameters beside or in place of its own.
pub(super) fn asking(url: &Url, parameters: &[(&str, String)]) -> Url {
    let other = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        !name.is_empty() && parameters.iter().all(|(parameter, _)| *parameter != name)
    };
    let own = url.query().unwrap_or_default().split('&').filter(other).map(str::to_owned);
    let added = parameters.iter().map(|(name, value)| format!("{name}={value}"));
    let query: Vec<String> = own.chain(added).collect();
    let mut asking = url.clone();
    asking.set_query(Some(&query.join("&")));
    asking
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a> {
    start_index: u64,
    pub(super) total_results: u64,
    timestamp: Option<String>,
    #[serde(borrow)]
    pub(super) vulnerabilities: Vec<&'a RawValue>,
}

impl Client {
    /// The copy with all pages behind it, where it is the first of several. Of
    /// a part nothing is kept.
    pub(super) async fn with_pages(
        &self,
        url: &Url,
        slot: &Slot,
        first: Fetched,
        now: DateTime<Utc>,
    ) -> Result<Fetched, FetchError> {
        // The file of a year is no page and may be large.
        if first.bytes > PAGE {
            return Ok(first);
        }
        let failed = CacheError::at(&first.path);
        let bytes = fs::read(&first.path).await.map_err(failed)?;
        match serde_json::from_slice::<Page<'_>>(&bytes) {
            Ok(page) if page.start_index == 0 && page.is_followed() => {
                let joined = self.join(url, &first, &page).await;
                if joined.is_err() {
                    slot.discard()?;
                }
                // What the server says of one page says nothing of the others.
                let validator = Validator::default();
                let complete_until = Some(page.told_at(now));
                joined.map(|bytes| Fetched { validator, bytes, complete_until, ..first })
            }
            // What is wrong with it is told by whoever reads it.
            _ => Ok(first),
        }
    }

    /// Puts the file with all pages in the place of the first; gives its size.
    async fn join(&self, url: &Url, first: &Fetched, page: &Page<'_>) -> Result<u64, FetchError> {
        let path = first.path.with_extension("pages");
        let failed = |error| FetchError::Cache(CacheError::at(&path)(error));
        let mut file = File::create(&path).await.map_err(failed)?;
        let mut records = page.vulnerabilities.len() as u64;
        let mut text = HEAD.as_bytes().to_vec();
        page.write(&mut text);
        let mut total = page.total_results;
        let mut bytes = 0;
        let mut pages = 1;
        loop {
            file.write_all(&text).await.map_err(failed)?;
            bytes += text.len() as u64;
            if records >= total {
                break;
            }
            if pages >= PAGES || bytes > self.limit {
                return Err(FetchError::TooLarge { url: shown(url), limit: self.limit });
            }
            let body = self.page(url, records).await?;
            let page = Page::read(url, records, &body)?;
            text = b",\n".to_vec();
            page.write(&mut text);
            pages += 1;
            records += page.vulnerabilities.len() as u64;
            // Records come in meanwhile.
            total = page.total_results;
        }
        let end = end(records);
        file.write_all(end.as_bytes()).await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        fs::rename(&path, &first.path).await.map_err(failed)?;
        Ok(bytes + end.len() as u64)
    }

    /// The page that begins with record `start`.
    pub(super) async fn page(&self, url: &Url, start: u64) -> Result<Vec<u8>, FetchError> {
        let at = asking(url, &[("startIndex", start.to_string())]);
        let mut failed = 0;
        loop {
            tokio::time::sleep(self.paging.pause).await;
            let error = match self.page_once(&at).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            failed += 1;
            let pause = match error {
                // What NVD answers to who asks too often.
                FetchError::Status { status: StatusCode::FORBIDDEN, .. }
                    if failed < self.patience.tries =>
                {
                    self.patience.pause(failed)
                }
                error => self.pause_after(&error, failed).ok_or(error)?,
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn page_once(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        let mut request = self.unled.get(url.clone());
        if let Some((name, value)) = self.key_for(url) {
            request = request.header(name, value);
        }
        let mut response = request.send().await.map_err(|error| network(url, error))?;
        if response.status() != StatusCode::OK {
            return Err(refused(url, &response));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| network(url, error))? {
            body.extend_from_slice(&chunk);
            if body.len() as u64 > PAGE {
                return Err(FetchError::TooLarge { url: shown(url), limit: PAGE });
            }
        }
        Ok(body)
    }

    /// The key, which goes over TLS alone.
    fn key_for(&self, url: &Url) -> Option<(HeaderName, HeaderValue)> {
        let key = self.paging.key.as_ref().filter(|_| url.scheme() == "https")?;
        let mut value = HeaderValue::from_str(key.expose_secret().trim()).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_static("apikey"), value))
    }
}

impl<'a> Page<'a> {
    /// The page that begins with record `from`.
    pub(super) fn read(url: &Url, from: u64, body: &'a [u8]) -> Result<Self, FetchError> {
        let malformed = |reason| FetchError::Page { url: shown(url), from, reason };
        let page: Self =
            serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
        let missing = page.vulnerabilities.is_empty() && from < page.total_results;
        if page.start_index != from || missing {
            let (start, found) = (page.start_index, page.vulnerabilities.len());
            return Err(malformed(format!("it has {found} records from {start} on")));
        }
        Ok(page)
    }

    /// When the server told this, by its own clock where that is not ahead.
    pub(super) fn told_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let text = self.timestamp.as_deref().unwrap_or_default().trim_end_matches('Z');
        let told = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f");
        told.map_or(now, |told| told.and_utc().min(now))
    }

    /// Whether there are more records than in it.
    fn is_followed(&self) -> bool {
        !self.vulnerabilities.is_empty() && (self.vulnerabilities.len() as u64) < self.total_results
    }

    /// Writes the records as elements of an array.
    fn write(&self, text: &mut Vec<u8>) {
        for (at, record) in self.vulnerabilities.iter().enumerate() {
            if at > 0 {
                text.extend_from_slice(b",\n");
            }
            text.append(&mut line(record));
        }
    }
}
