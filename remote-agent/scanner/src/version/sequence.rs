//! Versions as sequences of ordered elements.
//!
//! An order over sequences in which a shorter one is continued with one fixed
//! element for ever is total, whatever the elements are: that is why the
//! schemes describe their versions this way.

use std::cmp::Ordering;

/// Orders two sequences element by element; the shorter one goes on with
/// `padding`.
pub(super) fn compare<T: Ord + Copy>(
    left: impl IntoIterator<Item = T>,
    right: impl IntoIterator<Item = T>,
    padding: T,
) -> Ordering {
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    loop {
        let (left, right) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => (left.unwrap_or(padding), right.unwrap_or(padding)),
        };
        let order = left.cmp(&right);
        if order.is_ne() {
            return order;
        }
    }
}

/// An element that may be without meaning at the end of a run.
pub(super) trait Element: Copy {
    /// Whether it says no more than nothing would.
    fn is_null(self) -> bool;
    /// Whether it gives meaning to the nulls before it: `1.0.1`, not `1.0.a`.
    fn holds_nulls(self) -> bool;
    /// Whether all nulls after it have a meaning.
    fn ends_trimming(self) -> bool {
        false
    }
}

/// Leaves out nulls that no later element gives meaning to.
pub(super) struct Trimmed<I> {
    elements: I,
    /// How many of the next nulls are known to have a meaning.
    held: usize,
    /// Whether all that follows has a meaning.
    ended: bool,
}

/// Trims a sequence.
pub(super) const fn trimmed<I>(elements: I) -> Trimmed<I> {
    Trimmed { elements, held: 0, ended: false }
}

impl<I: Iterator<Item: Element> + Clone> Iterator for Trimmed<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.elements.next()?;
        if self.held > 0 {
            self.held -= 1;
            return Some(element);
        }
        if self.ended || !element.is_null() {
            self.ended |= element.ends_trimming();
            return Some(element);
        }
        let mut candidate = element;
        let mut ahead = self.elements.clone();
        let mut nulls = 0;
        loop {
            match ahead.next() {
                Some(next) if next.holds_nulls() && next.is_null() => nulls += 1,
                Some(next) if next.holds_nulls() => {
                    self.held = nulls;
                    return Some(candidate);
                }
                Some(next) if next.is_null() => {
                    candidate = next;
                    nulls = 0;
                    self.elements = ahead.clone();
                }
                other => {
                    self.elements = ahead;
                    self.ended |= other.is_some_and(Element::ends_trimming);
                    return other;
                }
            }
        }
    }
}
