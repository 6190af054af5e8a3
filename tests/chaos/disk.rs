//! Full disks.

use anyhow::{Result, ensure};
use palisade_tests::small_disk::SmallDisk;
use palisade_tests::writer::{Writer, group, groups};
use palisade_tests::{Agent, Fleet, Primary, fleet, wait};

use crate::judge::same;

/// An agent's database and its log of writes.
const OF_AGENT: u64 = 24 << 20;
/// A Postgres of one's own, its log of writes, and some room.
const OF_PRIMARY: u64 = 160 << 20;

#[tokio::test]
#[ignore = "long: make chaos"]
async fn an_agent_whose_disk_is_full_keeps_what_it_has_and_catches_up() -> Result<()> {
    let Some(disk) = SmallDisk::mount(OF_AGENT)? else { return Ok(()) };
    let mut fleet = Fleet::start(&[]).await?;
    let token = fleet.primary.token(&[]).await?;
    let agent = Agent::builder("staging", &token).data_dir(&disk.folder("data")).start().await?;
    fleet.agents.insert("staging".to_owned(), agent);
    fleet.admin.post("/v1/group", &group("fed.before")).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;
    disk.fill()?;
    for n in 0..200 {
        let mut large = group(&format!("fed.full{n}"));
        large["config"]["comment"] = "x".repeat(900).into();
        fleet.admin.post("/v1/group", &large).await?.ok()?;
    }
    wait::until("the primary shows that it does not keep up", || async {
        let member = fleet.member("staging").await?.unwrap_or_default();
        Ok(wait::when(member["status"] != "synced"))
    })
    .await?;
    // What was in force stays so.
    let local = fleet.agent("staging")?.admin().await;
    if let Ok(local) = local {
        ensure!(groups(&local).await?.contains("fed.before"));
    }
    disk.free()?;
    fleet.wait_for_status("staging", "synced").await?;
    same(&fleet.admin, &fleet.agent("staging")?.admin().await?).await
}

#[tokio::test]
#[ignore = "long: make chaos"]
async fn a_primary_whose_disk_is_full_refuses_writes_and_loses_none() -> Result<()> {
    let Some(disk) = SmallDisk::mount(OF_PRIMARY)? else { return Ok(()) };
    let primary = Primary::builder().embedded().data_dir(&disk.folder("data")).start().await?;
    fleet::promote(&primary).await?;
    let mut fleet = Fleet::of_promoted(primary).await?;
    fleet.join("staging").await?;
    let writer = Writer::start("disk", vec![fleet.admin.clone()]);
    wait::until("some are written", || async {
        Ok(wait::when(groups(&fleet.admin).await?.len() > 20))
    })
    .await?;
    disk.fill()?;
    let mut large = group("fed.large");
    large["config"]["comment"] = "x".repeat(900).into();
    wait::until("a write is refused", || async {
        let answer = fleet.admin.post("/v1/group", &large).await?;
        fleet.admin.delete("/v1/group/fed.large").await?;
        Ok(wait::when(answer.status.is_server_error()))
    })
    .await?;
    disk.free()?;
    wait::until("writes go on", || async {
        let answer = fleet.admin.post("/v1/group", &group("fed.afterwards")).await?;
        Ok(wait::when(answer.status.is_success() || answer.code() == Some(13)))
    })
    .await?;
    let written = writer.finish().await?;
    fleet.admin = fleet.primary.admin().await?;
    fleet.wait_for_status("staging", "synced").await?;
    written.check(&groups(&fleet.admin).await?)?;
    same(&fleet.admin, &fleet.agent("staging")?.admin().await?).await
}
