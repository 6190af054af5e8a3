//! YAML of lock files, which tools write in one way: a line is a key with or
//! without a value, an item of a list, or both, and the indent tells where it
//! belongs.
//!
//! Aliases, flow collections over several lines and block texts do not occur
//! in what is read of these files, so that no document is ever built.

/// A line that says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Spaces before it.
    pub(super) indent: usize,
    /// Whether it starts an item of a list.
    pub(super) item: bool,
    /// The key; empty where there is none.
    pub(super) key: &'a str,
    /// The value; empty where it follows in deeper lines.
    pub(super) value: &'a str,
}

/// The lines of `text` that are neither empty nor comments.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start_matches(' ');
        let indent = line.len() - rest.len();
        let rest = rest.trim_end();
        let (item, rest) = match rest.strip_prefix("- ") {
            Some(item) => (true, item.trim_start()),
            None => (false, rest),
        };
        if rest.is_empty() || rest.starts_with('#') || rest == "---" {
            return None;
        }
        let (key, value) = pair(rest).unwrap_or(("", rest));
        Some(Line { indent, item, key: bare(key), value: bare(value) })
    })
}

/// A key and what stands behind its colon.
fn pair(text: &str) -> Option<(&str, &str)> {
    let ends = match text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        Some(quote) => {
            let close = text.get(1..)?.find(quote)? + 2;
            text.get(close..)?.starts_with(':').then_some(close)?
        }
        None => text.find(": ").or_else(|| text.strip_suffix(':').map(str::len))?,
    };
    Some((text.get(..ends)?, text.get(ends + 1..)?.trim()))
}

/// A scalar without quotes; without the comment behind it.
fn bare(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split(quote).next().unwrap_or(inner);
        }
    }
    match text {
        comment if comment.starts_with('#') => "",
        text => text.split_once(" #").map_or(text, |(value, _)| value.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_values_and_items() {
        let text = "# head\n---\na: 1 # one\n  'b@1(c: d)': \"x # y\"\n  - e\n  - f: g\n  h:\n\n  \"i\":\n  j: # none\n  - \"k (1)\":\n  l:m\n";
        let found: Vec<_> =
            lines(text).map(|line| (line.indent, line.item, line.key, line.value)).collect();
        assert_eq!(
            found,
            [
                (0, false, "a", "1"),
                (2, false, "b@1(c: d)", "x # y"),
                (2, true, "", "e"),
                (2, true, "f", "g"),
                (2, false, "h", ""),
                (2, false, "i", ""),
                (2, false, "j", ""),
                (2, true, "k (1)", ""),
                (2, false, "", "l:m"),
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn nonsense_is_no_panic(text in "[-:'\"#a é\n]{0,60}") {
            lines(&text).for_each(drop);
        }
    }
}
