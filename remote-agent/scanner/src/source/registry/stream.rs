//! The bytes of a layer, from the network to the reader.
//!
//! The download runs on the async runtime and fills a bounded channel; a
//! blocking task empties it, decompresses and reads. So at most the channel
//! is held, whatever the layer's size.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::sync::mpsc;
use tracing::debug;

use super::client::RegistryClient;
use super::error::RegistryError;
use crate::error::ScanError;
use crate::layer::{self, LayerContent, LayerIdentity};
use crate::limits::Limits;
use crate::source::{Descriptor, blocking};

/// Chunks between download and reader; a chunk is what the connection gave.
const CHUNKS: usize = 16;
/// Tries to go on with a download that broke off.
const TRIES: u32 = 4;

/// Downloads and reads a layer.
pub(super) async fn layer(
    client: &RegistryClient,
    url: &str,
    scope: &str,
    layer: &Descriptor,
    limits: &Limits,
) -> Result<LayerContent, ScanError> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let identity = LayerIdentity { digest: layer.digest, size: Some(layer.size), verify: true };
    let limits = limits.clone();
    let reading = blocking(move || {
        layer::read(ChannelReader { receiver, chunk: Bytes::new() }, identity, &limits)
    });
    let (fed, read) = tokio::join!(feed(client, url, scope, layer, sender), reading);
    // What broke the download broke the reading too, and is the reason.
    fed?;
    read
}

/// Sends the layer's bytes into the channel; ends early when nobody reads.
async fn feed(
    client: &RegistryClient,
    url: &str,
    scope: &str,
    layer: &Descriptor,
    sender: mpsc::Sender<Bytes>,
) -> Result<(), ScanError> {
    let mut received = 0;
    let mut attempt = 0;
    loop {
        attempt += 1;
        match part(client, url, scope, layer, &sender, &mut received).await {
            Err(ScanError::Registry(error)) if error.is_transient() && attempt < TRIES => {
                debug!(%error, received, "download of a layer goes on");
                tokio::time::sleep(RegistryError::pause(attempt)).await;
            }
            result => return result,
        }
    }
}

/// One request, from where the last one broke off.
async fn part(
    client: &RegistryClient,
    url: &str,
    scope: &str,
    layer: &Descriptor,
    sender: &mpsc::Sender<Bytes>,
    received: &mut u64,
) -> Result<(), ScanError> {
    let mut headers = HeaderMap::new();
    if *received > 0
        && let Ok(range) = HeaderValue::from_str(&format!("bytes={received}-"))
    {
        headers.insert(header::RANGE, range);
    }
    let mut response = client.get(url, scope, &headers).await?;
    // A registry that ignores the range sends what we have once more.
    let mut skip = if response.status() == StatusCode::PARTIAL_CONTENT { 0 } else { *received };
    let too_large = |found| ScanError::SizeMismatch {
        what: "layer",
        digest: layer.digest,
        expected: layer.size,
        found,
    };
    if let Some(length) = response.content_length()
        && response.status() == StatusCode::OK
        && length != layer.size
        && !response.headers().contains_key(header::CONTENT_ENCODING)
    {
        return Err(too_large(length));
    }
    loop {
        let mut chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) if *received == layer.size => return Ok(()),
            Ok(None) | Err(_) => {
                return Err(RegistryError::CutOff {
                    url: url.to_owned(),
                    received: *received,
                    expected: layer.size,
                }
                .into());
            }
        };
        let skipped = skip.min(chunk.len() as u64);
        chunk.advance(skipped as usize);
        skip -= skipped;
        if chunk.is_empty() {
            continue;
        }
        *received += chunk.len() as u64;
        if *received > layer.size {
            return Err(too_large(*received));
        }
        if sender.send(chunk).await.is_err() {
            // The reader has ended, with a result or an error of its own.
            return Ok(());
        }
    }
}

/// The reading end. Blocks until there is a chunk.
struct ChannelReader {
    receiver: mpsc::Receiver<Bytes>,
    chunk: Bytes,
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.chunk.len());
        if let Some(target) = buffer.get_mut(..count) {
            self.chunk.copy_to_slice(target);
        }
        Ok(count)
    }
}
