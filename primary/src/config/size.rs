//! Sizes as operators write them: `512MiB`, `4GiB`.

use thiserror::Error;

/// A text that is not a size.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a size: write a number and KiB, MiB, GiB or TiB, for example 512MiB or 4GiB")]
pub struct NotASize;

/// Reads a number of bytes with its unit; 0 needs none.
pub fn parse(text: &str) -> Result<u64, NotASize> {
    let text = text.trim();
    if text == "0" {
        return Ok(0);
    }
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let (number, shift) = units
        .iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)))
        .ok_or(NotASize)?;
    let number: u64 = number.trim_end().parse().map_err(|_| NotASize)?;
    number.checked_mul(1 << shift).ok_or(NotASize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood() {
        for (text, bytes) in
            [("0", 0), ("1KiB", 1_024), ("512MiB", 512 << 20), (" 4 GiB ", 4 << 30)]
        {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "1", "1GB", "GiB", "-1GiB", "1.5GiB", "99999999999999TiB"] {
            assert_eq!(parse(text), Err(NotASize), "{text}");
        }
    }
}
