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

/// The beginning of a query for images, up to a condition.
const SELECT: &str = "SELECT event.image FROM event_image AS event WHERE true";

/// Whether a condition is a text that stands in an image, or at its beginning. The empty one
/// stands in events without an image, too.
fn is_text(condition: &Condition) -> bool {
    condition.field.name == IMAGE.name
        && matches!(condition.comparison, Comparison::Contains | Comparison::Prefix)
        && !condition.wanted.contains(&Value::Text(String::new()))
}

/// Adds a condition to a statement that reads all events: a text is looked for once in each
/// image, and not in each event.
pub(super) fn push_of_all(sql: &mut QueryBuilder<Postgres>, condition: &Condition) {
    if is_text(condition) {
        sql.push(" AND event.image IN (").push(SELECT);
        condition.push(sql);
        sql.push(")");
    } else {
        condition.push(sql);
    }
}

/// The images that a question is about.
pub(super) struct Images {
    /// Their names.
    pub names: Vec<String>,
    /// Which of the question's conditions says so.
    pub condition: usize,
}

/// The images that a text of the question stands in, or at the beginning of, where those
/// are few; none where it has no such text.
pub(super) async fn named(conn: &mut PgConnection, question: &Question) -> Result<Option<Images>> {
    let mut conditions = question.conditions.iter().enumerate();
    let text = conditions.find(|(_, condition)| is_text(condition));
    let Some((condition, text)) = text else { return Ok(None) };
    let mut sql = QueryBuilder::<Postgres>::new(SELECT);
    text.push(&mut sql);
    sql.push(" LIMIT ").push_bind(MOST + 1);
    let names: Vec<String> = sql.build_query_scalar().fetch_all(&mut *conn).await?;
    Ok((names.len() as i64 <= MOST).then_some(Images { names, condition }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_for_among_the_images() {
        let pushed = |comparison, text: &str| {
            let wanted = vec![Value::Text(text.to_owned())];
            let mut sql = QueryBuilder::<Postgres>::default();
            push_of_all(&mut sql, &Condition { field: &IMAGE, comparison, wanted });
            sql.sql().as_str().to_owned()
        };
        assert_eq!(
            pushed(Comparison::Prefix, "shop"),
            " AND event.image IN (SELECT event.image FROM event_image AS event WHERE true \
             AND (starts_with(event.image, $1)))"
        );
        assert_eq!(pushed(Comparison::Prefix, ""), " AND (starts_with(event.image, $1))");
        assert_eq!(pushed(Comparison::Neq, "shop"), " AND NOT (event.image = $1)");
    }
}
