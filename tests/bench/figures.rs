//! The results: a table for people, JSON for machines.

use std::time::Duration;

use anyhow::Result;
use palisade_tests::vulndb::repository;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Figure>);

impl Figures {
    /// Adds a figure and shows it.
    pub(crate) fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        let figure = Figure { name: name.into(), value: (value * 1000.0).round() / 1000.0, unit };
        println!("{:>32} {:>14.3} {}", figure.name, figure.value, figure.unit);
        self.0.push(figure);
    }

    /// Prints the table and writes `bench/results.json`.
    pub(crate) fn publish(&self) -> Result<()> {
        let folder = repository()?.join("bench");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("results.json");
        std::fs::write(&file, serde_json::to_string_pretty(&self.0)? + "\n")?;
        println!("\n{:<32} {:>14} unit", "name", "value");
        for figure in &self.0 {
            println!("{:<32} {:>14.3} {}", figure.name, figure.value, figure.unit);
        }
        println!("\nwritten to {}", file.display());
        Ok(())
    }
}

/// The value below which `share` of the samples lie.
pub(crate) fn percentile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort_unstable();
    let rank = (samples.len() as f64 * share).ceil() as usize;
    samples.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// Milliseconds with their fraction.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
