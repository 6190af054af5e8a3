//! Every order is total, over all text.

use std::cmp::Ordering;

use palisade_scanner::version::Scheme;
use proptest::prelude::*;

/// Text that looks like a version of some ecosystem, and text that does not.
fn version() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "0", "00", "1", "01", "2", "10", "20240101", ".", ".", ".", "-", "-", "_", "+", "~", "^",
        ":", "!", "v", "go", "a", "b", "m", "x", "A", "p", "r", "-r1", "alpha", "beta", "rc", "RC",
        "pre", "post", "dev", "dev-", "snapshot", "final", "ga", "sp", "_rc", "_p", "_git",
        "patch", "foo", "é", " ",
    ]);
    prop_oneof![
        4 => prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()),
        1 => ".{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn equal_to_itself(version in version()) {
        for scheme in Scheme::ALL {
            let spaced = format!(" {version} ");
            prop_assert_eq!(scheme.compare(&version, &spaced), Ordering::Equal, "{:?}", scheme);
        }
    }

    #[test]
    fn antisymmetric(left in version(), right in version()) {
        for scheme in Scheme::ALL {
            let there = scheme.compare(&left, &right);
            prop_assert_eq!(there, scheme.compare(&right, &left).reverse(), "{:?}", scheme);
        }
    }

    #[test]
    fn transitive(a in version(), b in version(), c in version()) {
        for scheme in Scheme::ALL {
            let mut sorted = [&a, &b, &c];
            sorted.sort_by(|left, right| scheme.compare(left, right));
            let [first, second, third] = sorted;
            let steps = (scheme.compare(first, second), scheme.compare(second, third));
            let whole = scheme.compare(first, third);
            let expected = steps.0.then(steps.1);
            prop_assert!(steps.0.is_le() && steps.1.is_le(), "{:?} {:?}", scheme, sorted);
            prop_assert_eq!(whole, expected, "{:?} {:?}", scheme, sorted);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn long_versions_cost_no_more_than_their_length(
        piece in version(),
        count in 1_000_usize..3_000,
    ) {
        let (left, right) = (piece.repeat(count), piece.repeat(count + 1));
        for scheme in Scheme::ALL {
            let there = scheme.compare(&left, &right);
            prop_assert_eq!(there, scheme.compare(&right, &left).reverse(), "{:?}", scheme);
        }
    }
}
