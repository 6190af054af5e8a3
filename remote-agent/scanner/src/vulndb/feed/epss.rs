//! EPSS: how likely a CVE is to be exploited, one a line.

use std::path::Path;

use super::Sink;
use super::advisory::{Advisory, Likelihood, emit, is_cve};
use super::input::{self, InputError};

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::documents(path, input::is_csv, sink, &mut |sink, document| {
        let mut columns = Columns::default();
        input::rows(document, sink, &mut |sink, place, row| match likelihood(columns, row) {
            Some((name, likelihood)) => {
                sink.valid();
                let likelihood = Some(likelihood);
                let names = vec![name.to_owned()];
                emit(sink, Advisory { names, likelihood, ..Advisory::default() });
            }
            // The model and its day, behind a mark of the encoding.
            None if row.first().is_some_and(|head| head.starts_with('#')) => {}
            None => match Columns::named_in(row) {
                Some(named) => columns = named,
                None => sink.malformed(place, "expected a CVE, a probability and a percentile"),
            },
        })
    })
}

/// Where in a row the values stand.
#[derive(Clone, Copy)]
struct Columns {
    name: usize,
    probability: usize,
    percentile: usize,
}

impl Default for Columns {
    fn default() -> Self {
        Self { name: 0, probability: 1, percentile: 2 }
    }
}

impl Columns {
    fn named_in(row: &[String]) -> Option<Self> {
        let at = |name: &str| row.iter().position(|head| head.trim().eq_ignore_ascii_case(name));
        Some(Self { name: at("cve")?, probability: at("epss")?, percentile: at("percentile")? })
    }
}

fn likelihood(columns: Columns, row: &[String]) -> Option<(&str, Likelihood)> {
    let share = |at: usize| {
        let share = row.get(at)?.trim().parse::<f32>().ok();
        share.filter(|share| (0.0..=1.0).contains(share))
    };
    let (probability, percentile) = (share(columns.probability)?, share(columns.percentile)?);
    let name = row.get(columns.name)?.trim();
    is_cve(name).then_some((name, Likelihood { probability, percentile }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let row = |line: &str| -> Vec<String> { line.split(',').map(str::to_owned).collect() };
        let good = row("CVE-2024-1,0.01234,0.87");
        let columns = Columns::default();
        let (name, told) = likelihood(columns, &good).unwrap();
        assert_eq!((name, told.probability, told.percentile), ("CVE-2024-1", 0.01234, 0.87));
        for line in ["CVE-2024-1,0.5", "CVE-2024-1,2,0.5", "CVE-2024-1,x,0.5", "nonsense,0,0", ""] {
            assert!(likelihood(columns, &row(line)).is_none(), "{line}");
        }
    }

    #[test]
    fn heads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("epss.csv");
        for text in [
            "#model_version:v2025.03.14,score_date:2025-06-01T12:55:00Z\ncve,epss,percentile\nCVE-2024-1,0.5,0.75\n",
            "\u{feff}#model_version:v2025.03.14\r\n\"cve\",\"epss\",\"percentile\"\r\nCVE-2024-1,0.5,0.75\r\n",
            "CVE-2024-1,0.5,0.75\n",
            "CVE,EPSS,Percentile,Date\nCVE-2024-1,0.5,0.75,2024-01-01\n",
            "date,percentile,cve,epss\n2024-01-01,0.75,CVE-2024-1,0.5\n",
        ] {
            std::fs::write(&path, text).unwrap();
            let mut kept = super::super::tests::Kept::default();
            read(&path, &mut kept).unwrap();
            assert_eq!((kept.valid, kept.malformed.as_slice()), (1, &[][..]), "{text}");
            let told = kept.vulnerabilities[0].0.likelihood.unwrap();
            assert_eq!((told.probability, told.percentile), (0.5, 0.75), "{text}");
        }
    }
}
