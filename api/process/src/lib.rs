//! What every program of ours has as a process: its command line with a file
//! behind it ([`command_line`]), settings from flags, variables and that file
//! ([`layers`]), the owner of its tasks ([`shutdown`]), logs and metrics
//! ([`telemetry`]), and the machine that it runs on ([`host`]).

pub mod command_line;
pub mod host;
pub mod layers;
pub mod shutdown;
pub mod telemetry;

use std::error::Error;

/// An error with its causes, each said once: many errors tell their cause
/// themselves.
pub fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    enum Failure {
        #[error("it is a folder")]
        Folder,
        #[error("a.tar: {source}")]
        File { source: Box<Failure> },
        #[error("cannot scan a.tar")]
        Scan { source: Box<Failure> },
    }

    #[test]
    fn a_cause_is_told_once() {
        let file = Failure::File { source: Box::new(Failure::Folder) };
        let scan = Failure::Scan { source: Box::new(file) };
        assert_eq!(told(&scan), "cannot scan a.tar: a.tar: it is a folder");
        let short = Failure::Scan { source: Box::new(Failure::Folder) };
        assert_eq!(told(&short), "cannot scan a.tar: it is a folder");
    }
}
