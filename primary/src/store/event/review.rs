//! What clusters were asked to admit, each different request once a day.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use palisade_api::{ClusterId, Digest};
use serde_json::value::RawValue;
use sqlx::types::Json;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::NewEvent;
use crate::store::{Result, StoreError};

/// A request that a cluster was asked.
#[derive(Clone, Debug)]
pub struct Review {
    /// The cluster.
    pub cluster: ClusterId,
    /// Tells it apart from others of the cluster.
    pub digest: Digest,
    /// When it was first asked that day.
    pub at: DateTime<Utc>,
    /// The request, as it was sent.
    pub detail: Box<RawValue>,
}

/// Requests to be stored.
#[derive(Default)]
pub(super) struct NewReviews {
    keys: BTreeSet<(NaiveDate, Uuid, Digest)>,
    days: Vec<NaiveDate>,
    clusters: Vec<Uuid>,
    digests: Vec<Vec<u8>>,
    at: Vec<DateTime<Utc>>,
    details: Vec<Json<Box<RawValue>>>,
}

impl NewReviews {
    pub(super) fn add(&mut self, cluster: ClusterId, event: &NewEvent) {
        let digest = Digest::of(event.detail.get().as_bytes());
        let day = event.at.date_naive();
        if self.keys.insert((day, cluster.as_uuid(), digest)) {
            self.days.push(day);
            self.clusters.push(cluster.as_uuid());
            self.digests.push(digest.as_bytes().to_vec());
            self.at.push(event.at);
            self.details.push(Json(event.detail.clone()));
        }
    }

    pub(super) async fn write(&self, tx: &mut PgTransaction<'_>) -> Result<()> {
        if self.days.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "INSERT INTO admission_review (day, cluster_id, digest, at, detail)
             SELECT * FROM unnest($1::date[], $2::uuid[], $3::bytea[], $4::timestamptz[],
                                  $5::json[])
             ON CONFLICT DO NOTHING",
            &self.days,
            &self.clusters,
            &self.digests,
            &self.at,
            &self.details as &[Json<Box<RawValue>>],
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// A page of what was asked on a day, in the order of cluster and digest,
/// beginning behind `after`; of some clusters alone, where these are named.
pub async fn page(
    conn: &mut PgConnection,
    clusters: Option<&[Uuid]>,
    day: NaiveDate,
    after: Option<(ClusterId, Digest)>,
    limit: i64,
) -> Result<Vec<Review>> {
    let (cluster, digest) = match &after {
        Some((cluster, digest)) => (cluster.as_uuid(), digest.as_bytes()),
        None => (Uuid::nil(), &[][..]),
    };
    let rows = sqlx::query!(
        r#"SELECT cluster_id, digest, at, detail AS "detail: Json<Box<RawValue>>"
           FROM admission_review
           WHERE day = $1 AND (cluster_id, digest) > ($2, $3)
             AND ($5::uuid[] IS NULL OR cluster_id = ANY ($5))
           ORDER BY cluster_id, digest LIMIT $4"#,
        day,
        cluster,
        digest,
        limit,
        clusters,
    )
    .fetch_all(conn)
    .await?;
    let review = |(cluster, digest, at, detail): (Uuid, Vec<u8>, _, Json<Box<RawValue>>)| {
        let digest = Digest::try_from(digest.as_slice())
            .map_err(|error| StoreError::inconsistent("admission_review", error))?;
        Ok(Review { cluster: ClusterId::from_uuid(cluster), digest, at, detail: detail.0 })
    };
    rows.into_iter().map(|row| review((row.cluster_id, row.digest, row.at, row.detail))).collect()
}
