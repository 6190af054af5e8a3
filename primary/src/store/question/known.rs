//! Fields that have few values. Where a question does not say which of them it is about but
//! how they are, they are looked up first: a question about what no row has would read all.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{Comparison, Question, Value};
use crate::store::Result;

/// Values that are looked up. Where more of them pass, rows that do are not rare, and soon
/// found in any order.
const MOST: usize = 64;

/// Where the values of some fields are.
#[derive(Debug)]
pub struct Known {
    /// The fields, each with what is read of it: from `FROM` up to a condition.
    pub fields: &'static [(&'static str, &'static str)],
    /// How they are compared where it is known which values pass.
    pub comparisons: &'static [Comparison],
}

impl Question {
    /// The same question, which says of these fields what they are equal to.
    pub async fn resolved(&self, conn: &mut PgConnection, known: &Known) -> Result<Self> {
        let mut resolved = self.clone();
        for condition in &mut resolved.conditions {
            let rows = known.fields.iter().find(|(name, _)| *name == condition.field.name);
            let Some((_, rows)) = rows else { continue };
            if !known.comparisons.contains(&condition.comparison) {
                continue;
            }
            let mut sql = QueryBuilder::<Postgres>::new("SELECT DISTINCT ");
            sql.push(condition.field.sql).push(rows);
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
