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
/// does. Of several parts it is the one that the question orders by, or else one that it
/// tells of itself: that is one value where many names may be of it, and no index has the
/// events of many names in the order of time.
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
    if let Some(conditions) = saying(&kinds, question) {
        resolved.conditions.retain(|condition| !tells_of_kind(condition));
        resolved.conditions.extend(conditions);
    } else {
        resolved.conditions.extend(equal("name", &passing(&kinds, |kind| kind.name.as_str())));
    }
    Ok(resolved)
}

/// What says which kinds pass: nothing where all do, else one condition. None where no part
/// of them tells.
fn saying(kinds: &[Kind], question: &Question) -> Option<Vec<Condition>> {
    if !kinds.is_empty() && kinds.iter().all(|kind| kind.passes) {
        return Some(Vec::new());
    }
    let telling = PARTS.iter().filter_map(|(field, part)| {
        let passing = passing(kinds, *part);
        let tells = kinds.iter().all(|kind| kind.passes == passing.contains(part(kind)));
        tells.then_some((*field, passing))
    });
    let asks = |field| question.conditions.iter().any(|one| one.field.name == field);
    let (field, passing) =
        telling.min_by_key(|(field, _)| (*field != question.order.name, !asks(*field)))?;
    Some(equal(field, &passing).into_iter().collect())
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
    use crate::store::event::list::{ORDERS, newest};

    /// What is said of kinds: fields and their values. The question tells of some fields.
    fn said(
        kinds: &[(&str, &str, &str, bool)],
        asked: &[&str],
        order: &str,
    ) -> Option<Vec<(&'static str, Vec<String>)>> {
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
        let asked = asked.iter().filter_map(|field| equal(field, &BTreeSet::new()));
        let order = ORDERS.iter().find(|one| one.name == order).unwrap();
        let question = Question { order, ..newest(asked.collect(), 0, 1) };
        let conditions = saying(&kinds, &question)?.into_iter();
        let said =
            conditions.map(|one| (one.field.name, one.wanted.into_iter().map(text).collect()));
        Some(said.collect())
    }

    fn of(field: &'static str, values: &[&str]) -> Vec<(&'static str, Vec<String>)> {
        vec![(field, values.iter().map(|value| (*value).to_owned()).collect())]
    }

    #[test]
    fn kinds_are_said_by_the_part_that_tells_them_from_all_others() {
        for (kinds, expected) in [
            (vec![("a", "1", "x", true), ("b", "2", "x", true)], Some(vec![])),
            (vec![("a", "1", "x", true), ("b", "2", "x", false)], Some(of("name", &["a"]))),
            (vec![("a", "1", "x", true), ("a", "2", "x", false)], Some(of("level", &["1"]))),
            (
                vec![("a", "1", "x", true), ("a", "1", "y", false), ("b", "2", "y", false)],
                Some(of("category", &["x"])),
            ),
            (vec![("a", "1", "x", true), ("a", "2", "x", false), ("b", "1", "x", false)], None),
            (vec![("a", "1", "x", false)], Some(of("name", &[]))),
            (vec![], Some(of("name", &[]))),
        ] {
            assert_eq!(said(&kinds, &[], "time"), expected, "{kinds:?}");
        }
    }

    #[test]
    fn of_parts_that_tell_the_one_is_said_that_the_question_is_about() {
        let kinds = [("a", "1", "x", true), ("b", "1", "x", true), ("c", "2", "y", false)];
        for (asked, order, expected) in [
            (vec!["name"], "time", of("name", &["a", "b"])),
            (vec!["level"], "time", of("level", &["1"])),
            (vec!["category"], "cluster", of("category", &["x"])),
            (vec!["level", "name"], "time", of("name", &["a", "b"])),
            (vec!["category", "level"], "time", of("level", &["1"])),
            (vec!["level"], "name", of("name", &["a", "b"])),
            (vec!["name"], "category", of("category", &["x"])),
        ] {
            assert_eq!(said(&kinds, &asked, order), Some(expected), "{asked:?} by {order}");
        }
    }
}
