//! Versions and ranges: lines of text, of which any two are compared.

#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade_scanner::version::Scheme;
use palisade_scanner::version::range::{Intervals, Syntax};

fuzz_target!(|text: &str| {
    let lines: Vec<&str> = text.lines().take(3).collect();
    for scheme in Scheme::ALL {
        for (left, right) in lines.iter().flat_map(|l| lines.iter().map(move |r| (l, r))) {
            let order = scheme.compare(left, right);
            assert_eq!(
                order.reverse(),
                scheme.compare(right, left),
                "{scheme:?} {left:?} {right:?}"
            );
        }
        if let [a, b, c] = lines[..]
            && scheme.compare(a, b).is_le()
            && scheme.compare(b, c).is_le()
        {
            assert!(scheme.compare(a, c).is_le(), "{scheme:?} {a:?} {b:?} {c:?}");
        }
    }
    let syntaxes = [
        Syntax::Npm,
        Syntax::Pep440,
        Syntax::Gem,
        Syntax::Maven,
        Syntax::NuGet,
        Syntax::Composer,
        Syntax::List(Scheme::Generic),
    ];
    let Some(range) = lines.first() else { return };
    let vers = Intervals::from_vers(range, str::to_owned);
    for range in syntaxes.map(|syntax| syntax.parse(range)).into_iter().chain([vers]).flatten() {
        for version in &lines {
            range.contains(version);
        }
    }
});
