//! Logins a second, and what a list takes meanwhile: hashing a password is the
//! work, and it has a bound.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use palisade_tests::{ADMIN_PASSWORD, Primary, fleet};

use crate::figures::{Figures, milliseconds, percentile};

/// Who log in side by side, again and again.
const PEOPLE: usize = 8;
/// So many logins each.
const LOGINS: usize = 25;

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let begin = Instant::now();
    let people = (0..PEOPLE).map(async |_| {
        let mut took = Vec::new();
        for _ in 0..LOGINS {
            let mut rest = primary.rest()?;
            let begin = Instant::now();
            rest.login("admin", ADMIN_PASSWORD).await?;
            took.push(begin.elapsed());
            // A user has a bounded number of sessions.
            rest.delete("/v1/auth").await?.ok()?;
        }
        anyhow::Ok(took)
    });
    let people = try_join_all(people);
    tokio::pin!(people);
    let mut beside = Vec::new();
    let mut took: Vec<Duration> = loop {
        let call = async {
            let begin = Instant::now();
            admin.get("/v1/group").await?.ok()?;
            anyhow::Ok(begin.elapsed())
        };
        tokio::select! {
            done = &mut people => break done?.into_iter().flatten().collect(),
            one = call => beside.push(one?),
        }
    };
    let elapsed = begin.elapsed();
    ensure!(took.len() == PEOPLE * LOGINS && !beside.is_empty(), "nothing was measured");
    figures.add("logins_per_s", took.len() as f64 / elapsed.as_secs_f64(), "logins/s");
    figures.add("login_p99", milliseconds(percentile(&mut took, 0.99)), "ms");
    let beside = percentile(&mut beside, 0.99);
    figures.add("list_beside_logins_p99", milliseconds(beside), "ms");
    Ok(())
}
