//! EPSS: how likely a CVE is to be exploited, one a line.

use std::path::Path;

use super::Sink;
use super::advisory::{Advisory, Likelihood, emit, is_cve};
use super::input::{self, InputError};

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::documents(path, input::is_csv, sink, &mut |sink, document| {
        input::lines(document, sink, &mut |sink, place, line| {
            let line = String::from_utf8_lossy(line);
            if line.starts_with('#') || line.starts_with("cve,") {
                return Ok(());
            }
            match likelihood(line.trim()) {
                Some((name, likelihood)) => {
                    sink.valid();
                    emit(
                        sink,
                        Advisory {
                            names: vec![name.to_owned()],
                            likelihood: Some(likelihood),
                            ..Advisory::default()
                        },
                    );
                }
                None => sink.malformed(place, "expected a CVE, a probability and a percentile"),
            }
            Ok(())
        })
    })
}

fn likelihood(line: &str) -> Option<(&str, Likelihood)> {
    let mut fields = line.split(',').map(|field| field.trim().trim_matches('"'));
    let name = fields.next().filter(|name| is_cve(name))?;
    let mut share = || -> Option<f32> {
        let share = fields.next()?.parse().ok()?;
        (0.0..=1.0).contains(&share).then_some(share)
    };
    let (probability, percentile) = (share()?, share()?);
    Some((name, Likelihood { probability, percentile }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let (name, told) = likelihood("CVE-2024-1,0.01234,0.87").unwrap();
        assert_eq!((name, told.probability, told.percentile), ("CVE-2024-1", 0.01234, 0.87));
        for line in ["CVE-2024-1,0.5", "CVE-2024-1,2,0.5", "CVE-2024-1,x,0.5", "nonsense,0,0", ""] {
            assert!(likelihood(line).is_none(), "{line}");
        }
    }
}
