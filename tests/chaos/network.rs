//! Bad cables: a cluster in a network namespace, whose one cable is deaf, mute,
//! lossy, slow, or swallows large packets.

use anyhow::Result;
use palisade_tests::namespace::{Fault, Namespace};
use palisade_tests::writer::group;
use palisade_tests::{Agent, Fleet, Primary, fleet};

use crate::judge::same;

/// Whether nothing gets through, so that the cluster must count as lost.
const FAULTS: [(Fault, bool); 7] = [
    (Fault::Deaf, true),
    (Fault::Mute, true),
    (Fault::LargerThan(300), true),
    (Fault::Loss(5), false),
    (Fault::Loss(20), false),
    (Fault::Rate(56_000), false),
    (Fault::Delay(300), false),
];

#[tokio::test]
#[ignore = "long: make chaos"]
async fn a_cluster_behind_a_bad_cable_catches_up() -> Result<()> {
    let Some(namespace) = Namespace::make()? else { return Ok(()) };
    let primary = Primary::builder().listen_on(namespace.here()).start().await?;
    fleet::promote(&primary).await?;
    let agent = Agent::builder("staging", &primary.token(&[]).await?)
        .in_namespace(namespace.name(), namespace.there())
        .start()
        .await?;
    let fleet = Fleet::of_promoted(primary).await?;
    fleet.wait_for_status("staging", "synced").await?;
    let local = agent.admin().await?;
    for (n, (fault, lost)) in FAULTS.into_iter().enumerate() {
        println!("{fault:?}");
        if !namespace.suffer(fault)? {
            continue;
        }
        // An object of some size: it does not fit into one packet.
        let mut edit = group(&format!("fed.bad{n}"));
        edit["config"]["comment"] = "x".repeat(800).into();
        fleet.admin.post("/v1/group", &edit).await?.ok()?;
        if lost {
            fleet.wait_for_status("staging", "disconnected").await?;
            namespace.heal()?;
            fleet.wait_for_status("staging", "synced").await?;
        } else {
            // Slow is not lost.
            fleet.wait_for_status("staging", "synced").await?;
            namespace.heal()?;
        }
        same(&fleet.admin, &local).await?;
    }
    Ok(())
}
