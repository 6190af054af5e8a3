//! Exports: all that a question admits, streamed page by page as comma-separated
//! values or JSON, under the names that a page has for it. Nothing is gathered, and no
//! transaction waits for a client.
//! An export that fails on its way breaks off, so that nobody takes the
//! beginning for the whole.

use std::collections::HashMap;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::try_unfold;
use http::{HeaderName, header};
use serde::Serialize;
use serde_json::value::RawValue;

use super::question::{Asked, Format};
use crate::http::error::Result;
use crate::store::StoreError;
use crate::store::question::{Place, Question};

/// A row of an export.
pub(super) trait Row: Serialize + Send + 'static {
    /// What a page calls the list of them.
    const LIST: &'static str;
    /// What the file is called, without its ending.
    const FILE: &'static str = Self::LIST;
    /// All its fields, in the order of their columns.
    const COLUMNS: &'static [&'static str];
}

/// Rows with their places in the order of the question.
pub(super) type Rows<R> = Result<Vec<(R, Place)>, StoreError>;

struct Export<F> {
    asked: Asked,
    rows: F,
    begun: bool,
    total: Option<i64>,
    /// Rows that may follow; none where nobody says.
    left: Option<i64>,
    done: bool,
}

/// The answer to `asked`, which names an export; `rows` gives a page, `total` is what a
/// page tells of how many there are, where it does.
pub(super) fn export<R, F>(asked: Asked, total: Option<i64>, rows: F) -> Response
where
    R: Row,
    F: FnMut(Question) -> BoxFuture<'static, Rows<R>> + Send + 'static,
{
    let (headers, left) = (headers::<R>(asked.format), asked.most);
    let state = Export { asked, rows, begun: false, total, left, done: false };
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
        let mut writer = Writer { format: self.asked.format, begun: self.begun, total: self.total };
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

/// A short list as comma-separated values.
pub(super) fn csv<R: Row>(rows: &[R]) -> Result<Response> {
    let mut writer = Writer { format: Format::Csv, begun: false, total: None };
    let mut text = String::new();
    for row in rows {
        writer.row(&mut text, row)?;
    }
    writer.end::<R>(&mut text);
    Ok((headers::<R>(Format::Csv), text).into_response())
}

/// What says that an answer is a file.
pub(super) fn headers<R: Row>(format: Format) -> [(HeaderName, String); 2] {
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Page | Format::Json => ("application/json", "json"),
    };
    let disposition = format!("attachment; filename={}.{ending}", R::FILE);
    [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)]
}

struct Writer {
    format: Format,
    begun: bool,
    total: Option<i64>,
}

impl Writer {
    fn row<R: Row>(&mut self, text: &mut String, row: &R) -> Result<(), StoreError> {
        let first = !self.begun;
        self.begin::<R>(text);
        let unwritable = |error: serde_json::Error| StoreError::inconsistent("export", error);
        let json = serde_json::to_string(row).map_err(unwritable)?;
        if self.format != Format::Csv {
            text.push_str(if first { "\n" } else { ",\n" });
            text.push_str(&json);
            return Ok(());
        }
        let fields: HashMap<&str, &RawValue> = serde_json::from_str(&json).map_err(unwritable)?;
        for (n, column) in R::COLUMNS.iter().enumerate() {
            text.push_str(if n == 0 { "" } else { "," });
            // What is absent has an empty cell.
            let value = fields.get(column).map(|value| plain(value)).unwrap_or_default();
            text.push_str(&cell(&value));
        }
        text.push_str("\r\n");
        Ok(())
    }

    fn begin<R: Row>(&mut self, text: &mut String) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        match self.format {
            Format::Csv => text.extend([&R::COLUMNS.join(","), "\r\n"]),
            Format::Page | Format::Json => {
                let total = self.total.map(|total| format!("\"total\":{total},"));
                text.extend(["{", total.as_deref().unwrap_or_default()]);
                text.extend(["\"", R::LIST, "\":["]);
            }
        }
    }

    fn end<R: Row>(&mut self, text: &mut String) {
        self.begin::<R>(text);
        if self.format != Format::Csv {
            text.push_str("\n]}\n");
        }
    }
}

/// The text of a field: what a list says stands side by side, and what has a form of
/// its own stays JSON.
fn plain(value: &RawValue) -> String {
    let json = value.get();
    if json.starts_with('"') {
        return serde_json::from_str(json).unwrap_or_default();
    }
    if json == "null" {
        return String::new();
    }
    let texts = serde_json::from_str::<Vec<String>>(json);
    texts.map_or_else(|_| json.to_owned(), |texts| texts.join(" "))
}

/// What spreadsheets take for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// What some spreadsheets part cells by, whatever the file does.
const PARTING: [char; 2] = [';', '\t'];

/// A cell, quoted where that is needed. A spreadsheet takes none for a formula, nor a part
/// of one where it parts cells in its own way.
fn cell(text: &str) -> String {
    let guarded = guarded(text);
    if guarded == text && !text.contains(['"', ',', '\r', '\n']) {
        return guarded;
    }
    format!("\"{}\"", guarded.replace('"', "\"\"").replace(['\r', '\n'], " "))
}

fn guarded(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    let mut begins = true;
    for character in text.chars() {
        if begins && FORMULA.contains(&character) {
            guarded.push('\'');
        }
        guarded.push(character);
        // A quote after such a sign begins a quoted cell.
        begins = PARTING.contains(&character) || begins && character == '"';
    }
    guarded
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use http_body_util::BodyExt as _;
    use palisade_api::rest::event::{FedDenial, FedDenialsData, FedEvent, FedEventsData};
    use palisade_api::rest::fleet::{
        FedClusterSummary, FedComplianceData, FedComplianceItem, FedImage, FedImagesData,
        FedSummary, FedWorkload, FedWorkloadsData, FleetVulnerability, FleetVulnerabilityPage,
    };

    use super::*;
    use crate::store::question::{Kind, Order, Value};

    static ORDER: Order = Order { name: "n", columns: &[("n", Kind::Number)], descends: false };

    #[derive(Serialize)]
    struct Number {
        n: i64,
    }

    impl Row for Number {
        const LIST: &'static str = "numbers";
        const COLUMNS: &'static [&'static str] = &["n"];
    }

    /// A field of each form.
    #[derive(Serialize)]
    struct Forms {
        text: &'static str,
        score: f32,
        absent: Option<i64>,
        many: [&'static str; 2],
        nested: Box<RawValue>,
    }

    impl Row for Forms {
        const LIST: &'static str = "forms";
        const COLUMNS: &'static [&'static str] =
            &["score", "text", "many", "nested", "absent", "never_written"];
    }

    #[test]
    fn a_field_of_any_form_has_a_cell_of_its_own() {
        let nested = RawValue::from_string(r#"{"b":1,"a":[2]}"#.to_owned()).unwrap();
        let forms = Forms { text: "a, b", score: 9.8, absent: None, many: ["x", "y"], nested };
        let mut writer = Writer { format: Format::Csv, begun: false, total: None };
        let mut text = String::new();
        writer.row(&mut text, &forms).unwrap();
        writer.end::<Forms>(&mut text);
        assert_eq!(
            text,
            "score,text,many,nested,absent,never_written\r\n\
             9.8,\"a, b\",x y,\"{\"\"b\"\":1,\"\"a\"\":[2]}\",,\r\n"
        );
    }

    /// The fields that the document has of a row.
    fn fields<R: Row + utoipa::PartialSchema>() -> BTreeSet<String> {
        let schema = serde_json::to_value(R::schema()).unwrap();
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    }

    /// The lists that the document has of a page.
    fn lists<P: utoipa::PartialSchema>() -> Vec<String> {
        let schema = serde_json::to_value(P::schema()).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let lists = properties.iter().filter(|(_, property)| property["type"] == "array");
        lists.map(|(name, _)| name.clone()).collect()
    }

    fn agree<R: Row + utoipa::PartialSchema, P: utoipa::PartialSchema>() {
        let columns = R::COLUMNS.iter().map(|column| (*column).to_owned());
        assert_eq!(columns.collect::<BTreeSet<_>>(), fields::<R>(), "{}", R::FILE);
        assert_eq!(lists::<P>(), [R::LIST]);
    }

    #[test]
    fn a_page_and_both_exports_have_the_same_names() {
        agree::<FedComplianceItem, FedComplianceData>();
        agree::<FedDenial, FedDenialsData>();
        agree::<FedEvent, FedEventsData>();
        agree::<FedImage, FedImagesData>();
        agree::<FedClusterSummary, FedSummary>();
        agree::<FleetVulnerability, FleetVulnerabilityPage>();
        agree::<FedWorkload, FedWorkloadsData>();
    }

    /// The numbers up to `all`, two at a time; the fifth page fails.
    async fn exported(format: Format, all: i64, most: Option<i64>) -> Result<String, String> {
        told(format, all, most, None).await
    }

    /// The same, with how many there are.
    async fn told(
        format: Format,
        all: i64,
        most: Option<i64>,
        total: Option<i64>,
    ) -> Result<String, String> {
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
        let answer = export(Asked { question, format, most }, total, rows);
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
        // What a page tells of all is told of all, however few are wanted.
        for all in [0, 3] {
            let json = told(Format::Json, all, Some(2), Some(all)).await.unwrap();
            let document: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(document["total"], all, "{json}");
        }
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
            ("a; b", "a; b"),
            ("a;=1+1;b", "\"a;'=1+1;b\""),
            ("a\t@b", "\"a\t'@b\""),
            ("a;\"=1+1;b", "\"a;\"\"'=1+1;b\""),
            ("a;\"b\"-c", "\"a;\"\"b\"\"-c\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
