//! Names, levels, logs and namespaces of events, of which there are few. Where a question
//! does not say which of them it is about but how they are, they are looked for among what
//! days were counted by: a question about what no event has would read all events.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::store::Result;
use crate::store::question::{Comparison, Question, Value};

/// Fields that days are counted by.
const COUNTED: [&str; 4] = ["name", "category", "level", "namespace"];
/// Values that are looked up. Where more of them pass, events that do are not rare, and
/// soon found in any order.
const MOST: usize = 64;

/// The same question, which says of these fields what they are equal to.
pub(super) async fn resolved(conn: &mut PgConnection, question: &Question) -> Result<Question> {
    let mut resolved = question.clone();
    let conditions = resolved.conditions.iter_mut();
    for condition in conditions.filter(|one| one.comparison != Comparison::Eq) {
        if !COUNTED.contains(&condition.field.name) {
            continue;
        }
        let mut sql = QueryBuilder::<Postgres>::new("SELECT DISTINCT ");
        sql.push(condition.field.sql);
        sql.push(" FROM event_tally_namespace AS event WHERE event.hours = 24");
        condition.push(&mut sql);
        sql.push(" LIMIT ").push_bind(MOST as i64 + 1);
        let values: Vec<String> = sql.build_query_scalar().fetch_all(&mut *conn).await?;
        if values.len() <= MOST {
            condition.comparison = Comparison::Eq;
            condition.wanted = values.into_iter().map(Value::Text).collect();
        }
    }
    Ok(resolved)
}
