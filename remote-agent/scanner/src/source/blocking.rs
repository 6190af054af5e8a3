//! Blocking work that ends when nobody waits for it any more.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::ScanError;

/// Whether somebody still waits for the result.
#[derive(Clone, Debug)]
pub(super) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// What somebody waits for to its end.
    pub(super) fn always() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// Fails when nobody waits any more.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) { Ok(()) } else { Err(io::Error::other("cancelled")) }
    }

    /// `inner`, as long as somebody waits.
    pub(super) fn reader<R: Read>(&self, inner: R) -> impl Read + use<R> {
        WantedReader { wanted: self.clone(), inner }
    }
}

struct WantedReader<R> {
    wanted: Wanted,
    inner: R,
}

impl<R: Read> Read for WantedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wanted.check()?;
        self.inner.read(buffer)
    }
}

/// Says at its end that nobody waits.
struct Waiting(Wanted);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}

/// Runs blocking work; it is told when the caller goes away.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&Wanted) -> Result<T, ScanError> + Send + 'static,
) -> Result<T, ScanError> {
    let waiting = Waiting(Wanted::always());
    let wanted = waiting.0.clone();
    tokio::task::spawn_blocking(move || work(&wanted)).await?
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_fault_of_the_program_is_no_end_by_somebody() {
        let broken = blocking::<()>(|_| panic!("this is expected")).await;
        assert!(matches!(broken, Err(ScanError::BrokeOff)), "{broken:?}");
    }

    #[tokio::test]
    async fn work_ends_when_its_caller_does() {
        let (ended, mut end) = tokio::sync::mpsc::channel(1);
        let work = blocking(move |wanted| {
            let error = io::copy(&mut wanted.reader(io::repeat(0)), &mut io::sink()).unwrap_err();
            ended.blocking_send(error.to_string()).unwrap();
            Ok(())
        });
        tokio::time::timeout(Duration::from_millis(20), work).await.unwrap_err();
        let error = tokio::time::timeout(Duration::from_secs(10), end.recv()).await.unwrap();
        assert_eq!(error.as_deref(), Some("cancelled"));
    }
}
