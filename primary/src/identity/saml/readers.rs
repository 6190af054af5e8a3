//! Turns to read the messages of providers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::SamlError;
use crate::identity::sso::SsoError;

/// How long a message waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Messages that wait for each that is read: they are held in memory, whoever sent them.
const MAX_WAITING_EACH: usize = 16;

/// Messages are read away from everything else: it is work of the processor, bounded by the
/// size of messages, and a few are read at once.
#[derive(Debug)]
pub(in crate::identity) struct Readers {
    places: Semaphore,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// So many messages are read at once.
    pub(in crate::identity) fn new(parallel: usize) -> Self {
        Self {
            places: Semaphore::new(parallel * (1 + MAX_WAITING_EACH)),
            turns: Arc::new(Semaphore::new(parallel)),
        }
    }

    /// Reads a message once it is its turn. The turn is kept until the work is done, even
    /// when who sent the message does not wait for it.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> Result<T, SamlError> + Send + 'static,
    ) -> Result<T, SsoError> {
        let _place = self.places.try_acquire().map_err(|_| SsoError::Busy)?;
        let turn = tokio::time::timeout(MAX_WAIT, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| SsoError::Busy)?
            .map_err(|_| SsoError::Busy)?;
        let work = tokio::task::spawn_blocking(move || {
            let outcome = read();
            drop(turn);
            outcome
        });
        let outcome = work.await.map_err(|error| SsoError::Unproven(error.to_string()))?;
        outcome.map_err(SsoError::from)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn who_finds_no_place_to_wait_is_refused_at_once() {
        let readers = Readers::new(1);
        let (go, wait) = std::sync::mpsc::channel();
        let read = readers.read(move || Ok(wait.recv().is_ok()));
        let waiting = join_all((0..MAX_WAITING_EACH).map(|_| readers.read(|| Ok(()))));
        let late = async {
            let outcome = readers.read(|| Ok(())).await;
            go.send(()).unwrap();
            outcome
        };
        let (read, waiting, late) = tokio::join!(biased; read, waiting, late);
        assert!(read.unwrap());
        assert!(waiting.iter().all(Result::is_ok));
        assert!(matches!(late, Err(SsoError::Busy)), "{late:?}");
        assert!(readers.read(|| Ok(())).await.is_ok());
    }
}
