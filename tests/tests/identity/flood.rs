//! A flood of logins does not keep others from being served.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use palisade_tests::{Agent, Primary, Rest};
use serde_json::json;

/// Logins at once.
const FLOOD: usize = 400;
/// A call beside them takes no longer than this, on a busy machine too; the
/// whole flood takes several times as long.
const BESIDE: Duration = Duration::from_secs(8);

/// Guesses of one password that come at once.
const GUESSES: usize = 60;
/// So many of them are looked at at most: some are free, and of those that have their
/// turn at the same time none waits for the others to fail.
const LOOKED_AT: usize = 30;

#[tokio::test]
async fn guesses_that_come_at_once_wait_as_those_do_that_come_in_turn() -> Result<()> {
    let primary = Primary::start().await?;
    let agent = Agent::without_token("alone").start().await?;
    for rest in [primary.rest()?, Rest::new(&format!("https://{}", agent.addresses()?.rest))?] {
        let guesses = (0..GUESSES).map(|number| {
            let rest = rest.clone();
            async move {
                let login = json!({ "username": "admin", "password": format!("guess-{number}") });
                rest.post("/v1/auth", &json!({ "password": login })).await
            }
        });
        let answers = futures_util::future::join_all(guesses).await;
        let answers = answers.into_iter().collect::<Result<Vec<_>>>()?;
        let looked_at = answers.iter().filter(|answer| answer.code() == Some(3)).count();
        ensure!((1..=LOOKED_AT).contains(&looked_at), "{looked_at} were looked at");
        ensure!(answers.iter().all(|answer| answer.status == 401 || answer.status == 503));
    }
    Ok(())
}

#[tokio::test]
async fn others_are_served_during_a_flood_of_logins() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let flood = (0..FLOOD).map(|number| {
        let rest = rest.clone();
        async move {
            let login = json!({ "username": format!("nobody-{number}"), "password": "guess" });
            rest.post("/v1/auth", &json!({ "password": login })).await
        }
    });
    let flood = tokio::spawn(futures_util::future::join_all(flood.collect::<Vec<_>>()));
    let mut slowest = Duration::ZERO;
    let mut calls = 0;
    while !flood.is_finished() {
        let began = Instant::now();
        admin.get("/v1/selfuser").await?.ok()?;
        slowest = slowest.max(began.elapsed());
        calls += 1;
    }
    let answers = flood.await?.into_iter().collect::<Result<Vec<_>>>()?;
    let refused = answers.iter().filter(|answer| answer.status == 401).count();
    let turned_away = answers.iter().filter(|answer| answer.status == 503).count();
    ensure!(refused + turned_away == FLOOD, "{refused} refused, {turned_away} turned away");
    ensure!(refused > 0, "nobody was even looked at");
    ensure!(calls > 2, "the flood was over before anything was measured");
    ensure!(slowest < BESIDE, "a call beside the flood took {slowest:?}");
    Ok(())
}
