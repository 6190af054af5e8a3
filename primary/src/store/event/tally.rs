//! How many events of each kind happened when. The database counts them by hours,
//! by clusters and by namespaces, and by images in longer spans, as they come; what is
//! asked otherwise is counted from the events, as far as their indexes say which.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::image;
use super::list::NAMESPACES;
use crate::store::Result;
use crate::store::question::{Kind, Question};

/// What events are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Five minutes.
    FiveMinutes,
    /// An hour.
    Hour,
    /// A quarter of a day.
    SixHours,
    /// A day of UTC.
    Day,
}

impl Span {
    /// How long it is.
    pub const fn length(self) -> TimeDelta {
        match self {
            Self::FiveMinutes => TimeDelta::minutes(5),
            Self::Hour => TimeDelta::hours(1),
            Self::SixHours => TimeDelta::hours(6),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// Hours, where spans of so many are counted as events come.
    const fn hours(self) -> Option<i16> {
        match self {
            Self::FiveMinutes => None,
            Self::Hour => Some(1),
            Self::SixHours => Some(6),
            Self::Day => Some(24),
        }
    }
}

/// What tells the kinds of events apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The level.
    Level,
    /// The name.
    Name,
    /// The log.
    Category,
    /// The cluster.
    Cluster,
    /// The namespace.
    Namespace,
}

impl Split {
    const fn sql(self) -> &'static str {
        match self {
            Self::Level => "event.level",
            Self::Name => "event.name",
            Self::Category => "event.category",
            Self::Cluster => "event.cluster_id",
            Self::Namespace => "event.namespace",
        }
    }
}

/// Events of one kind in one span.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Tally {
    /// Where the span begins.
    pub at: DateTime<Utc>,
    /// What they have in common.
    pub of: String,
    /// How many.
    pub events: i64,
}

/// Where numbers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// From the events themselves.
    Events,
    /// From what was counted of each cluster.
    Clusters,
    /// From what was counted of each namespace: the fewest rows in a large fleet.
    Namespaces,
    /// From what was counted of each image, which nobody does by hours.
    Images,
}

impl Source {
    /// The source that knows what a question is about.
    fn of(question: &Question, span: Span, split: Split) -> Self {
        let asks = |name| question.conditions.iter().any(|one| one.field.name == name);
        let within = question.within.as_ref();
        let of_clusters = split == Split::Cluster
            || question.conditions.iter().any(|one| one.field.kind == Kind::Cluster)
            || within.is_some_and(|within| within.clusters().is_some());
        let of_namespaces = split == Split::Namespace
            || asks("namespace")
            || within.is_some_and(|within| !within.has_whole_clusters());
        match (span, asks("image"), of_clusters, of_namespaces) {
            (Span::SixHours | Span::Day, true, false, false) => Self::Images,
            (Span::FiveMinutes, ..) | (_, true, ..) | (_, _, true, true) => Self::Events,
            (_, _, true, false) => Self::Clusters,
            (_, _, false, _) => Self::Namespaces,
        }
    }

    /// The table of what was counted; none of the events themselves.
    const fn counted(self) -> Option<&'static str> {
        match self {
            Self::Events => None,
            Self::Clusters => Some("event_tally"),
            Self::Namespaces => Some("event_tally_namespace"),
            Self::Images => Some("event_tally_image"),
        }
    }
}

/// Counts what a question admits from the beginning of a span on, until that of
/// another. The question says nothing of the time.
pub async fn count(
    conn: &mut PgConnection,
    question: &Question,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    span: Span,
    split: Split,
) -> Result<Vec<Tally>> {
    let source = Source::of(question, span, split);
    let question = &match source {
        Source::Events => question.resolved(conn, &NAMESPACES).await?,
        Source::Clusters | Source::Namespaces | Source::Images => question.clone(),
    };
    let images = image::named(conn, question).await?;
    let mut sql = match source.counted() {
        None => question.begin(),
        Some(_) => QueryBuilder::<Postgres>::default(),
    };
    // Clusters become texts when there are few.
    sql.push("SELECT at, of::text AS of, events FROM (SELECT ");
    match source.counted() {
        None => {
            sql.push("date_bin(make_interval(secs => ");
            sql.push_bind(span.length().num_seconds() as f64);
            sql.push("), event.at, timestamptz '1970-01-01 00:00:00+00') AS at, ");
            sql.push(split.sql()).push(" AS of, count(*) AS events FROM event WHERE true");
        }
        Some(table) => {
            sql.push("event.at, ").push(split.sql());
            sql.push(" AS of, sum(event.events)::bigint AS events FROM ").push(table);
            sql.push(" AS event WHERE event.hours = ").push_bind(span.hours());
            if let Some(within) = &question.within {
                within.push_conditions(&mut sql);
            }
        }
    }
    sql.push(" AND event.at >= ").push_bind(since);
    sql.push(" AND event.at < ").push_bind(until);
    for condition in &question.conditions {
        if images.is_some() {
            condition.push(&mut sql);
        } else {
            image::push_of_all(&mut sql, condition);
        }
    }
    if let Some(images) = images {
        sql.push(" AND event.image = ANY (").push_bind(images.names).push(")");
    }
    sql.push(" GROUP BY 1, 2) AS counted");
    Ok(sql.build_query_as().fetch_all(conn).await?)
}

/// Forgets the numbers of days before `oldest`, and kinds and namespaces of none since.
pub async fn forget(conn: &mut PgConnection, oldest: NaiveDate) -> Result<()> {
    let before = oldest.and_time(NaiveTime::MIN).and_utc();
    sqlx::query!(
        "DELETE FROM event_tally
         WHERE hours IN (SELECT hours FROM event_tally_span) AND at < $1",
        before,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM event_tally_namespace
         WHERE hours IN (SELECT hours FROM event_tally_span) AND at < $1",
        before,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM event_tally_image
         WHERE hours IN (SELECT hours FROM event_tally_span) AND at < $1",
        before,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM event_kind WHERE day < $1", oldest).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM event_namespace WHERE day < $1", oldest).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::event::list::{FIELDS, named, newest};
    use crate::store::question::{Comparison, Condition, Value};
    use crate::store::within::Within;

    fn on(name: &str) -> Condition {
        let field = FIELDS.iter().find(|field| field.name == name).unwrap();
        let wanted = vec![Value::Text("x".to_owned())];
        Condition { field, comparison: Comparison::Eq, wanted }
    }

    #[test]
    fn numbers_are_read_where_they_are_known() {
        for (conditions, span, split, source) in [
            (vec![], Span::Hour, Split::Level, Source::Namespaces),
            (vec![named(&["a"]), on("level")], Span::Day, Split::Name, Source::Namespaces),
            (vec![on("namespace")], Span::SixHours, Split::Namespace, Source::Namespaces),
            (vec![], Span::Hour, Split::Cluster, Source::Clusters),
            (vec![on("cluster")], Span::Hour, Split::Category, Source::Clusters),
            (vec![on("cluster"), on("namespace")], Span::Hour, Split::Level, Source::Events),
            (vec![on("namespace")], Span::Hour, Split::Cluster, Source::Events),
            (vec![on("image")], Span::Day, Split::Level, Source::Images),
            (vec![on("image"), on("name")], Span::SixHours, Split::Name, Source::Images),
            (vec![on("image")], Span::Hour, Split::Level, Source::Events),
            (vec![on("image")], Span::Day, Split::Cluster, Source::Events),
            (vec![on("image"), on("namespace")], Span::Day, Split::Level, Source::Events),
            (vec![], Span::FiveMinutes, Split::Level, Source::Events),
        ] {
            let question = newest(conditions, 0, 1);
            let names: Vec<_> = question.conditions.iter().map(|one| one.field.name).collect();
            assert_eq!(Source::of(&question, span, split), source, "{names:?} {span:?} {split:?}");
        }
    }

    #[test]
    fn what_is_within_some_clusters_or_namespaces_is_read_where_that_is_known() {
        let one = Some(vec![uuid::Uuid::from_u128(1)]);
        for (clusters, namespaces, source) in [
            (one.clone(), vec![], Source::Clusters),
            (None, vec!["shop-%".to_owned()], Source::Namespaces),
            (one, vec!["shop-%".to_owned()], Source::Events),
        ] {
            let within = Some(Within { clusters, namespaces });
            let question = Question { within, ..newest(Vec::new(), 0, 1) };
            assert_eq!(Source::of(&question, Span::Hour, Split::Level), source);
        }
    }
}
