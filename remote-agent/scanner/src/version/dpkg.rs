//! Debian's order: epoch, upstream version, revision.
//!
//! Source: deb-version(7).

use std::cmp::Ordering;

use super::digits::{self, Digits};

/// Orders two Debian versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (split(left), split(right));
    left.0.cmp(&right.0).then_with(|| part(left.1, right.1)).then_with(|| part(left.2, right.2))
}

/// Epoch, upstream version, revision.
fn split(version: &[u8]) -> (Digits<'_>, &[u8], &[u8]) {
    let (epoch, after) = digits::take(version);
    let (epoch, rest) = match after.strip_prefix(b":") {
        Some(rest) => (epoch, rest),
        None => (Digits::ZERO, version),
    };
    let dash = rest.iter().rposition(|byte| *byte == b'-');
    match dash.and_then(|dash| rest.split_at_checked(dash)) {
        Some((upstream, revision)) => (epoch, upstream, revision.get(1..).unwrap_or_default()),
        None => (epoch, rest, b""),
    }
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
        let (left_digits, left_rest) = digits::take(left);
        let (right_digits, right_rest) = digits::take(right);
        match left_digits.cmp(&right_digits) {
            Ordering::Equal => {}
            order => return order,
        }
        left = left_rest;
        right = right_rest;
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn known_pairs() {
        for (left, right, order) in [
            ("1.0", "1.0-0", Ordering::Equal),
            ("1.0~rc1", "1.0", Ordering::Less),
            ("1.0~~", "1.0~", Ordering::Less),
            ("1.0~~a", "1.0~", Ordering::Less),
            ("1:0.1", "2.0", Ordering::Greater),
            ("1.0a", "1.0+", Ordering::Less),
            ("1.0a", "1.0.", Ordering::Less),
            ("0:1.10", "1.9", Ordering::Greater),
            ("1.2-3-4", "1.2-3-10", Ordering::Less),
            ("3.0.15-1~deb12u1", "3.0.15-1", Ordering::Less),
            ("2.36-9+deb12u8", "2.36-9+deb12u10", Ordering::Less),
            ("007", "7", Ordering::Equal),
            ("18446744073709551616", "18446744073709551615", Ordering::Greater),
            ("", "0", Ordering::Equal),
        ] {
            assert_eq!(Scheme::Dpkg.compare(left, right), order, "{left} {right}");
            assert_eq!(Scheme::Dpkg.compare(right, left), order.reverse(), "{right} {left}");
        }
    }
}
