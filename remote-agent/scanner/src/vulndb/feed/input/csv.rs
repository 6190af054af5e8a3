//! Values with commas between, a record a line or several where a value in
//! quotation marks goes on.

use std::io;

use super::{Document, Sink, lines};

/// Bytes of one record.
const LONGEST: usize = 1 << 20;

type Each<'a> = dyn FnMut(&mut dyn Sink, &str, &[String]) + 'a;

/// Gives the values of every record to `each`; lines that begin with `#` are
/// none.
pub(in super::super) fn rows(
    document: &mut Document<'_>,
    sink: &mut dyn Sink,
    each: &mut Each<'_>,
) -> io::Result<()> {
    let mut open = String::new();
    lines(document, sink, &mut |sink, place, line| {
        let line = String::from_utf8_lossy(line);
        if open.is_empty() && line.starts_with('#') {
            return Ok(());
        }
        open.push_str(&line);
        if open.matches('"').count().is_multiple_of(2) {
            each(sink, place, &values(&std::mem::take(&mut open)));
        } else if open.len() > LONGEST {
            sink.malformed(place, "a quotation mark is never closed");
            open.clear();
        }
        Ok(())
    })?;
    if !open.is_empty() {
        sink.cut(document.name, "it ends inside a value");
    }
    Ok(())
}

/// The values of a record; a mark inside marks is written twice.
fn values(record: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut quoted = false;
    let mut rest = record.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).chars();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.as_str().starts_with('"') => {
                rest.next();
                push(&mut values, '"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => values.push(String::new()),
            c => push(&mut values, c),
        }
    }
    values
}

fn push(values: &mut [String], c: char) {
    if let Some(value) = values.last_mut() {
        value.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record() {
        for (record, expected) in [
            ("a,b\r\n", vec!["a", "b"]),
            ("\u{feff}a,,\"b, \"\"c\"\"\nd\"", vec!["a", "", "b, \"c\"\nd"]),
            ("", vec![""]),
        ] {
            assert_eq!(values(record), expected, "{record}");
        }
    }
}
