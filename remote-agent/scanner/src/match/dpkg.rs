//! Debian's order of versions: epoch, upstream version, revision.

use std::cmp::Ordering;

/// Compares two Debian versions.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (split(left), split(right));
    digits(left.0, right.0).then_with(|| part(left.1, right.1)).then_with(|| part(left.2, right.2))
}

/// Epoch (without leading zeros), upstream version, revision.
fn split(version: &str) -> (&[u8], &[u8], &[u8]) {
    let version = version.trim();
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|b| b.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    };
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch.as_bytes(), upstream.as_bytes(), revision.as_bytes())
}

/// Compares numbers of any length; the empty text is zero.
fn digits(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (without_zeros(left), without_zeros(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

/// `~` sorts before everything, even the end; the end and digits before
/// letters; letters before all else.
fn rank(byte: Option<&u8>) -> i32 {
    match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    }
}

/// Compares alternating non-digit and digit parts.
fn part(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        loop {
            let (l, r) = (left.first(), right.first());
            let more = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_digit());
            if !more(l) && !more(r) {
                break;
            }
            match rank(l).cmp(&rank(r)) {
                Ordering::Equal => {}
                order => return order,
            }
            left = left.get(1..).unwrap_or_default();
            right = right.get(1..).unwrap_or_default();
        }
        let (left_digits, left_rest) = take_digits(left);
        let (right_digits, right_rest) = take_digits(right);
        match digits(left_digits, right_digits) {
            Ordering::Equal => {}
            order => return order,
        }
        left = left_rest;
        right = right_rest;
    }
    Ordering::Equal
}

fn take_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at_checked(count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_pairs() {
        for (left, right, order) in [
            ("1.0", "1.0-0", Ordering::Equal),
            ("1.0~rc1", "1.0", Ordering::Less),
            ("1.0~~", "1.0~", Ordering::Less),
            ("1:0.1", "2.0", Ordering::Greater),
            ("1.0a", "1.0+", Ordering::Less),
            ("1.0a", "1.0.", Ordering::Less),
            ("0:1.10", "1.9", Ordering::Greater),
            ("1.2-3-4", "1.2-3-10", Ordering::Less),
            ("3.0.15-1~deb12u1", "3.0.15-1", Ordering::Less),
            ("2.36-9+deb12u8", "2.36-9+deb12u10", Ordering::Less),
            ("007", "7", Ordering::Equal),
        ] {
            assert_eq!(compare(left, right), order, "{left} {right}");
            assert_eq!(compare(right, left), order.reverse(), "{right} {left}");
        }
    }

    fn version() -> impl Strategy<Value = String> {
        ("([0-9]{1,2}:)?", "[0-9][0-9a-zA-Z.+~]{0,6}", "(-[0-9a-z+.~]{1,5})?")
            .prop_map(|(epoch, upstream, revision)| format!("{epoch}{upstream}{revision}"))
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in version(), b in version(), c in version()) {
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            let mut sorted = [a, b, c];
            sorted.sort_by(|a, b| compare(a, b));
            prop_assert!(compare(&sorted[0], &sorted[2]).is_le());
            prop_assert!(compare(&sorted[0], &sorted[1]).is_le());
        }

        #[test]
        fn any_text_has_a_place(a in ".{0,20}", b in ".{0,20}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn dpkg_agrees(a in version(), b in version()) {
            for (operator, holds) in [
                ("lt", compare(&a, &b).is_lt()),
                ("eq", compare(&a, &b).is_eq()),
            ] {
                let Ok(status) =
                    Command::new("dpkg").args(["--compare-versions", &a, operator, &b]).status()
                else {
                    eprintln!("skipped: there is no program dpkg");
                    return Ok(());
                };
                prop_assert_eq!(status.success(), holds, "{} {} {}", a, operator, b);
            }
        }
    }
}
