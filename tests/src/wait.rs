//! Waiting on conditions.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

/// Long enough for anything that a healthy fleet does on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// An error after which waiting makes no sense.
#[derive(Debug)]
pub struct Hopeless(pub String);

impl std::fmt::Display for Hopeless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Hopeless {}

/// Polls `condition` until it gives a value, for at most `within`. An error of
/// the condition counts as "not yet" and is part of the failure's text, unless
/// it is [`Hopeless`].
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
            Ok(Err(e)) if e.is::<Hopeless>() => return Err(e).context(format!("in vain: {what}")),
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
