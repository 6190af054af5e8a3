//! A primary that is killed and starts again: from its first answer until it
//! shows all members as synced, and what that costs the database.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use palisade_tests::{Primary, Rest};
use sqlx::{Connection, PgConnection};

use crate::figures::Figures;

const WITHIN: Duration = Duration::from_mins(3);
/// Between two looks: the list of thousands costs the primary something too.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) async fn measure(
    figures: &mut Figures,
    primary: &mut Primary,
    size: usize,
) -> Result<()> {
    let url = primary.database_url().context("no database")?.to_owned();
    let mut database = PgConnection::connect(&url).await?;
    primary.kill().await?;
    let rows = rows_written(&mut database).await?;
    primary.restart().await?;
    let begin = Instant::now();
    let admin = primary.admin().await?;
    let mut looks = tokio::time::interval(LOOK);
    while synced(&admin).await? < size {
        anyhow::ensure!(begin.elapsed() < WITHIN, "the members do not come back");
        looks.tick().await;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let rows = (rows_written(&mut database).await? - rows) as f64 / size as f64;
    figures.add(format!("federation_storm_s_{size}"), seconds, "s");
    figures.add(format!("federation_storm_rows_per_agent_{size}"), rows, "rows");
    Ok(())
}

async fn synced(admin: &Rest) -> Result<usize> {
    Ok(admin.get("/v1/fed/member").await?.text.matches(r#""status":"synced""#).count())
}

/// Rows that statements have written. The positions that members acknowledged are
/// written many to a statement, once a second.
async fn rows_written(database: &mut PgConnection) -> Result<i64> {
    // Backends report at most once a second.
    sqlx::raw_sql("SELECT pg_stat_force_next_flush()").execute(&mut *database).await?;
    Ok(sqlx::query_scalar(
        "SELECT tup_inserted + tup_updated FROM pg_stat_database WHERE datname = current_database()",
    )
    .fetch_one(database)
    .await?)
}
