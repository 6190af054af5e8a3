//! EPSS: how likely a CVE is to be exploited, one a line.

use std::path::Path;

use super::Sink;
use super::advisory::{Advisory, Likelihood, emit, is_cve};
use super::input::{self, InputError};

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::documents(path, input::is_csv, sink, &mut |sink, document| {
        input::rows(document, sink, &mut |sink, place, row| match likelihood(row) {
            Some((name, likelihood)) => {
                sink.valid();
                let likelihood = Some(likelihood);
                let names = vec![name.to_owned()];
                emit(sink, Advisory { names, likelihood, ..Advisory::default() });
            }
            None if row.first().is_some_and(|head| head == "cve") => {}
            None => sink.malformed(place, "expected a CVE, a probability and a percentile"),
        })
    })
}

fn likelihood(row: &[String]) -> Option<(&str, Likelihood)> {
    let [name, probability, percentile, ..] = row else { return None };
    let share = |text: &str| text.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share));
    let (probability, percentile) = (share(probability)?, share(percentile)?);
    let name = name.trim();
    is_cve(name).then_some((name, Likelihood { probability, percentile }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let row = |line: &str| -> Vec<String> { line.split(',').map(str::to_owned).collect() };
        let good = row("CVE-2024-1,0.01234,0.87");
        let (name, told) = likelihood(&good).unwrap();
        assert_eq!((name, told.probability, told.percentile), ("CVE-2024-1", 0.01234, 0.87));
        for line in ["CVE-2024-1,0.5", "CVE-2024-1,2,0.5", "CVE-2024-1,x,0.5", "nonsense,0,0", ""] {
            assert!(likelihood(&row(line)).is_none(), "{line}");
        }
    }
}
