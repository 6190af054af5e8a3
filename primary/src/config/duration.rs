//! Spans of time as operators write them: `90s`, `30m`, `12h`, `7d`.

use std::time::Duration;

use thiserror::Error;

/// A text that is not a span of time.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a span of time: write a number and s, m, h or d, for example 90s, 30m, 12h or 7d")]
pub struct NotADuration;

/// Reads a number of seconds, minutes, hours or days; a century at most.
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    const CENTURY: u64 = 100 * 365 * 86_400;
    let text = text.trim();
    let unit = text.chars().last().ok_or(NotADuration)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(NotADuration),
    };
    let number: u64 = text.strip_suffix(unit).unwrap_or(text).parse().map_err(|_| NotADuration)?;
    let total = number.checked_mul(seconds).filter(|total| *total <= CENTURY);
    total.map(Duration::from_secs).ok_or(NotADuration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood() {
        for (text, seconds) in [("90s", 90), ("30m", 1_800), ("12h", 43_200), (" 7d ", 604_800)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "7", "d", "-1h", "1.5h", "7w", "99999999999999999999d", "40000d", "1µ"] {
            assert_eq!(parse(text), Err(NotADuration), "{text}");
        }
    }
}
