//! The newest tags of a repository.

use std::cmp::Ordering;

use super::product::Tag;

/// Leaves the `limit` newest tags, newest first: by the time at which they
/// came where the listing tells that of all, else by their names read as
/// versions.
pub fn newest(tags: &mut Vec<Tag>, limit: usize) {
    if tags.iter().all(|tag| tag.created.is_some()) {
        tags.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| by_name(&b.name, &a.name)));
    } else {
        tags.sort_by(|a, b| by_name(&b.name, &a.name));
    }
    tags.truncate(limit);
}

/// Compares names with the numbers in them taken as numbers. `latest` is
/// newest; a name without a number is older than all that have one; of two
/// that differ only in an end without a number, the plain one is newer, as
/// 1.2 is than 1.2-rc.
fn by_name(a: &str, b: &str) -> Ordering {
    let rank = |name: &str| match name {
        "latest" => 2,
        name if name.bytes().any(|b| b.is_ascii_digit()) => 1,
        _ => 0,
    };
    rank(a).cmp(&rank(b)).then_with(|| by_parts(strip(a), strip(b))).then_with(|| a.cmp(b))
}

fn strip(name: &str) -> &str {
    match name.strip_prefix(['v', 'V']) {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => name,
    }
}

fn by_parts(mut a: &str, mut b: &str) -> Ordering {
    loop {
        let (text_a, text_b) =
            (take(&mut a, |c| !c.is_ascii_digit()), take(&mut b, |c| !c.is_ascii_digit()));
        // `.` goes on with the version, anything else qualifies it.
        let class = |text: &str| match text.bytes().next() {
            Some(b'.') => 2,
            None => 1,
            Some(_) => 0,
        };
        let order = class(text_a).cmp(&class(text_b)).then_with(|| text_a.cmp(text_b));
        if order != Ordering::Equal || (a.is_empty() && b.is_empty()) {
            return order;
        }
        let (number_a, number_b) =
            (take(&mut a, |c| c.is_ascii_digit()), take(&mut b, |c| c.is_ascii_digit()));
        let (number_a, number_b) =
            (number_a.trim_start_matches('0'), number_b.trim_start_matches('0'));
        let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Cuts off the start of `text` as long as `belongs` says.
fn take<'a>(text: &mut &'a str, belongs: impl Fn(char) -> bool) -> &'a str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let (start, rest) = text.split_at(end);
    *text = rest;
    start
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn named(names: &[&str], limit: usize) -> Vec<String> {
        let mut tags: Vec<Tag> = names.iter().map(|name| Tag::named(*name)).collect();
        newest(&mut tags, limit);
        tags.into_iter().map(|tag| tag.name).collect()
    }

    #[test]
    fn numbers_count_as_numbers() {
        let names = ["1.9", "1.10", "1.2", "1.10.1", "v1.11", "latest", "edge", "1.10-rc1"];
        assert_eq!(
            named(&names, 9),
            ["latest", "v1.11", "1.10.1", "1.10", "1.10-rc1", "1.9", "1.2", "edge"]
        );
        assert_eq!(named(&names, 2), ["latest", "v1.11"]);
    }

    #[test]
    fn times_count_for_more_than_names() {
        let at = |name: &str, seconds| Tag {
            created: DateTime::from_timestamp(seconds, 0),
            ..Tag::named(name)
        };
        let mut tags = vec![at("9", 1), at("1", 3), at("latest", 2)];
        newest(&mut tags, 2);
        let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["1", "latest"]);
    }

    proptest! {
        #[test]
        fn names_have_one_order(mut names in proptest::collection::vec("[a-c0-2._-]{0,5}", 3)) {
            let [a, b, c] = [&names[0], &names[1], &names[2]];
            prop_assert_eq!(by_name(a, b), by_name(b, a).reverse());
            if by_name(a, b).is_le() && by_name(b, c).is_le() {
                prop_assert!(by_name(a, c).is_le(), "{} {} {}", a, b, c);
            }
            names.sort_by(|a, b| by_name(a, b));
        }
    }
}
