//! Which kinds of events there are. Name, level and category go together: where a question
//! tells of several of them, or is in the order of one and about another, the database takes
//! them for independent, and reads all events of a name to find none of a level.

use std::collections::BTreeSet;

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::list::FIELDS;
use crate::store::Result;
use crate::store::question::{Comparison, Condition, Question, Value};

/// Kinds that are looked at. Where there are more, the question stays as it is.
const MOST: usize = 1_000;

/// A kind, and whether it passes.
#[derive(sqlx::FromRow)]
struct Kind {
    name: String,
    level: String,
    category: String,
    passes: bool,
}

type Part = fn(&Kind) -> &str;

/// What a kind has, by the names of the fields.
const PARTS: [(&str, Part); 3] = [
    ("name", |kind| kind.name.as_str()),
    ("level", |kind| kind.level.as_str()),
    ("category", |kind| kind.category.as_str()),
];

fn tells_of_kind(condition: &Condition) -> bool {
    PARTS.iter().any(|(field, _)| *field == condition.field.name)
}

/// The same question in as few words: what it says of kinds is said by one of their parts
/// where that tells those that pass from all others, and names are said besides where none
/// does.
pub(super) async fn resolved(conn: &mut PgConnection, question: &Question) -> Result<Question> {
    if !question.conditions.iter().any(tells_of_kind) {
        return Ok(question.clone());
    }
    let mut sql =
        QueryBuilder::<Postgres>::new("SELECT event.name, event.level, event.category, (true");
    for condition in question.conditions.iter().filter(|condition| tells_of_kind(condition)) {
        condition.push(&mut sql);
    }
    sql.push(") AS passes FROM event_kind AS event LIMIT ").push_bind(MOST as i64 + 1);
    let kinds: Vec<Kind> = sql.build_query_as().fetch_all(conn).await?;
    let mut resolved = question.clone();
    if kinds.len() > MOST {
        return Ok(resolved);
    }
    if let Some(conditions) = saying(&kinds) {
        resolved.conditions.retain(|condition| !tells_of_kind(condition));
        resolved.conditions.extend(conditions);
    } else {
        resolved.conditions.extend(equal("name", &passing(&kinds, |kind| kind.name.as_str())));
    }
    Ok(resolved)
}

/// What says which kinds pass: nothing where all do, else one condition. None where no part
/// of them tells.
fn saying(kinds: &[Kind]) -> Option<Vec<Condition>> {
    if !kinds.is_empty() && kinds.iter().all(|kind| kind.passes) {
        return Some(Vec::new());
    }
    PARTS.iter().find_map(|(field, part)| {
        let passing = passing(kinds, *part);
        let tells = kinds.iter().all(|kind| kind.passes == passing.contains(part(kind)));
        tells.then(|| equal(field, &passing).into_iter().collect())
    })
}

fn passing(kinds: &[Kind], part: Part) -> BTreeSet<&str> {
    kinds.iter().filter(|kind| kind.passes).map(part).collect()
}

fn equal(field: &str, values: &BTreeSet<&str>) -> Option<Condition> {
    let field = FIELDS.iter().find(|one| one.name == field)?;
    let wanted = values.iter().map(|value| Value::Text((*value).to_owned())).collect();
    Some(Condition { field, comparison: Comparison::Eq, wanted })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of kinds: fields and their values.
    fn said(kinds: &[(&str, &str, &str, bool)]) -> Option<Vec<(&'static str, Vec<String>)>> {
        let kinds: Vec<Kind> = kinds
            .iter()
            .map(|(name, level, category, passes)| Kind {
                name: (*name).to_owned(),
                level: (*level).to_owned(),
                category: (*category).to_owned(),
                passes: *passes,
            })
            .collect();
        let text = |value: Value| match value {
            Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        let conditions = saying(&kinds)?.into_iter();
        let said =
            conditions.map(|one| (one.field.name, one.wanted.into_iter().map(text).collect()));
        Some(said.collect())
    }

    #[test]
    fn kinds_are_said_by_the_part_that_tells_them_from_all_others() {
        let of = |field, values: &[&str]| {
            Some(vec![(field, values.iter().map(|value| (*value).to_owned()).collect())])
        };
        for (kinds, expected) in [
            (vec![("a", "1", "x", true), ("b", "2", "x", true)], Some(vec![])),
            (vec![("a", "1", "x", true), ("b", "2", "x", false)], of("name", &["a"])),
            (vec![("a", "1", "x", true), ("a", "2", "x", false)], of("level", &["1"])),
            (
                vec![("a", "1", "x", true), ("a", "1", "y", false), ("b", "2", "y", false)],
                of("category", &["x"]),
            ),
            (vec![("a", "1", "x", true), ("a", "2", "x", false), ("b", "1", "x", false)], None),
            (vec![("a", "1", "x", false)], of("name", &[])),
            (vec![], of("name", &[])),
        ] {
            assert_eq!(said(&kinds), expected, "{kinds:?}");
        }
    }
}
