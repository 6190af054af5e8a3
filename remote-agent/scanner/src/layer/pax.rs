//! The records of an extended header: `LENGTH KEY=VALUE`, each with a line feed
//! behind it. The length tells where a record ends, not the line feed: values
//! are any bytes, such as the capabilities of a file.

/// A header that does not consist of records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadRecord;

/// A key with its value.
type Record<'a> = (&'a [u8], &'a [u8]);

/// Digits of a length at most: headers are bounded far below.
const DIGITS: usize = 10;

/// Keys with their values, in order.
pub(super) struct Records<'a>(&'a [u8]);

impl<'a> Records<'a> {
    pub(super) fn of(header: &'a [u8]) -> Self {
        Self(header)
    }

    /// The first record, and what is behind it.
    fn first(&self) -> Result<(Record<'a>, &'a [u8]), BadRecord> {
        let space = self.0.iter().take(DIGITS + 1).position(|byte| *byte == b' ');
        let (digits, _) = self.0.split_at(space.ok_or(BadRecord)?);
        let length = digits.iter().try_fold(0_usize, |length, digit| {
            digit.is_ascii_digit().then(|| length * 10 + usize::from(digit - b'0'))
        });
        let length = length.ok_or(BadRecord)?;
        let (record, rest) = self.0.split_at_checked(length).ok_or(BadRecord)?;
        let record = record.get(digits.len() + 1..).and_then(|record| record.strip_suffix(b"\n"));
        let record = record.ok_or(BadRecord)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or(BadRecord)?;
        let (key, value) = record.split_at(equals);
        Ok(((key, value.get(1..).unwrap_or_default()), rest))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BadRecord>;

    /// After a bad record there are none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let first = self.first();
        self.0 = first.as_ref().map_or(&[], |(_, rest)| rest);
        Some(first.map(|(record, _)| record))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
        let payload = key.len() + value.len() + 3;
        let mut length = payload;
        while length != payload + length.to_string().len() {
            length = payload + length.to_string().len();
        }
        [length.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat()
    }

    #[test]
    fn what_is_no_record() {
        for bad in [
            &b"\n"[..],
            b" a=b\n",
            b"6 a=b",
            b"7 a=bc",
            b"9 a=b\n",
            b"6 abc\n",
            b"x a=b\n",
            b"0 a=b\n",
            b"3 a=b\n",
            b"99999999999999999999 a=b\n",
            b"6 a=b\n\0\0",
        ] {
            assert!(Records::of(bad).any(|record| record.is_err()), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_value_comes_back(
            all in prop::collection::vec(
                (prop::collection::vec(b'a'..=b'z', 1..8), prop::collection::vec(any::<u8>(), 0..120)),
                0..6,
            ),
        ) {
            let header: Vec<u8> = all.iter().flat_map(|(key, value)| record(key, value)).collect();
            let read: Vec<_> = Records::of(&header)
                .map(|one| one.map(|(key, value)| (key.to_vec(), value.to_vec())))
                .collect::<Result<_, _>>()
                .unwrap();
            prop_assert_eq!(read, all);
        }

        #[test]
        fn nothing_makes_it_panic(header in prop::collection::vec(any::<u8>(), 0..200)) {
            let read = Records::of(&header).count();
            prop_assert!(read <= header.len());
        }
    }
}
