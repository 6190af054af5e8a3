//! The rows that a client asks of a query: a page of them, or all. Many are sent as
//! they are read, so that no more than a page is in memory.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{once, try_unfold};
use http::header;
use serde::Serialize;

use super::MOST_ROWS;
use crate::http::error::{ApiError, Result};
use crate::http::query::Query;

/// Rows where nobody says how many.
const ROWS: i64 = 100;

/// Some rows of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Rows {
    /// How many are left out.
    pub(in crate::http) start: i64,
    /// How many at most.
    pub(in crate::http) count: i64,
}

/// The rows that `start` and `row` of a query name. Fewer than none are all, as NeuVector has
/// it, from the first on.
pub(in crate::http) fn rows(query: &Query) -> Rows {
    let number = |name| query.get(name).and_then(|text| text.parse::<i64>().ok());
    let start = number("start").unwrap_or_default().max(0);
    match number("row") {
        None | Some(0) => Rows { start, count: ROWS },
        Some(i64::MIN..0) => Rows { start: 0, count: i64::MAX },
        Some(count) => Rows { start, count },
    }
}

impl Rows {
    /// The first of them, as many as are read at a time.
    fn page(self) -> Self {
        Self { count: self.count.min(MOST_ROWS), ..self }
    }

    /// Those behind the first page, which had `read` rows; none where it was the last.
    fn behind(self, read: usize) -> Option<Self> {
        let read = i64::try_from(read).unwrap_or(i64::MAX);
        let goes_on = read == self.page().count && read < self.count;
        goes_on.then(|| Self { start: self.start.saturating_add(read), count: self.count - read })
    }
}

/// An answer that ends before its end.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off: {0}")]
pub(in crate::http) struct Broken(String);

impl From<ApiError> for Broken {
    fn from(error: ApiError) -> Self {
        tracing::error!(message = %error.message, cause = ?error.source, "an answer breaks off");
        Self(error.message.into_owned())
    }
}

/// Answers with the rows that are asked for. `page` reads some, and how many there are in all,
/// with which `head` writes the object up to its list of rows, the last in it.
pub(in crate::http) async fn answer<R, F, P>(
    asked: Rows,
    head: fn(i64) -> String,
    mut page: F,
) -> Result<Response>
where
    R: Serialize + Send + 'static,
    F: FnMut(Rows) -> P + Send + 'static,
    P: Future<Output = Result<(Vec<R>, i64)>> + Send + 'static,
{
    // The first page comes before the head of the answer, so that a database that is away is
    // an error and no broken answer.
    let (rows, all) = page(asked.page()).await?;
    let mut first = head(all);
    write(&mut first, &rows, true)?;
    let rest = asked.behind(rows.len());
    if rest.is_none() {
        first.push_str("]}");
    }
    let behind = try_unfold((rest, page), |(rest, mut page)| async move {
        let Some(asked) = rest else { return Ok(None) };
        let (rows, _) = page(asked.page()).await?;
        let mut text = String::new();
        write(&mut text, &rows, false)?;
        let rest = asked.behind(rows.len());
        if rest.is_none() {
            text.push_str("]}");
        }
        Ok::<_, Broken>(Some((Bytes::from(text), (rest, page))))
    });
    let body = once(async move { Ok(Bytes::from(first)) }).chain(behind);
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response())
}

fn write<R: Serialize>(text: &mut String, rows: &[R], mut is_first: bool) -> Result<()> {
    for row in rows {
        if !is_first {
            text.push(',');
        }
        is_first = false;
        text.push_str(&serde_json::to_string(row).map_err(ApiError::internal)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_queries_ask_for() {
        for (query, start, count) in [
            ("", 0, ROWS),
            ("start=20", 20, ROWS),
            ("start=20&row=0", 20, ROWS),
            ("start=20&row=30", 20, 30),
            ("start=-1&row=5000", 0, 5_000),
            ("start=20&row=-1", 0, i64::MAX),
            ("start=x&row=y", 0, ROWS),
        ] {
            assert_eq!(rows(&Query::parse(query)), Rows { start, count }, "{query}");
        }
    }

    proptest! {
        /// Pages follow one on the other, and end where the rows do or enough were read.
        #[test]
        fn pages_are_the_rows_in_a_row(
            start in 0_i64..5_000,
            count in prop_oneof![1_i64..5_000, Just(i64::MAX)],
            there in 0_i64..6_000,
        ) {
            let asked = Rows { start, count };
            let mut read = Vec::new();
            let mut rest = Some(asked);
            while let Some(asked) = rest {
                let page = asked.page();
                prop_assert!((1..=MOST_ROWS).contains(&page.count));
                let end = there.min(page.start + page.count);
                let rows: Vec<i64> = (page.start..end).collect();
                rest = asked.behind(rows.len());
                read.extend(rows);
            }
            let end = there.min(start.saturating_add(count));
            prop_assert_eq!(read, (start..end).collect::<Vec<i64>>());
        }
    }
}
