//! The images that events are about. A text that an image contains is looked
//! for among these few, and not in all events.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::{PgConnection, PgTransaction, Postgres, QueryBuilder};

use super::NewEvent;
use super::list::IMAGE;
use crate::store::Result;
use crate::store::question::{Comparison, Condition, Question, Value};

/// Images that are looked up one by one. Where a text stands in more of them,
/// events that match are not rare, and soon found in any order.
const MOST: i64 = 64;

/// Images of events that are about to be stored, each with its last day.
#[derive(Default)]
pub(super) struct Images(BTreeMap<String, NaiveDate>);

impl Images {
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

/// The question with the images that its texts stand in, where those are few.
pub(super) async fn resolve(conn: &mut PgConnection, question: &Question) -> Result<Question> {
    let mut resolved = question.clone();
    for condition in &question.conditions {
        if condition.field.name != IMAGE.name || condition.comparison != Comparison::Contains {
            continue;
        }
        let mut sql =
            QueryBuilder::<Postgres>::new("SELECT image FROM event_image AS event WHERE true");
        condition.push(&mut sql);
        sql.push(" LIMIT ").push_bind(MOST + 1);
        let images: Vec<String> = sql.build_query_scalar().fetch_all(&mut *conn).await?;
        if images.len() as i64 <= MOST {
            let wanted = images.into_iter().map(Value::Text).collect();
            resolved.conditions.push(Condition {
                field: &IMAGE,
                comparison: Comparison::Eq,
                wanted,
            });
        }
    }
    Ok(resolved)
}
