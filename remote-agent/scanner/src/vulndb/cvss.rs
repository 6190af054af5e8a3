//! Base scores of CVSS vectors of all versions.

use cvss::Cvss;

/// The version (2, 3 or 4) and base score of a vector; none when it is no
/// vector or lacks a metric. Version 4 has one score for all of its metrics.
pub fn score(vector: &str) -> Option<(u8, f32)> {
    let bare = vector.trim_matches(['(', ')']);
    let bare = bare.strip_prefix("CVSS:2.0/").unwrap_or(bare);
    let (version, metrics, score) = match bare.parse().ok()? {
        Cvss::CvssV20(vector) => {
            (2, ["AV", "AC", "Au", "C", "I", "A"].as_slice(), vector.score().value())
        }
        Cvss::CvssV30(vector) | Cvss::CvssV31(vector) => {
            let metrics = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"].as_slice();
            (3, metrics, vector.base_score().value())
        }
        Cvss::CvssV40(vector) => {
            let metrics =
                ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"].as_slice();
            (4, metrics, vector.score().value())
        }
        _ => return None,
    };
    let told = |metric: &&str| bare.split('/').any(|part| part.split(':').next() == Some(metric));
    metrics.iter().all(told).then_some((version, score as f32))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_scores() {
        for (vector, expected) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", (3, 9.8)),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", (3, 10.0)),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", (3, 7.5)),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", (3, 6.1)),
            ("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H", (3, 7.0)),
            ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:N", (3, 0.0)),
            ("AV:N/AC:L/Au:N/C:P/I:P/A:P", (2, 7.5)),
            ("(AV:N/AC:M/Au:N/C:C/I:C/A:C)", (2, 9.3)),
            ("CVSS:2.0/AV:N/AC:L/Au:N/C:P/I:N/A:N", (2, 5.0)),
            ("AV:L/AC:L/Au:N/C:N/I:N/A:N", (2, 0.0)),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", (4, 10.0)),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", (4, 9.3)),
            ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", (4, 7.3)),
        ] {
            assert_eq!(score(vector), Some(expected), "{vector}");
        }
    }

    proptest! {
        #[test]
        fn nonsense_has_no_score(text in ".{0,60}", version in "[234]\\.[01]") {
            prop_assert_eq!(score(&format!("CVSS:{version}/{text}")), None);
        }
    }
}
