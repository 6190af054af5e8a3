//! Reading what a directory finds page by page (RFC 2696): it gives no more at once,
//! Active Directory a thousand entries, however many there are.

use ldap3::controls::{Control, ControlType, PagedResults, RawControl};

/// Entries of a page at most.
const SIZE: usize = 500;

/// Tags of BER.
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;

/// Where a page begins, as the directory calls it.
#[derive(Debug, Default)]
pub(super) struct Place(Vec<u8>);

impl Place {
    /// Asks for the page there, of as many entries as are wanted.
    pub(super) fn page(&self, most: usize) -> PagedResults {
        PagedResults { size: most.min(SIZE) as i32, cookie: self.0.clone() }
    }

    /// Where the next page begins, by what came with the last entry; none where that
    /// was all, and with a directory that knows no pages.
    pub(super) fn of_next(controls: &[Control]) -> Option<Self> {
        controls.iter().find_map(|control| match control {
            Control(Some(ControlType::PagedResults), RawControl { val: Some(value), .. }) => {
                cookie(value)
                    .filter(|cookie| !cookie.is_empty())
                    .map(|cookie| Self(cookie.to_vec()))
            }
            _ => None,
        })
    }
}

/// The second of the two elements of the control's value. The library's own reader
/// panics at what is malformed.
fn cookie(value: &[u8]) -> Option<&[u8]> {
    let (parts, _) = element(value, SEQUENCE)?;
    let (_, parts) = element(parts, INTEGER)?;
    let (cookie, _) = element(parts, OCTETS)?;
    Some(cookie)
}

/// What the element at the beginning holds, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    if *found == tag { rest.split_at_checked(length) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(value: &[u8]) -> Option<Vec<u8>> {
        let raw = RawControl { ctype: String::new(), crit: false, val: Some(value.to_vec()) };
        Place::of_next(&[Control(Some(ControlType::PagedResults), raw)]).map(|place| place.0)
    }

    #[test]
    fn a_place_comes_back_from_what_it_is_asked_for_by() {
        for length in [1, 8, 127, 128, 300, 70_000] {
            let place = Place(vec![7; length]);
            let asked = RawControl::from(place.page(9)).val.unwrap();
            assert_eq!(next(&asked), Some(place.0), "{length}");
        }
    }

    #[test]
    fn an_empty_place_and_what_is_none_end_it() {
        let whole = RawControl::from(Place(vec![7; 200]).page(9)).val.unwrap();
        for length in 0..whole.len() {
            assert_eq!(next(&whole[..length]), None, "{length}");
        }
        let last = RawControl::from(Place::default().page(9)).val.unwrap();
        assert_eq!(next(&last), None);
        assert_eq!(next(&[SEQUENCE, 0x80]), None);
        assert_eq!(next(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff, INTEGER]), None);
        assert!(Place::of_next(&[]).is_none());
    }
}
