//! A line on the terminal that tells what goes on.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(120);
const WHEEL: [char; 4] = ['|', '/', '-', '\\'];
/// Ends the line's text, wherever the last one ended.
const ERASE: &str = "\x1b[K";

/// Nothing where nobody looks.
pub(super) struct Progress(Option<Shown>);

struct Shown {
    stages: Sender<&'static str>,
    thread: JoinHandle<()>,
}

impl Progress {
    /// Begins to show, unless standard error is no terminal or `quiet`.
    pub(super) fn start(quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let (stages, told) = channel();
        let thread = std::thread::spawn(move || {
            let begin = Instant::now();
            let mut stage = "starting";
            for turn in WHEEL.iter().cycle() {
                let seconds = begin.elapsed().as_secs();
                // A terminal that is gone is no reason to stop.
                let _ = write!(std::io::stderr(), "\r{turn} {stage} {seconds} s{ERASE}");
                match told.recv_timeout(TICK) {
                    Ok(next) => stage = next,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            let _ = write!(std::io::stderr(), "\r{ERASE}");
        });
        Self(Some(Shown { stages, thread }))
    }

    /// Tells what goes on now.
    pub(super) fn stage(&self, stage: &'static str) {
        if let Some(shown) = &self.0 {
            // It ends only with this.
            let _ = shown.stages.send(stage);
        }
    }

    /// Takes the line away.
    pub(super) fn end(self) {
        if let Some(Shown { stages, thread }) = self.0 {
            drop(stages);
            let _ = thread.join();
        }
    }
}
