//! Waiting on conditions.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

/// Long enough for anything that a healthy fleet does on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// Polls `condition` until it gives a value, for at most `within`. An error of
/// the condition counts as "not yet" and is part of the failure's text.
pub async fn until_within<T, F, Fut>(what: &str, within: Duration, mut condition: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>>>,
{
    let deadline = Instant::now() + within;
    let mut ticks = interval(Duration::from_millis(40));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    loop {
        ticks.tick().await;
        match timeout_at(deadline, condition()).await {
            Ok(Ok(Some(value))) => return Ok(value),
            Ok(Ok(None)) | Err(_) => {}
            Ok(Err(e)) => last = Some(e),
        }
        if Instant::now() >= deadline {
            let text = format!("waited {within:?} in vain: {what}");
            match last {
                Some(e) => return Err(e).context(text),
                None => bail!(text),
            }
        }
    }
}

/// [`until_within`] with the usual patience.
pub async fn until<T, F, Fut>(what: &str, condition: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>>>,
{
    until_within(what, PATIENCE, condition).await
}

/// Turns a truth into what [`until`] takes.
pub fn when(truth: bool) -> Option<()> {
    truth.then_some(())
}
