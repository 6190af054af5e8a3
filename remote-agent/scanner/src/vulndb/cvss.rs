//! Base scores of CVSS vectors, versions 2.0, 3.0 and 3.1.

/// The base score of a version 3 vector (`CVSS:3.1/AV:N/…`); none when it is
/// no such vector.
pub fn score_v3(vector: &str) -> Option<f32> {
    let metrics = vector.strip_prefix("CVSS:3.0/").or_else(|| vector.strip_prefix("CVSS:3.1/"))?;
    let changed = match metric(metrics, "S")? {
        "U" => false,
        "C" => true,
        _ => return None,
    };
    let attack_vector = pick(metrics, "AV", &[("N", 0.85), ("A", 0.62), ("L", 0.55), ("P", 0.2)])?;
    let complexity = pick(metrics, "AC", &[("L", 0.77), ("H", 0.44)])?;
    let privileges = if changed {
        pick(metrics, "PR", &[("N", 0.85), ("L", 0.68), ("H", 0.5)])?
    } else {
        pick(metrics, "PR", &[("N", 0.85), ("L", 0.62), ("H", 0.27)])?
    };
    let interaction = pick(metrics, "UI", &[("N", 0.85), ("R", 0.62)])?;
    let impact = |name| pick(metrics, name, &[("H", 0.56), ("L", 0.22), ("N", 0.0)]);
    let lost = 1.0 - (1.0 - impact("C")?) * (1.0 - impact("I")?) * (1.0 - impact("A")?);
    let impact = if changed {
        7.52 * (lost - 0.029) - 3.25 * (lost - 0.02_f64).powi(15)
    } else {
        6.42 * lost
    };
    if impact <= 0.0 {
        return Some(0.0);
    }
    let exploitability = 8.22 * attack_vector * complexity * privileges * interaction;
    let sum = impact + exploitability;
    Some(round_up(if changed { 1.08 * sum } else { sum }.min(10.0)))
}

/// The base score of a version 2 vector (`AV:N/AC:L/Au:N/C:P/I:P/A:P`); none
/// when it is no such vector.
pub fn score_v2(vector: &str) -> Option<f32> {
    let metrics = vector.trim_matches(['(', ')']);
    let metrics = metrics.strip_prefix("CVSS:2.0/").unwrap_or(metrics);
    let access = pick(metrics, "AV", &[("L", 0.395), ("A", 0.646), ("N", 1.0)])?;
    let complexity = pick(metrics, "AC", &[("H", 0.35), ("M", 0.61), ("L", 0.71)])?;
    let authentication = pick(metrics, "Au", &[("M", 0.45), ("S", 0.56), ("N", 0.704)])?;
    let impact = |name| pick(metrics, name, &[("N", 0.0), ("P", 0.275), ("C", 0.66)]);
    let impact = 10.41 * (1.0 - (1.0 - impact("C")?) * (1.0 - impact("I")?) * (1.0 - impact("A")?));
    let exploitability = 20.0 * access * complexity * authentication;
    let factor = if impact == 0.0 { 0.0 } else { 1.176 };
    let score = (0.6 * impact + 0.4 * exploitability - 1.5) * factor;
    Some(((score * 10.0).round() / 10.0) as f32)
}

fn metric<'a>(metrics: &'a str, name: &str) -> Option<&'a str> {
    metrics.split('/').find_map(|part| part.strip_prefix(name)?.strip_prefix(':'))
}

fn pick(metrics: &str, name: &str, values: &[(&str, f64)]) -> Option<f64> {
    let value = metric(metrics, name)?;
    values.iter().find(|(known, _)| *known == value).map(|(_, weight)| *weight)
}

/// Rounds up to one decimal, immune to the error of floating point, as
/// version 3.1 prescribes.
fn round_up(score: f64) -> f32 {
    let scaled = (score * 100_000.0).round() as i64;
    let tenths = if scaled % 10_000 == 0 { scaled / 10_000 } else { scaled / 10_000 + 1 };
    (tenths as f64 / 10.0) as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_scores() {
        for (vector, score) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
            ("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.0),
            ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ] {
            assert_eq!(score_v3(vector), Some(score), "{vector}");
        }
        for (vector, score) in [
            ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
            ("AV:N/AC:M/Au:N/C:C/I:C/A:C", 9.3),
            ("AV:N/AC:L/Au:N/C:P/I:N/A:N", 5.0),
            ("AV:L/AC:L/Au:N/C:N/I:N/A:N", 0.0),
        ] {
            assert_eq!(score_v2(vector), Some(score), "{vector}");
        }
    }

    proptest! {
        #[test]
        fn nonsense_has_no_score(text in ".{0,60}") {
            prop_assert_eq!(score_v3(&format!("CVSS:3.1/{text}")).map(|s| s <= 10.0), None);
        }
    }
}
