//! Clocks that jump while the programs run.

use anyhow::Result;
use palisade_tests::process::set_clock;
use palisade_tests::writer::group;
use palisade_tests::{Agent, Fleet, Primary, fleet};

use crate::judge::same;

/// Where clocks jump to: some hours, past the life of certificates, and back.
const JUMPS: [&str; 5] = ["+3h", "+0", "-3h", "+10d", "+0"];

#[tokio::test]
#[ignore = "long: make chaos"]
async fn edits_go_on_when_a_clock_jumps() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (ours, theirs) = (folder.path().join("primary"), folder.path().join("agent"));
    for file in [&ours, &theirs] {
        set_clock(file, "+0")?;
    }
    let primary = Primary::builder().clock_from(&ours).start().await?;
    fleet::promote(&primary).await?;
    let mut fleet = Fleet::of_promoted(primary).await?;
    let token = fleet.primary.token(&[]).await?;
    let agent = Agent::builder("staging", &token).clock_from(&theirs).start().await?;
    fleet.agents.insert("staging".to_owned(), agent);
    fleet.wait_for_status("staging", "synced").await?;
    for (n, jump) in JUMPS.into_iter().enumerate() {
        for (who, clock) in [("agent", &theirs), ("primary", &ours)] {
            println!("the clock of the {who} jumps to {jump}");
            set_clock(clock, jump)?;
            // Sessions that idled out by that clock begin anew.
            fleet.admin = fleet.primary.admin().await?;
            fleet.admin.post("/v1/group", &group(&format!("fed.{who}{n}"))).await?.ok()?;
            fleet.wait_for_status("staging", "synced").await?;
            same(&fleet.admin, &fleet.agent("staging")?.admin().await?).await?;
        }
    }
    Ok(())
}
