//! Exports: all that a question admits, streamed page by page as comma-separated
//! values or JSON. Nothing is gathered, and no transaction waits for a client.
//! An export that fails on its way breaks off, so that nobody takes the
//! beginning for the whole.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::try_unfold;
use http::{HeaderName, header};
use serde::Serialize;

use super::question::{Asked, Format};
use crate::http::error::Result;
use crate::store::StoreError;
use crate::store::question::{Place, Question};

/// A row of an export.
pub(super) trait Row: Serialize + Send + 'static {
    /// The heads of its columns.
    const COLUMNS: &'static [&'static str];

    /// Its cells, in the order of the columns.
    fn cells(&self) -> Vec<String>;
}

/// Rows with their places in the order of the question.
pub(super) type Rows<R> = Result<Vec<(R, Place)>, StoreError>;

struct Export<F> {
    asked: Asked,
    list: &'static str,
    rows: F,
    begun: bool,
    /// Rows that may follow; none where nobody says.
    left: Option<i64>,
    done: bool,
}

/// The answer to `asked`, which names an export. `list` names the list in the
/// JSON and the file; `rows` gives a page.
pub(super) fn export<R, F>(asked: Asked, list: &'static str, rows: F) -> Response
where
    R: Row,
    F: FnMut(Question) -> BoxFuture<'static, Rows<R>> + Send + 'static,
{
    let (headers, left) = (headers(asked.format, list), asked.most);
    let state = Export { asked, list, rows, begun: false, left, done: false };
    let stream = try_unfold(state, |export| async {
        export.next().await.inspect_err(|error| tracing::warn!(%error, "an export broke off"))
    });
    (headers, Body::from_stream(stream)).into_response()
}

impl<F> Export<F> {
    /// The text of the next page.
    async fn next<R>(mut self) -> Result<Option<(Bytes, Self)>, StoreError>
    where
        R: Row,
        F: FnMut(Question) -> BoxFuture<'static, Rows<R>>,
    {
        if self.done {
            return Ok(None);
        }
        let mut question = self.asked.question.clone();
        question.limit = self.left.map_or(question.limit, |left| left.min(question.limit));
        let asked = question.limit;
        let rows = (self.rows)(question).await?;
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        self.left = self.left.map(|left| left - count);
        self.done = count < asked || self.left.is_some_and(|left| left <= 0);
        if let Some((_, place)) = rows.last() {
            self.asked.question.after = Some(place.clone());
            self.asked.question.start = 0;
        }
        let mut writer = Writer { format: self.asked.format, list: self.list, begun: self.begun };
        let mut text = String::new();
        for (row, _) in &rows {
            writer.row(&mut text, row)?;
        }
        if self.done {
            writer.end::<R>(&mut text);
        }
        self.begun = writer.begun;
        Ok(Some((text.into(), self)))
    }
}

/// A short list as a whole.
pub(super) fn whole<R: Row>(format: Format, list: &'static str, rows: &[R]) -> Result<Response> {
    let mut writer = Writer { format, list, begun: false };
    let mut text = String::new();
    for row in rows {
        writer.row(&mut text, row)?;
    }
    writer.end::<R>(&mut text);
    Ok((headers(format, list), text).into_response())
}

fn headers(format: Format, list: &str) -> [(HeaderName, String); 2] {
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Page | Format::Json => ("application/json", "json"),
    };
    let disposition = format!("attachment; filename={list}.{ending}");
    [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)]
}

struct Writer {
    format: Format,
    list: &'static str,
    begun: bool,
}

impl Writer {
    fn row<R: Row>(&mut self, text: &mut String, row: &R) -> Result<(), StoreError> {
        let first = !self.begun;
        self.begin::<R>(text);
        if self.format == Format::Csv {
            let cells: Vec<String> = row.cells().iter().map(|text| cell(text)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
            return Ok(());
        }
        text.push_str(if first { "\n" } else { ",\n" });
        let json = serde_json::to_string(row);
        text.push_str(&json.map_err(|error| StoreError::inconsistent("export", error))?);
        Ok(())
    }

    fn begin<R: Row>(&mut self, text: &mut String) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        match self.format {
            Format::Csv => text.extend([&R::COLUMNS.join(","), "\r\n"]),
            Format::Page | Format::Json => text.extend(["{\"", self.list, "\":["]),
        }
    }

    fn end<R: Row>(&mut self, text: &mut String) {
        self.begin::<R>(text);
        if self.format != Format::Csv {
            text.push_str("\n]}\n");
        }
    }
}

/// A cell, quoted where that is needed. A spreadsheet takes none for a formula.
pub(super) fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !formula && !text.contains(['"', ',', '\r', '\n']) {
        return text.to_owned();
    }
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\"").replace(['\r', '\n'], " "))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::store::question::{Kind, Order, Value};

    static ORDER: Order = Order { name: "n", columns: &[("n", Kind::Number)], descends: false };

    #[derive(Serialize)]
    struct Number {
        n: i64,
    }

    impl Row for Number {
        const COLUMNS: &'static [&'static str] = &["n"];

        fn cells(&self) -> Vec<String> {
            vec![self.n.to_string()]
        }
    }

    /// The numbers up to `all`, two at a time; the fifth page fails.
    async fn exported(format: Format, all: i64, most: Option<i64>) -> Result<String, String> {
        let question = Question {
            within: None,
            conditions: Vec::new(),
            order: &ORDER,
            descending: false,
            after: None,
            start: 0,
            limit: 2,
        };
        let mut pages = 0;
        let rows = move |question: Question| -> BoxFuture<'static, Rows<Number>> {
            pages += 1;
            let fails = pages == 5;
            Box::pin(async move {
                if fails {
                    return Err(sqlx::Error::PoolTimedOut.into());
                }
                let after = match question.after {
                    Some(Place(values)) if matches!(values[..], [Value::Number(_)]) => {
                        match values[0] {
                            Value::Number(n) => n,
                            _ => 0,
                        }
                    }
                    _ => 0,
                };
                let page = (after + 1..=all).take(question.limit as usize);
                Ok(page.map(|n| (Number { n }, Place(vec![Value::Number(n)]))).collect())
            })
        };
        let answer = export(Asked { question, format, most }, "numbers", rows);
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(body.to_bytes().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn all_pages_are_one_document() {
        for all in 0..6 {
            let json = exported(Format::Json, all, None).await.unwrap();
            let document: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(document["numbers"].as_array().unwrap().len() as i64, all, "{json}");
            let csv = exported(Format::Csv, all, None).await.unwrap();
            assert_eq!(csv.lines().count() as i64, all + 1, "{csv}");
        }
        assert_eq!(exported(Format::Csv, 9, Some(3)).await.unwrap(), "n\r\n1\r\n2\r\n3\r\n");
    }

    #[tokio::test]
    async fn what_fails_on_its_way_breaks_off() {
        for format in [Format::Csv, Format::Json] {
            assert!(exported(format, 100, None).await.is_err());
        }
    }

    #[test]
    fn cells_are_text() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=1+1", "\"'=1+1\""),
            ("a \"b\",\nc", "\"a \"\"b\"\", c\""),
            ("-1", "\"'-1\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
