//! The images that events are about. A text that an image contains is looked
//! for among these few, and not in all events.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::{PgConnection, PgTransaction, Postgres, QueryBuilder};

use super::NewEvent;
use super::list::IMAGE;
use crate::store::Result;
use crate::store::question::{Comparison, Question, Value};

/// Images that are looked up one by one. Where a text stands in more of them,
/// events that match are not rare, and soon found in any order.
const MOST: i64 = 512;

/// Images of events that are about to be stored, each with its last day.
#[derive(Default)]
pub(super) struct NewImages(BTreeMap<String, NaiveDate>);

impl NewImages {
    pub(super) fn add(&mut self, event: &NewEvent) {
        if event.image.is_empty() {
            return;
        }
        let day = event.at.date_naive();
        match self.0.get_mut(&event.image) {
            Some(last) => *last = day.max(*last),
            None => {
                self.0.insert(event.image.clone(), day);
            }
        }
    }

    /// In the order of the images, so that nobody waits for each other.
    pub(super) async fn write(self, tx: &mut PgTransaction<'_>) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (images, days): (Vec<String>, Vec<NaiveDate>) = self.0.into_iter().unzip();
        sqlx::query!(
            "INSERT INTO event_image (image, day)
             SELECT * FROM unnest($1::text[], $2::date[])
             ON CONFLICT (image) DO UPDATE SET day = excluded.day
             WHERE event_image.day < excluded.day",
            &images,
            &days,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Forgets the images without an event since the day `oldest`.
pub async fn forget(conn: &mut PgConnection, oldest: NaiveDate) -> Result<()> {
    sqlx::query!("DELETE FROM event_image WHERE day < $1", oldest).execute(conn).await?;
    Ok(())
}

/// The images that a question is about.
pub(super) struct Images {
    /// Their names.
    pub names: Vec<String>,
    /// Which of the question's conditions says so.
    pub condition: usize,
}

/// The images that a text of the question stands in, or at the beginning of, where those
/// are few; none where it has no such text. The empty text stands in events without an image,
/// too, and those are not among them.
pub(super) async fn named(conn: &mut PgConnection, question: &Question) -> Result<Option<Images>> {
    let text = question.conditions.iter().enumerate().find(|(_, condition)| {
        condition.field.name == IMAGE.name
            && matches!(condition.comparison, Comparison::Contains | Comparison::Prefix)
            && !condition.wanted.contains(&Value::Text(String::new()))
    });
    let Some((condition, text)) = text else { return Ok(None) };
    let mut sql =
        QueryBuilder::<Postgres>::new("SELECT image FROM event_image AS event WHERE true");
    text.push(&mut sql);
    sql.push(" LIMIT ").push_bind(MOST + 1);
    let names: Vec<String> = sql.build_query_scalar().fetch_all(&mut *conn).await?;
    Ok((names.len() as i64 <= MOST).then_some(Images { names, condition }))
}
