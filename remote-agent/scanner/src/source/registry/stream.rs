//! The bytes of a layer, from the network to the reader.
//!
//! The download runs on the async runtime and fills a bounded channel; a
//! blocking task empties it, decompresses and reads. So at most [`IN_FLIGHT`]
//! bytes are held, whatever the layer's size. A download that breaks off goes
//! on where it broke, and the reader, which takes the digest of all that it
//! reads, notices nothing.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use super::client::RegistryClient;
use super::error::RegistryError;
use super::http::{Call, accept, shown};
use super::patience::Patience;
use crate::error::ScanError;
use crate::layer::{self, LayerContent, LayerIdentity};
use crate::scope::Scope;
use crate::source::Descriptor;
use crate::source::blocking::blocking;

/// Bytes of one layer between download and reader.
const IN_FLIGHT: u32 = 1 << 20;
/// Chunks between download and reader; a chunk is what the connection gave.
const CHUNKS: usize = 256;
/// Bytes after which a download has made progress: breaking off once more is
/// then counted anew.
const PROGRESS: u64 = 1 << 20;

/// A piece of the layer, and its share of what may be in flight.
type Chunk = (Bytes, Option<OwnedSemaphorePermit>);

/// Where a layer is fetched from.
pub(super) struct Place<'a> {
    pub(super) client: &'a RegistryClient,
    pub(super) url: &'a str,
    /// The scope of the token; none where nobody is told who asks.
    pub(super) scope: Option<&'a str>,
}

/// Downloads and reads a layer.
pub(super) async fn layer(
    place: &Place<'_>,
    layer: &Descriptor,
    scope: &Scope,
) -> Result<LayerContent, ScanError> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let identity = LayerIdentity { digest: layer.digest, size: Some(layer.size), verify: true };
    let scope = scope.clone();
    let reading = blocking(move |_| layer::read(ChannelReader::new(receiver), identity, &scope));
    let mut download = Download { place, layer, received: 0, sender };
    let feeding = async move {
        let fed = download.run().await;
        // The reader sees the end.
        drop(download);
        fed
    };
    let (fed, read) = tokio::join!(feeding, reading);
    // What broke the download broke the reading too, and is the reason.
    fed?;
    read
}

struct Download<'a> {
    place: &'a Place<'a>,
    layer: &'a Descriptor,
    received: u64,
    sender: mpsc::Sender<Chunk>,
}

impl Download<'_> {
    /// Sends the layer's bytes into the channel; ends early when nobody reads.
    async fn run(&mut self) -> Result<(), ScanError> {
        let http = self.place.client.http();
        let budget = Arc::new(Semaphore::new(IN_FLIGHT as usize));
        let mut tries = http.tries();
        loop {
            let before = self.received;
            match self.part(&budget).await {
                Err(ScanError::Registry(error)) => {
                    if self.received - before >= PROGRESS {
                        tries.progressed();
                    }
                    tries.again(error).await?;
                }
                result => return result,
            }
        }
    }

    /// One request, from where the last one broke off.
    async fn part(&mut self, budget: &Arc<Semaphore>) -> Result<(), ScanError> {
        let mut response = self.request().await?;
        let mut skip = self.to_skip(&response)?;
        let patience = &self.place.client.http().patience;
        let mut pace = Pace::default();
        loop {
            let since = Instant::now();
            let next = tokio::select! {
                next = response.chunk() => next,
                // The reader has ended, with a result or an error of its own.
                () = self.sender.closed() => return Ok(()),
            };
            let waited = since.elapsed();
            let mut chunk = match next {
                Ok(Some(chunk)) => chunk,
                Ok(None) if self.received == self.layer.size => return Ok(()),
                Ok(None) | Err(_) => return Err(self.cut_off().into()),
            };
            if !pace.keeps_up(waited, chunk.len() as u64, patience) {
                let url = shown(self.place.url);
                return Err(RegistryError::TooSlow { url, slowest: patience.slowest }.into());
            }
            let skipped = skip.min(chunk.len() as u64);
            chunk.advance(skipped as usize);
            skip -= skipped;
            if chunk.is_empty() {
                continue;
            }
            if self.received + chunk.len() as u64 > self.layer.size {
                return Err(self.wrong_size(self.received + chunk.len() as u64));
            }
            let share = u32::try_from(chunk.len()).unwrap_or(IN_FLIGHT).min(IN_FLIGHT);
            let permit = Arc::clone(budget).acquire_many_owned(share).await.ok();
            let length = chunk.len() as u64;
            if self.sender.send((chunk, permit)).await.is_err() {
                return Ok(());
            }
            self.received += length;
        }
    }

    async fn request(&self) -> Result<Response, RegistryError> {
        let mut headers = HeaderMap::new();
        if self.received > 0
            && let Ok(range) = HeaderValue::from_str(&format!("bytes={}-", self.received))
        {
            headers.insert(header::RANGE, range);
        }
        let answer = self.send(&headers).await;
        match answer {
            // A range that is not understood: all of it once more.
            Err(RegistryError::Status { status: StatusCode::RANGE_NOT_SATISFIABLE, .. })
                if self.received > 0 =>
            {
                self.send(&HeaderMap::new()).await
            }
            answer => answer,
        }
    }

    async fn send(&self, headers: &HeaderMap) -> Result<Response, RegistryError> {
        let Place { client, url, scope } = self.place;
        if let Some(scope) = scope {
            return client.once(Method::GET, url, scope, headers).await;
        }
        let call = Call { headers: headers.clone(), ..Call::get(*url) };
        accept(url, client.http().send(&call).await?).await
    }

    /// How many bytes of the answer were received before.
    fn to_skip(&self, response: &Response) -> Result<u64, ScanError> {
        if response.status() == StatusCode::PARTIAL_CONTENT {
            let start = response
                .headers()
                .get(header::CONTENT_RANGE)
                .and_then(|range| range.to_str().ok()?.strip_prefix("bytes ")?.split_once('-'))
                .and_then(|(start, _)| start.trim().parse::<u64>().ok());
            return match start {
                Some(start) if start <= self.received => Ok(self.received - start),
                Some(_) => Err(self.malformed("it sends another range than was asked for")),
                None => Err(self.malformed("it sends a range and does not tell which")),
            };
        }
        if let Some(length) = response.content_length()
            && length != self.layer.size
            && !response.headers().contains_key(header::CONTENT_ENCODING)
        {
            return Err(self.wrong_size(length));
        }
        // A registry that ignores the range sends what we have once more.
        Ok(self.received)
    }

    fn cut_off(&self) -> RegistryError {
        RegistryError::CutOff {
            url: shown(self.place.url),
            received: self.received,
            expected: self.layer.size,
        }
    }

    fn malformed(&self, reason: &str) -> ScanError {
        let url = shown(self.place.url);
        RegistryError::Malformed { url, reason: reason.to_owned() }.into()
    }

    fn wrong_size(&self, found: u64) -> ScanError {
        ScanError::SizeMismatch {
            what: "layer",
            digest: self.layer.digest,
            expected: self.layer.size,
            found,
        }
    }
}

/// The speed of a download, over the time that was spent waiting for it.
#[derive(Default)]
struct Pace {
    waited: Duration,
    received: u64,
}

impl Pace {
    /// Whether the download is fast enough to be waited for.
    fn keeps_up(&mut self, waited: Duration, received: u64, patience: &Patience) -> bool {
        self.waited += waited;
        self.received += received;
        if self.waited < patience.measure {
            return true;
        }
        let fast = self.received as f64 >= patience.slowest as f64 * self.waited.as_secs_f64();
        *self = Self::default();
        fast
    }
}

/// The reading end. Blocks until there is a chunk.
struct ChannelReader {
    receiver: mpsc::Receiver<Chunk>,
    chunk: Chunk,
}

impl ChannelReader {
    fn new(receiver: mpsc::Receiver<Chunk>) -> Self {
        Self { receiver, chunk: (Bytes::new(), None) }
    }
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.0.is_empty() {
            // Its share is free again before the next one is waited for.
            self.chunk.1 = None;
            match self.receiver.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.chunk.0.len());
        if let Some(target) = buffer.get_mut(..count) {
            self.chunk.0.copy_to_slice(target);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_waiting_counts_for_the_speed() {
        let patience =
            Patience { measure: Duration::from_secs(10), slowest: 100, ..Patience::default() };
        let second = Duration::from_secs(1);
        let mut pace = Pace::default();
        assert!((0..9).all(|_| pace.keeps_up(second, 1, &patience)));
        assert!(!pace.keeps_up(second, 1, &patience));
        let mut pace = Pace::default();
        assert!((0..100).all(|_| pace.keeps_up(second, 100, &patience)));
        let mut pace = Pace::default();
        assert!((0..1_000).all(|_| pace.keeps_up(Duration::from_millis(1), 1, &patience)));
    }
}
