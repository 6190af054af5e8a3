//! Alpine's order of versions: numbers, a letter, suffixes, `-r` revision.

use std::cmp::Ordering;

/// Compares two Alpine versions.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Version::parse(left.trim()), Version::parse(right.trim()));
    left.numbers(&right)
        .then_with(|| left.letter.cmp(&right.letter))
        .then_with(|| left.suffixes(&right))
        .then_with(|| number(left.revision, right.revision))
        // Texts outside the form come after the form they start with.
        .then_with(|| left.rest.cmp(right.rest))
}

struct Version<'a> {
    numbers: Vec<&'a str>,
    letter: Option<u8>,
    /// Rank of the suffix (before or after the plain version) and its number.
    suffixes: Vec<(i8, &'a str)>,
    revision: &'a str,
    rest: &'a str,
}

/// Suffixes from oldest to newest; those below zero come before the plain
/// version.
const SUFFIXES: [(&str, i8); 9] = [
    ("alpha", -4),
    ("beta", -3),
    ("pre", -2),
    ("rc", -1),
    ("cvs", 1),
    ("svn", 2),
    ("git", 3),
    ("hg", 4),
    ("p", 5),
];

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Self {
        let mut rest = text;
        let mut numbers = Vec::new();
        loop {
            let (number, after) = take_digits(rest);
            if number.is_empty() && !numbers.is_empty() {
                break;
            }
            numbers.push(number);
            rest = after;
            match rest.strip_prefix('.') {
                Some(after) if after.starts_with(|c: char| c.is_ascii_digit()) => rest = after,
                _ => break,
            }
        }
        let letter = rest.bytes().next().filter(u8::is_ascii_lowercase);
        if letter.is_some() {
            rest = rest.get(1..).unwrap_or_default();
        }
        let mut suffixes = Vec::new();
        while let Some(after) = rest.strip_prefix('_') {
            let Some((name, rank)) = SUFFIXES.iter().find(|(name, _)| after.starts_with(name))
            else {
                break;
            };
            let (number, after) = take_digits(after.get(name.len()..).unwrap_or_default());
            suffixes.push((*rank, number));
            rest = after;
        }
        let mut revision = "";
        if let Some(after) = rest.strip_prefix("-r") {
            (revision, rest) = take_digits(after);
        }
        Self { numbers, letter, suffixes, revision, rest }
    }

    fn numbers(&self, other: &Self) -> Ordering {
        for (at, (left, right)) in self.numbers.iter().zip(&other.numbers).enumerate() {
            // A part after the first that starts with zero is a fraction.
            let fraction = at > 0 && (left.starts_with('0') || right.starts_with('0'));
            let order = if fraction { left.cmp(right) } else { number(left, right) };
            if order.is_ne() {
                return order;
            }
        }
        self.numbers.len().cmp(&other.numbers.len())
    }

    fn suffixes(&self, other: &Self) -> Ordering {
        let longest = self.suffixes.len().max(other.suffixes.len());
        for at in 0..longest {
            // A missing suffix is the plain version: newer than `_rc`, older
            // than `_p`.
            let (left, left_number) = self.suffixes.get(at).copied().unwrap_or_default();
            let (right, right_number) = other.suffixes.get(at).copied().unwrap_or_default();
            let order = left.cmp(&right).then_with(|| number(left_number, right_number));
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

fn take_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or_default()
}

/// Compares numbers of any length; the empty text is zero.
fn number(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_order() {
        let ascending = [
            "0.9",
            "1.0_alpha",
            "1.0_alpha2",
            "1.0_beta1",
            "1.0_pre20120101",
            "1.0_rc1",
            "1.0",
            "1.0-r1",
            "1.0-r10",
            "1.0_git20200101",
            "1.0_p1",
            "1.0_p2-r1",
            "1.0a",
            "1.0b",
            "1.0.1",
            "1.1",
            "1.1.1g-r0",
            "1.1.1k-r0",
            "1.1.1.1",
            "1.10",
            "2",
        ];
        for pair in ascending.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare("1.05", "1.5"), Ordering::Less);
        assert_eq!(compare("1.0-r0", "1.0"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn the_order_is_total(
            a in "[0-9]{1,2}(\\.[0-9]{1,2}){0,2}[a-c]?(_(rc|p|alpha)[0-9]?){0,2}(-r[0-9])?",
            b in "[0-9]{1,2}(\\.[0-9]{1,2}){0,2}[a-c]?(_(rc|p|alpha)[0-9]?){0,2}(-r[0-9])?",
            c in "[0-9]{1,2}(\\.[0-9]{1,2}){0,2}[a-c]?(_(rc|p|alpha)[0-9]?){0,2}(-r[0-9])?",
        ) {
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }

        #[test]
        fn any_text_has_a_place(a in ".{0,20}", b in ".{0,20}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        }
    }
}
