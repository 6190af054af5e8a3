//! As much of DER as it takes to leave an extension out of a certificate, and to read timestamps.

/// An element: its tag, what is in it, and all of it.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// Splits off the first element. Tags of one byte and definite lengths only:
/// certificates have no others.
pub(super) fn read(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if !(1..=4).contains(&count) {
            return None;
        }
        let (bytes, rest) = rest.split_at_checked(count)?;
        let length = bytes.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let (whole, _) = input.split_at_checked(input.len() - rest.len())?;
    Some((Element { tag, content, whole }, rest))
}

/// All elements of `input`; none when it does not end with one.
pub(super) fn read_all(mut input: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut elements = Vec::new();
    while !input.is_empty() {
        let (element, rest) = read(input)?;
        elements.push(element);
        input = rest;
    }
    Some(elements)
}

/// Writes an element.
pub(super) fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut whole = vec![tag];
    let length = content.len();
    if length < 0x80 {
        whole.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
        whole.push(0x80 | significant.len() as u8);
        whole.extend(significant);
    }
    whole.extend_from_slice(content);
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(tag in any::<u8>(), content in prop::collection::vec(any::<u8>(), 0..70_000)) {
            let written = write(tag, &content);
            let (element, rest) = read(&written).unwrap();
            prop_assert_eq!(element.tag, tag);
            prop_assert_eq!(element.content, content.as_slice());
            prop_assert_eq!(element.whole, written.as_slice());
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn no_bytes_do_harm(input in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(elements) = read_all(&input) {
                let length: usize = elements.iter().map(|element| element.whole.len()).sum();
                prop_assert_eq!(length, input.len());
            }
        }
    }
}
