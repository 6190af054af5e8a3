//! What a caller sees whose role does not reach everything: rows of some
//! clusters, and of some namespaces in them.
//!
//! A statement that begins with [`Within::push`] has tables of its own that hold
//! nothing else, under the names of the whole ones: so no part of it, no filter,
//! order or count, can tell of what is not shown.

use palisade_api::ClusterId;
use palisade_identity::{AccessScope, Namespace, ScopeClusters};
use palisade_policy::cluster::{ClusterLabels, ClusterSelector};
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::Result;
use super::question::{Condition, Kind};

/// Of namespaces in so few clusters all images are counted at once.
const FEW_CLUSTERS: usize = 16;

/// Images, each counted when it is looked at.
const COUNTED_EACH: &str = "), running_image AS NOT MATERIALIZED (
         SELECT one.id, one.name, one.image_id, one.scanned_at, one.report,
                one.critical, one.high, one.medium, one.low,
                (SELECT count(*)::integer FROM cluster_image AS spread
                 WHERE spread.running_image = one.id) AS clusters,
                (SELECT count(*)::integer FROM workload AS runs
                 WHERE runs.running_image = one.id) AS workloads
         FROM running_image AS one) ";

/// Images of which something runs, all counted at once, and once only where a
/// statement looks at them twice.
const COUNTED_AT_ONCE: &str = "), running_image AS (
         SELECT one.id, one.name, one.image_id, one.scanned_at, one.report,
                one.critical, one.high, one.medium, one.low, spread.clusters,
                coalesce(runs.workloads, 0) AS workloads
         FROM running_image AS one
         JOIN (SELECT running_image, count(*)::integer AS clusters
               FROM cluster_image GROUP BY running_image) AS spread
              ON spread.running_image = one.id
         LEFT JOIN (SELECT running_image, count(*)::integer AS workloads
                    FROM workload GROUP BY running_image) AS runs
              ON runs.running_image = one.id) ";

/// The same, where what runs alone tells in which clusters.
const COUNTED_BY_WORKLOADS: &str = "), running_image AS (
         SELECT one.id, one.name, one.image_id, one.scanned_at, one.report,
                one.critical, one.high, one.medium, one.low, runs.clusters, runs.workloads
         FROM running_image AS one
         JOIN (SELECT running_image, count(*)::integer AS clusters,
                      sum(workloads)::integer AS workloads
               FROM (SELECT running_image, cluster_id, count(*) AS workloads
                     FROM workload GROUP BY running_image, cluster_id) AS of_cluster
               GROUP BY running_image) AS runs
              ON runs.running_image = one.id) ";

/// Rows of some clusters and namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// The clusters; none: all of them.
    pub(super) clusters: Option<Vec<Uuid>>,
    /// Patterns of LIKE for the namespaces; none are all of them.
    pub(super) namespaces: Vec<String>,
}

impl Within {
    /// What is within a scope now.
    pub async fn of(conn: &mut PgConnection, scope: &AccessScope) -> Result<Self> {
        let clusters = match scope.clusters() {
            ScopeClusters::All => None,
            ScopeClusters::Labelled(selector) => Some(labelled(conn, selector).await?),
            ScopeClusters::Listed(ids) => Some(ids.iter().map(ClusterId::as_uuid).collect()),
        };
        Ok(Self { clusters, namespaces: scope.namespaces().iter().map(pattern).collect() })
    }

    /// The clusters; none: all of them.
    pub fn clusters(&self) -> Option<&[Uuid]> {
        self.clusters.as_deref()
    }

    /// Whether it has a cluster.
    pub fn has(&self, cluster: Uuid) -> bool {
        self.clusters.as_ref().is_none_or(|clusters| clusters.contains(&cluster))
    }

    /// Whether all of a cluster is within.
    pub fn has_whole_clusters(&self) -> bool {
        self.namespaces.is_empty()
    }

    /// Whether it is namespaces that are soon read: in few clusters, or found by their names.
    /// Most images do not run there.
    pub(super) fn is_small(&self) -> bool {
        let few = self.clusters().is_some_and(|clusters| clusters.len() <= FEW_CLUSTERS);
        !self.has_whole_clusters() && (few || self.named().is_some())
    }

    /// The namespaces, where none of them is a pattern.
    fn named(&self) -> Option<Vec<String>> {
        self.namespaces.iter().map(|one| only_name(one)).collect()
    }

    /// Begins a statement. What it then calls `event`, `workload`,
    /// `cluster_image` and `running_image` is what is within.
    pub fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        self.push_narrowed(sql, &[], false);
    }

    /// The same, of what runs and meets conditions besides, which are about that. Images are
    /// counted `at_once` where a statement looks at all of them, or few are within.
    pub(super) fn push_narrowed(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        narrower: &[&Condition],
        at_once: bool,
    ) {
        sql.push("WITH event AS NOT MATERIALIZED (SELECT * FROM event WHERE true");
        self.push_conditions(sql);
        sql.push("), workload AS NOT MATERIALIZED (SELECT * FROM workload WHERE true");
        self.push_conditions(sql);
        for condition in narrower {
            condition.push(sql);
        }
        sql.push("), cluster_image AS NOT MATERIALIZED (");
        let of_clusters = narrower.iter().all(|one| one.field.kind == Kind::Cluster);
        let whole_clusters = self.has_whole_clusters() && of_clusters;
        if whole_clusters {
            sql.push("SELECT cluster_id, running_image FROM cluster_image WHERE true");
            self.push_clusters(sql);
            for condition in narrower {
                condition.push(sql);
            }
        } else {
            sql.push("SELECT DISTINCT cluster_id, running_image FROM workload");
        }
        // What is asked for may be a few of the images, which are found by what runs of
        // them; what a role reaches may be most, of which a page needs a few.
        let at_once = at_once || !narrower.is_empty();
        sql.push(match (at_once, whole_clusters) {
            (false, _) => COUNTED_EACH,
            (true, true) => COUNTED_AT_ONCE,
            (true, false) => COUNTED_BY_WORKLOADS,
        });
    }

    /// Adds the same to the conditions of a statement on one table, which has the
    /// columns that they are about.
    pub(super) fn push_conditions(&self, sql: &mut QueryBuilder<Postgres>) {
        self.push_clusters(sql);
        self.push_namespaces(sql);
    }

    /// Adds that of the namespaces alone.
    ///
    /// An index finds those that are named, where no pattern stands beside them.
    pub(super) fn push_namespaces(&self, sql: &mut QueryBuilder<Postgres>) {
        if self.namespaces.is_empty() {
            return;
        }
        match self.named() {
            Some(named) => sql.push(" AND namespace = ANY (").push_bind(named),
            None => sql.push(" AND namespace LIKE ANY (").push_bind(self.namespaces.clone()),
        };
        sql.push(")");
    }

    fn push_clusters(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(clusters) = &self.clusters {
            sql.push(" AND cluster_id = ANY (").push_bind(clusters.clone()).push(")");
        }
    }
}

/// The clusters whose labels meet a selector. There are as many as there are
/// clusters, and few that differ.
pub async fn labelled(conn: &mut PgConnection, selector: &ClusterSelector) -> Result<Vec<Uuid>> {
    let rows = sqlx::query!(
        r#"SELECT labels AS "labels: Json<ClusterLabels>", array_agg(id) AS "ids!"
           FROM member WHERE kind <> 'scanner' GROUP BY labels"#
    )
    .fetch_all(conn)
    .await?;
    let meets = rows.into_iter().filter(|row| selector.matches(&row.labels.0));
    Ok(meets.flat_map(|row| row.ids).collect())
}

/// A pattern of LIKE. What is in no namespace meets none.
fn pattern(namespace: &Namespace) -> String {
    if namespace.as_str().bytes().all(|byte| byte == b'*') {
        return "_%".to_owned();
    }
    let escaped = namespace.as_str().replace('\\', "\\\\").replace('_', "\\_");
    escaped.replace('%', "\\%").replace('*', "%")
}

/// The one namespace that a pattern admits; none where it may be several.
fn only_name(pattern: &str) -> Option<String> {
    let mut name = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' | '_' => return None,
            '\\' => name.extend(letters.next()),
            letter => name.push(letter),
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::question::{About, Comparison, Field, Value};

    #[test]
    fn stars_alone_are_patterns() {
        for (namespace, like) in
            [("shop", "shop"), ("team-*", "team-%"), ("a_b*", "a\\_b%"), ("*", "_%")]
        {
            assert_eq!(pattern(&namespace.parse().unwrap()), like);
            let one = Some(namespace.to_owned()).filter(|namespace| !namespace.contains('*'));
            assert_eq!(only_name(like), one);
        }
        assert_eq!(only_name("a\\_b"), Some("a_b".to_owned()));
    }

    #[test]
    fn namespaces_that_are_named_are_looked_up() {
        for (namespaces, condition) in [
            (vec!["shop", "a\\_b"], " AND namespace = ANY ($1)"),
            (vec!["shop", "team-%"], " AND namespace LIKE ANY ($1)"),
            (vec![], ""),
        ] {
            let namespaces = namespaces.into_iter().map(str::to_owned).collect();
            let mut sql = QueryBuilder::<Postgres>::new("");
            Within { clusters: None, namespaces }.push_namespaces(&mut sql);
            assert_eq!(sql.sql().as_str(), condition);
        }
    }

    #[test]
    fn what_runs_elsewhere_is_not_counted() {
        static OF_CLUSTER: Field = Field {
            about: About::WhatRuns,
            ..Field::new("cluster", "cluster_id", Kind::Cluster, &[])
        };
        static OF_NAMESPACE: Field = Field {
            about: About::WhatRuns,
            ..Field::new("namespace", "namespace", Kind::Text, &[])
        };
        let one =
            |field, value| Condition { field, comparison: Comparison::Eq, wanted: vec![value] };
        let cluster = one(&OF_CLUSTER, Value::Cluster(Uuid::from_u128(1)));
        let namespace = one(&OF_NAMESPACE, Value::Text("shop".to_owned()));
        let counted = |narrower: &[&Condition]| {
            let mut sql = QueryBuilder::<Postgres>::new("");
            Within::default().push_narrowed(&mut sql, narrower, false);
            let text = sql.sql().as_str().to_owned();
            text.split_once("workload AS").map(|(_, text)| text.to_owned()).unwrap_or_default()
        };
        let text = counted(&[&cluster]);
        assert!(text.contains("FROM workload WHERE true AND (cluster_id = $1)"), "{text}");
        assert!(text.contains("FROM cluster_image WHERE true AND (cluster_id = $2)"), "{text}");
        let text = counted(&[&cluster, &namespace]);
        assert!(text.contains("true AND (cluster_id = $1) AND (namespace = $2)"), "{text}");
        assert!(
            text.contains("SELECT DISTINCT cluster_id, running_image FROM workload)"),
            "{text}"
        );
    }

    #[test]
    fn images_are_counted_as_the_statement_needs_them() {
        for (clusters, namespaces, at_once, expected) in [
            (None, vec!["shop"], false, COUNTED_EACH),
            (None, vec!["shop"], true, COUNTED_BY_WORKLOADS),
            (Some(2), vec![], true, COUNTED_AT_ONCE),
            (Some(2), vec!["shop"], true, COUNTED_BY_WORKLOADS),
        ] {
            let within = Within {
                clusters: clusters.map(|most| (0..most).map(Uuid::from_u128).collect()),
                namespaces: namespaces.into_iter().map(str::to_owned).collect(),
            };
            let mut sql = QueryBuilder::<Postgres>::new("");
            within.push_narrowed(&mut sql, &[], at_once);
            assert!(sql.sql().as_str().ends_with(expected), "{within:?} {at_once}");
        }
    }

    #[test]
    fn every_table_of_rows_by_cluster_is_shadowed() {
        let within = Within {
            clusters: Some(vec![Uuid::from_u128(1)]),
            namespaces: vec!["shop-%".to_owned()],
        };
        let mut sql = QueryBuilder::<Postgres>::new("");
        within.push(&mut sql);
        let text = sql.sql().as_str().to_owned();
        for table in ["event", "workload"] {
            let shadow = format!(
                "{table} AS NOT MATERIALIZED (SELECT * FROM {table} WHERE true AND cluster_id = ANY ("
            );
            assert!(text.contains(&shadow), "{text}");
        }
        assert_eq!(text.matches("namespace LIKE ANY").count(), 2, "{text}");
        assert!(text.contains("SELECT DISTINCT cluster_id, running_image FROM workload"), "{text}");
    }
}
