//! Events of the members, as a page or as an export, whatever a row is made of.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::export::{Row, export};
use super::question::{Asked, Format};
use crate::App;
use crate::http::error::Result;
use crate::store::event::list::{self, Event};

/// Answers `asked`. `name` names the list in the export, `row` makes a row of an
/// event, and `page` the answer of rows and of where the next page begins.
pub(super) async fn answer<R: Row, P: Serialize>(
    app: App,
    asked: Asked,
    name: &'static str,
    row: fn(Event) -> R,
    page: impl FnOnce(Vec<R>, Option<String>) -> P,
) -> Result<Response> {
    if asked.format != Format::Page {
        return Ok(export(asked, name, move |question| {
            let database = app.database.clone();
            Box::pin(async move {
                let mut tx = database.begin_question().await?;
                let events = list::list(&mut tx, &question).await?;
                let placed = |event: Event| {
                    let place = event.place(question.order);
                    (row(event), place)
                };
                Ok(events.into_iter().map(placed).collect())
            })
        }));
    }
    let question = asked.question;
    let mut tx = app.database.begin_question().await?;
    let events = list::list(&mut tx, &question).await?;
    let next = question.next(&events, Event::place);
    Ok(Json(page(events.into_iter().map(row).collect(), next)).into_response())
}
