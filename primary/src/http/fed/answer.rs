//! Answers to questions about the fleet, as a page or as an export, whatever a row is
//! made of.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::BoxFuture;
use serde::Serialize;
use sqlx::PgConnection;

use super::export::{Row, Rows, export};
use super::question::{Asked, Format};
use crate::App;
use crate::http::error::Result;
use crate::store::question::{Order, Place, Question};

/// Reads the rows that a question admits, each with its place in its order.
pub(super) type Read<R> = for<'a> fn(&'a mut PgConnection, &'a Question) -> BoxFuture<'a, Rows<R>>;

/// Answers `asked`. `page` makes the answer of rows and of where the next page begins.
pub(super) async fn answer<R: Row, P: Serialize>(
    app: App,
    asked: Asked,
    read: Read<R>,
    page: impl FnOnce(Vec<R>, Option<String>) -> P,
) -> Result<Response> {
    if asked.format != Format::Page {
        return Ok(export(asked, None, move |question| {
            let database = app.database.clone();
            Box::pin(async move {
                let mut tx = database.begin_question().await?;
                read(&mut tx, &question).await
            })
        }));
    }
    let question = asked.question;
    let mut tx = app.database.begin_question().await?;
    let rows = read(&mut tx, &question).await?;
    let next = question.next(&rows, |(_, place), _| place.clone());
    Ok(Json(page(rows.into_iter().map(|(row, _)| row).collect(), next)).into_response())
}

/// A row of each that was found, with its place in the order.
pub(super) fn placed<T, R>(
    found: Vec<T>,
    order: &Order,
    place: fn(&T, &Order) -> Place,
    row: fn(T) -> R,
) -> Vec<(R, Place)> {
    let rows = found.into_iter().map(|one| {
        let place = place(&one, order);
        (row(one), place)
    });
    rows.collect()
}
