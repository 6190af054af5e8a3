//! A field that has few values. Where a question does not say which of them it is about but
//! how they are, they are looked up first: a question about what no row has would read all.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{Comparison, Question, Value};
use crate::store::Result;

/// Values that are looked up. Where more of them pass, rows that do are not rare, and soon
/// found in any order.
const MOST: usize = 64;

/// Where the values of a field are.
#[derive(Debug)]
pub struct Known {
    /// Its name.
    pub field: &'static str,
    /// How it is compared where it is known which values pass.
    pub comparisons: &'static [Comparison],
    /// From `FROM` up to a condition.
    pub rows: &'static str,
}

impl Question {
    /// The same question, which says of this field what it is equal to.
    pub async fn resolved(&self, conn: &mut PgConnection, known: &Known) -> Result<Self> {
        let mut resolved = self.clone();
        for condition in &mut resolved.conditions {
            if condition.field.name != known.field
                || !known.comparisons.contains(&condition.comparison)
            {
                continue;
            }
            let mut sql = QueryBuilder::<Postgres>::new("SELECT DISTINCT ");
            sql.push(condition.field.sql).push(known.rows);
            condition.push_of_value(&mut sql);
            sql.push(" LIMIT ").push_bind(MOST as i64 + 1);
            let values: Vec<String> = sql.build_query_scalar().fetch_all(&mut *conn).await?;
            if values.len() <= MOST {
                condition.comparison = Comparison::Eq;
                condition.wanted = values.into_iter().map(Value::Text).collect();
            }
        }
        Ok(resolved)
    }
}
