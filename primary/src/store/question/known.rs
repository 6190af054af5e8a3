//! A field that has few values. Where a question does not say which of them it is about but
//! how they are, they are looked up first: a question about what no row has would read all.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{Comparison, Condition, Field, Question, Value};
use crate::store::Result;

/// Values that are looked up. Where more of them pass, rows that do are not rare, and soon
/// found in any order.
const MOST: usize = 64;

/// Where the values of a field are.
#[derive(Debug)]
pub struct Known {
    /// The field.
    pub field: &'static Field,
    /// How it is compared where it is known which values pass.
    pub comparisons: &'static [Comparison],
    /// Whether it holds the namespaces that roles are limited to.
    pub limited: bool,
    /// From `FROM` up to a condition.
    pub rows: &'static str,
}

impl Known {
    fn is_told_of(&self, condition: &Condition) -> bool {
        condition.field.name == self.field.name
    }

    /// The statement that looks up which values pass; none where the question says it itself.
    fn passing(&self, question: &Question) -> Option<QueryBuilder<Postgres>> {
        let told = question.conditions.iter().filter(|condition| self.is_told_of(condition));
        let within = question.within.as_ref();
        let within = within.filter(|within| self.limited && !within.has_whole_clusters());
        let unsaid = |condition: &Condition| self.comparisons.contains(&condition.comparison);
        if within.is_none() && !told.clone().any(unsaid) {
            return None;
        }
        let mut sql = QueryBuilder::<Postgres>::new("SELECT DISTINCT ");
        sql.push(self.field.sql).push(self.rows);
        for condition in told {
            condition.push_of_value(&mut sql);
        }
        if let Some(within) = within {
            within.push_namespaces(&mut sql);
        }
        sql.push(" LIMIT ").push_bind(MOST as i64 + 1);
        Some(sql)
    }
}

impl Question {
    /// The same question, which says of this field what it is equal to.
    pub async fn resolved(&self, conn: &mut PgConnection, known: &Known) -> Result<Self> {
        let mut resolved = self.clone();
        let Some(mut sql) = known.passing(self) else { return Ok(resolved) };
        let values: Vec<String> = sql.build_query_scalar().fetch_all(conn).await?;
        if values.len() <= MOST {
            resolved.conditions.retain(|condition| !known.is_told_of(condition));
            resolved.conditions.push(Condition {
                field: known.field,
                comparison: Comparison::Eq,
                wanted: values.into_iter().map(Value::Text).collect(),
            });
        }
        Ok(resolved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::question::Kind;
    use crate::store::question::place::tests::ORDER;
    use crate::store::within::Within;

    const NAMESPACE: Field = Field::new("namespace", "one.namespace", Kind::Text, &[]);
    static KNOWN: Known = Known {
        field: &NAMESPACE,
        comparisons: &[Comparison::Prefix],
        limited: true,
        rows: " FROM known AS one WHERE true",
    };

    fn looked_up(comparisons: &[Comparison], namespaces: &[&str]) -> Option<String> {
        let condition = |comparison: &Comparison| Condition {
            field: KNOWN.field,
            comparison: *comparison,
            wanted: vec![Value::Text("shop".to_owned())],
        };
        let namespaces = namespaces.iter().map(|one| (*one).to_owned()).collect();
        let question = Question {
            within: Some(Within { clusters: None, namespaces }),
            conditions: comparisons.iter().map(condition).collect(),
            order: &ORDER,
            descending: true,
            after: None,
            start: 0,
            limit: 10,
        };
        Some(KNOWN.passing(&question)?.sql().as_str().to_owned())
    }

    #[test]
    fn values_are_looked_up_where_a_question_or_a_role_does_not_say_them() {
        let all = "SELECT DISTINCT one.namespace FROM known AS one WHERE true";
        for (comparisons, namespaces, expected) in [
            (vec![], vec![], None),
            (vec![Comparison::Eq], vec![], None),
            (vec![Comparison::Prefix], vec![], Some(" AND (starts_with(one.namespace, $1))")),
            (
                vec![Comparison::Eq, Comparison::Prefix],
                vec![],
                Some(" AND (one.namespace = $1) AND (starts_with(one.namespace, $2))"),
            ),
            (vec![], vec!["shop-%"], Some(" AND namespace LIKE ANY ($1)")),
            (
                vec![Comparison::Eq],
                vec!["shop-%"],
                Some(" AND (one.namespace = $1) AND namespace LIKE ANY ($2)"),
            ),
        ] {
            let found = looked_up(&comparisons, &namespaces);
            match expected {
                None => assert_eq!(found, None, "{comparisons:?} {namespaces:?}"),
                Some(end) => {
                    let found = found.unwrap();
                    assert!(found.starts_with(&format!("{all}{end} LIMIT $")), "{found}");
                }
            }
        }
    }
}
