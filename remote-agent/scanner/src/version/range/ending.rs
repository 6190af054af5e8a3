//! Where ranges end, for people: a bound that only a notation makes, such as
//! the `-dev` before Composer's `<1.3` or the `.post0.dev0` behind Python's
//! `<=1.3`, is no version that anybody can take.

use super::super::Scheme;
use super::Intervals;
use crate::vulndb::Range;

/// The end of a range in plain words.
#[derive(Debug, PartialEq, Eq)]
enum End<'a> {
    Before(&'a str),
    With(String),
}

impl Intervals {
    /// As [`Intervals::to_ranges`], but with ends that are versions: what
    /// comes before the first version that is not in the range is in it.
    /// `repaired` are the versions that repair something, of all the ranges.
    pub fn to_told_ranges(&self, repaired: &[String]) -> Vec<Range> {
        let mut ranges = self.to_ranges();
        for range in &mut ranges {
            if let Some(bound) = &range.fixed {
                match end(self.scheme(), bound) {
                    End::Before(version) if version.len() == bound.len() => {}
                    End::Before(version) => range.fixed = Some(version.to_owned()),
                    End::With(version) => {
                        range.fixed = None;
                        range.last_affected = Some(version);
                    }
                }
            }
            if let Some(last) = &range.last_affected {
                let later = |version: &&String| self.scheme().compare(version, last).is_gt();
                let next = repaired.iter().filter(later);
                let first = next.min_by(|left, right| self.scheme().compare(left, right));
                range.fixed = range.fixed.take().or_else(|| first.cloned());
            }
        }
        ranges
    }
}

fn end(scheme: Scheme, bound: &str) -> End<'_> {
    let notation = match scheme {
        Scheme::Composer => "-dev",
        Scheme::SemVer => "-0",
        Scheme::Gem => ".A",
        Scheme::Pep440 => ".dev0",
        _ => return End::Before(bound),
    };
    let Some(version) = bound.strip_suffix(notation) else { return End::Before(bound) };
    let post = (scheme == Scheme::Pep440).then(|| version.rsplit_once(".post")).flatten();
    match post.map(|(before, number)| (before, number.parse::<u64>())) {
        Some((before, Ok(0))) => End::With(before.to_owned()),
        Some((before, Ok(number))) => End::With(format!("{before}.post{}", number - 1)),
        _ => End::Before(version),
    }
}

#[cfg(test)]
mod tests {
    use crate::version::range::Syntax;

    /// A range, what repairs it, and where the last part of it is said to
    /// end: the last version in it, and the one that repairs it.
    type Row<'a> = (Syntax, &'a str, &'a [&'a str], Option<&'a str>, Option<&'a str>);

    #[test]
    fn ends_are_versions_that_people_know() {
        let table: [Row<'_>; 12] = [
            (Syntax::Pep440, ">=2.2,<2.2.4", &[], None, Some("2.2.4")),
            (Syntax::Pep440, "==2.10", &["2.10.1", "3.0"], Some("2.10"), Some("2.10.1")),
            (Syntax::Pep440, "<=2.7.1", &[], Some("2.7.1"), None),
            (Syntax::Pep440, "<=2.7.post1", &["2.7"], Some("2.7.post1"), None),
            (Syntax::Pep440, "<2.0rc1", &[], None, Some("2.0rc1")),
            (Syntax::Composer, ">=1.3.0,<1.3.1", &[], None, Some("1.3.1")),
            (Syntax::Npm, "^1.2.0", &[], None, Some("2.0.0")),
            (Syntax::Npm, "<=6.0.2", &["7.0.0", "6.0.3"], Some("6.0.2"), Some("6.0.3")),
            (Syntax::Npm, "<=1.0.0 || >=2.0.0 <=2.1.0", &["1.0.1"], Some("2.1.0"), None),
            (Syntax::Gem, "~> 2.2", &[], None, Some("3")),
            (Syntax::Maven, "(,1.7]", &["1.8"], Some("1.7"), Some("1.8")),
            // What is not in the range stays the end of it.
            (Syntax::Npm, "<1.2.0", &["1.3.0"], None, Some("1.2.0")),
        ];
        for (syntax, text, repaired, last, fixed) in table {
            let repaired: Vec<String> = repaired.iter().map(|&one| one.to_owned()).collect();
            let ranges = syntax.parse(text).unwrap().to_told_ranges(&repaired);
            let range = ranges.last().unwrap();
            assert_eq!(
                (range.last_affected.as_deref(), range.fixed.as_deref()),
                (last, fixed),
                "{text}"
            );
        }
    }
}
