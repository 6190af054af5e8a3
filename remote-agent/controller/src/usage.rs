//! What this process uses of its machine, measured every few seconds.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_api::rest::controller::{Metry, Stats};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::Controller;

/// Between two measurements.
const INTERVAL: Duration = Duration::from_secs(5);
/// Intervals of the longest time that is told of.
const LONGEST: usize = 60;
/// Ticks a second in which Linux tells times of processes, everywhere.
const TICKS: f64 = 100.0;

/// The last measurements, oldest first, and the one at the start.
#[derive(Debug)]
pub(crate) struct Usage {
    processors: f64,
    samples: Mutex<Samples>,
}

#[derive(Debug, Default)]
struct Samples {
    first: Option<Sample>,
    last: VecDeque<Sample>,
}

/// How much there was at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    at: Instant,
    /// Seconds of processors since the process began.
    cpu: f64,
    memory: u64,
}

impl Default for Usage {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { processors: processors as f64, samples: Mutex::default() }
    }
}

impl Usage {
    fn samples(&self) -> MutexGuard<'_, Samples> {
        // Each change of it is whole.
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, sample: Sample) {
        let mut samples = self.samples();
        samples.first.get_or_insert(sample);
        if samples.last.len() > LONGEST {
            samples.last.pop_front();
        }
        samples.last.push_back(sample);
    }

    /// What is used now, and was over several times.
    pub(crate) fn stats(&self) -> Stats {
        if let Some(sample) = sample(Instant::now()) {
            self.add_if_none(sample);
        }
        let samples = self.samples();
        let Some(newest) = samples.last.back().copied() else { return Stats::default() };
        let since = |first: Option<Sample>| {
            let first = first.unwrap_or(newest);
            let seconds = (newest.at - first.at).as_secs_f64() * self.processors;
            let cpu = if seconds > 0.0 { (newest.cpu - first.cpu) / seconds } else { 0.0 };
            Metry { cpu, memory: newest.memory, ..Metry::default() }
        };
        let span = |intervals: usize| {
            let at = samples.last.len().saturating_sub(intervals + 1);
            since(samples.last.get(at).copied())
        };
        Stats {
            interval: INTERVAL.as_secs() as u32,
            total: since(samples.first),
            span_1: span(1),
            span_12: span(12),
            span_60: span(LONGEST),
        }
    }

    fn add_if_none(&self, sample: Sample) {
        if self.samples().last.is_empty() {
            self.add(sample);
        }
    }
}

/// Measures until `stop`.
pub(crate) async fn watch_usage(controller: Controller, stop: CancellationToken) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Some(sample) = sample(Instant::now()) {
            controller.usage().add(sample);
        }
    }
}

/// What the process has used; none where the kernel does not tell.
fn sample(at: Instant) -> Option<Sample> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(Sample { at, cpu: cpu_of(&stat)?, memory: memory_of(&status)? })
}

/// Seconds of processors by `/proc/*/stat`. The name of the process, which may hold
/// anything, stands in brackets.
fn cpu_of(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    // The fields 14 and 15 of all, of which two stand before.
    let mut ticks = rest.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some((user + system) as f64 / TICKS)
}

/// Bytes in memory by `/proc/*/status`.
fn memory_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_tells_is_read() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1 2";
        assert_eq!(cpu_of(stat), Some(3.0));
        assert_eq!(memory_of("VmHWM:\t  9 kB\nVmRSS:\t  25 kB\nx: y"), Some(25 << 10));
        assert_eq!(memory_of("VmRSS:\t  x kB"), None);
        for broken in ["", "7 a S 1", "7 (a) S 1 2"] {
            assert_eq!(cpu_of(broken), None, "{broken}");
        }
        let own = sample(Instant::now()).unwrap();
        assert!(own.memory > 1 << 20, "{own:?}");
    }

    #[test]
    fn each_time_has_its_own_mean() {
        let usage = Usage { processors: 2.0, samples: Mutex::default() };
        let start = Instant::now();
        let mut cpu = 0.0;
        for n in 0..=200_u32 {
            // Nothing at first, then one of both processors.
            cpu += if n > 195 { 5.0 } else { 0.0 };
            usage.add(Sample { at: start + INTERVAL * n, cpu, memory: u64::from(n) });
        }
        let stats = usage.stats();
        let near = |metry: Metry, cpu: f64| (metry.cpu - cpu).abs() < 1e-9 && metry.memory == 200;
        assert!(near(stats.span_1, 0.5), "{stats:?}");
        assert!(near(stats.span_12, 0.5 * 5.0 / 12.0), "{stats:?}");
        assert!(near(stats.span_60, 0.5 * 5.0 / 60.0), "{stats:?}");
        assert!(near(stats.total, 0.5 * 5.0 / 200.0), "{stats:?}");
    }

    #[test]
    fn before_the_first_measurement_there_is_one() {
        let stats = Usage::default().stats();
        assert!(stats.span_1.memory > 0 && stats.total.cpu.abs() < 1e-9, "{stats:?}");
    }
}
