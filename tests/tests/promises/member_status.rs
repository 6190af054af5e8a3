//! Every state that a member can be in, as both sides show it.

use std::time::Duration;

use anyhow::{Context, Result};
use palisade_api::federation::{JoinRequest, ProtocolRange, bye};
use palisade_api::kind::LogId;
use palisade_tests::proxy::Proxy;
use palisade_tests::simulated::{self, RawLink};
use palisade_tests::writer::group;
use palisade_tests::{Agent, Fleet, Rest, wait};
use serde_json::json;
use sqlx::{Connection, PgConnection};

/// What the remote shows of itself and of its primary.
async fn shown(rest: &Rest) -> Result<(String, String)> {
    let member = rest.get("/v1/fed/member").await?.ok()?;
    let status = |cluster: &serde_json::Value| cluster["status"].as_str().unwrap_or("").to_owned();
    Ok((status(&member["joint_clusters"][0]), status(&member["master_cluster"])))
}

async fn wait_until_shown(rest: &Rest, own: &str, primary: &str) -> Result<()> {
    wait::until(&format!("the remote shows {own} and {primary}"), || async {
        let shown = shown(rest).await?;
        anyhow::ensure!(shown == (own.to_owned(), primary.to_owned()), "{shown:?}");
        Ok(Some(()))
    })
    .await
}

/// A member that is brought into a state: what it says of its protocol, whether it
/// opens its link, whether it names any logs; the state, and the number of what a
/// deployment to it comes to.
struct Case {
    name: &'static str,
    token: &'static [&'static str],
    protocol: Option<(u32, u32)>,
    opens: bool,
    positions: bool,
    status: &'static str,
    deployed: u64,
}

const CASES: &[Case] = &[
    Case {
        name: "fresh",
        token: &[],
        protocol: None,
        opens: false,
        positions: true,
        status: "joined",
        deployed: 204,
    },
    Case {
        name: "unapproved",
        token: &["--approval"],
        protocol: None,
        opens: true,
        positions: true,
        status: "pending",
        deployed: 3,
    },
    Case {
        name: "silent",
        token: &[],
        protocol: None,
        opens: true,
        positions: true,
        status: "out_of_sync",
        deployed: 2,
    },
    Case {
        name: "greeted",
        token: &[],
        protocol: None,
        opens: true,
        positions: false,
        status: "joined",
        deployed: 1,
    },
    Case {
        name: "old",
        token: &[],
        protocol: Some((0, 0)),
        opens: true,
        positions: true,
        status: "joint_upgrade_required",
        deployed: 102,
    },
    Case {
        name: "new",
        token: &[],
        protocol: Some((7, 9)),
        opens: true,
        positions: true,
        status: "joint_version_too_new",
        deployed: 104,
    },
];

#[tokio::test]
async fn the_primary_shows_each_member_in_its_state() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    assert_eq!(
        fleet.admin.get("/v1/fed/member").await?.ok()?["master_cluster"]["status"],
        "active"
    );
    let mut links = Vec::new();
    for case in CASES {
        let identity = simulated::join(&fleet.primary.token(case.token).await?, case.name).await?;
        if case.opens {
            let mut hello = simulated::hello();
            hello.protocol = case.protocol.map(|(oldest, newest)| ProtocolRange { oldest, newest });
            if !case.positions {
                hello.positions.clear();
            }
            let mut link = RawLink::open(&identity, hello).await?;
            if case.protocol.is_some() {
                let bye = link.bye().await?;
                assert_eq!(bye.reason(), bye::Reason::Version, "{}", case.name);
                anyhow::ensure!(bye.text.contains("upgrade"), "{}", bye.text);
            }
            links.push(link);
        }
        fleet.wait_for_status(case.name, case.status).await?;
    }
    let deployed = fleet.admin.post("/v1/fed/deploy", &json!({})).await?.ok()?;
    for case in CASES {
        let member = fleet.member(case.name).await?.context(case.name)?;
        let id = member["id"].as_str().context("no id")?;
        assert_eq!(deployed["results"][id], case.deployed, "{}", case.name);
        // A console of the primary shows those that speak with it.
        let view = fleet.admin.get(&format!("/v1/fed/view/{id}")).await?.ok()?;
        assert_eq!(view["compatible"], case.protocol.is_none(), "{}", case.name);
    }
    // A version that cannot be spoken to is refused before it joins, too.
    for (oldest, newest, code) in [(0, 0, "43"), (7, 9, "42")] {
        let request = JoinRequest {
            name: "joining".to_owned(),
            protocol: Some(ProtocolRange { oldest, newest }),
            ..JoinRequest::default()
        };
        let token = fleet.primary.token(&[]).await?;
        let refused = simulated::join_as(&token, request).await.err().context("it was let in")?;
        let status = refused.downcast_ref::<tonic::Status>().context("no status")?;
        let said = status.metadata().get(palisade_api::CODE_METADATA).context("no code")?;
        assert_eq!(said, code);
    }
    Ok(())
}

#[tokio::test]
async fn what_lasts_only_a_moment_shows_while_it_does() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    // More than a connection holds that nobody reads.
    for n in 0..400 {
        let mut group = group(&format!("fed.g{n}"));
        group["config"]["comment"] = "x".repeat(900).into();
        fleet.admin.post("/v1/group", &group).await?.ok()?;
    }
    let identity = simulated::join(&fleet.primary.token(&[]).await?, "slow").await?;
    let mut link = RawLink::open(&identity, simulated::hello()).await?;
    fleet.wait_for_status("slow", "syncing").await?;
    // It reads, and does not say that it has anything.
    let reading = tokio::spawn(async move { while let Ok(Some(_)) = link.down.message().await {} });
    fleet.wait_for_status("slow", "out_of_sync").await?;
    reading.abort();

    // Each agent of the same identity makes the primary ask the one before, which is
    // silent, for a sign of life.
    let identity = simulated::join(&fleet.primary.token(&[]).await?, "silent").await?;
    let opening = tokio::spawn(async move {
        let mut links = Vec::new();
        for _ in 0..20 {
            links.push(RawLink::open(&identity, simulated::hello()).await);
        }
    });
    fleet.wait_for_status("silent", "pinging").await?;
    opening.abort();
    Ok(())
}

#[tokio::test]
async fn while_the_replicas_are_upgraded_a_member_waits_for_the_new_ones() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let url = fleet.primary.database_url().context("no database")?;
    let mut database = PgConnection::connect(url).await?;
    // What the first replica of a newer version does when it starts.
    sqlx::query(
        "INSERT INTO replica (id, address, version, heartbeat_at)
         VALUES (gen_random_uuid(), '127.0.0.1:1', '99.0.0', now() + interval '1 hour')",
    )
    .execute(&mut database)
    .await?;
    wait::until("the replicas know each other", || async {
        Ok(wait::when(fleet.admin.metric("palisade_replicas").await? > 1.5))
    })
    .await?;
    let identity = simulated::join(&fleet.primary.token(&[]).await?, "early").await?;
    let mut hello = simulated::hello();
    hello.protocol = Some(ProtocolRange { oldest: 7, newest: 9 });
    let bye = RawLink::open(&identity, hello).await?.bye().await?;
    assert_eq!(bye.reason(), bye::Reason::Version);
    anyhow::ensure!(bye.upgrade_ongoing && bye.text.contains("being upgraded"), "{bye:?}");
    fleet.wait_for_status("early", "cluster_upgrade_ongoing").await?;
    // The upgrade was taken back: now it waits for somebody to do something.
    sqlx::query("DELETE FROM replica WHERE version = '99.0.0'").execute(&mut database).await?;
    fleet.wait_for_status("early", "joint_version_too_new").await?;
    // Its agent was set back, too.
    let _link = simulated::open(&identity).await?;
    fleet.wait_for_status("early", "synced").await
}

#[tokio::test]
async fn both_sides_show_how_a_cluster_comes_and_goes() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let relay = Proxy::start(fleet.primary.addresses()?.federation).await?;
    let info = json!({ "server": "127.0.0.1", "port": relay.address().port() });
    fleet.admin.patch("/v1/fed/config", &json!({ "rest_info": info })).await?.ok()?;
    let agent = Agent::join("staging", &fleet.primary.token(&[]).await?).await?;
    let local = agent.admin().await?;
    fleet.wait_for_status("staging", "synced").await?;
    wait_until_shown(&local, "synced", "connected").await?;

    // The cable is pulled: nobody says a word, and both notice by the stream.
    relay.hold();
    wait::until_within("the primary shows it", Duration::from_mins(2), || async {
        let member = fleet.member("staging").await?.context("no member")?;
        Ok(wait::when(member["status"] == "disconnected"))
    })
    .await?;
    wait_until_shown(&local, "disconnected", "disconnected").await?;
    relay.cut();
    relay.heal();
    fleet.wait_for_status("staging", "synced").await?;
    wait_until_shown(&local, "synced", "connected").await?;

    // Everything is fetched again, by a line that lets little pass at a time.
    for n in 0..200 {
        let mut group = group(&format!("fed.g{n}"));
        group["config"]["comment"] = "x".repeat(900).into();
        fleet.admin.post("/v1/group", &group).await?.ok()?;
    }
    fleet.wait_for_status("staging", "synced").await?;
    relay.delay(Duration::from_millis(250));
    fleet.admin.post("/v1/fed/deploy", &json!({ "force": true })).await?.ok()?;
    wait_until_shown(&local, "syncing", "connected").await?;
    relay.heal();
    wait_until_shown(&local, "synced", "connected").await?;
    fleet.wait_for_status("staging", "synced").await?;

    // Removed: gone from the list, and to be seen among the former ones.
    let id = fleet.member("staging").await?.context("no member")?["id"].clone();
    let id = id.as_str().context("no id")?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.ok()?;
    wait_until_shown(&local, "", "").await?;
    let former = fleet.admin.get("/v1/fed/member?former=true").await?.ok()?;
    assert_eq!(former["joint_clusters"][0]["status"], "kicked");
    assert_eq!(former["joint_clusters"][0]["id"], id);
    assert_eq!(fleet.member("staging").await?, None);
    Ok(())
}

#[tokio::test]
async fn a_member_that_lies_about_its_state_is_not_synced() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let identity = simulated::join(&fleet.primary.token(&[]).await?, "liar").await?;
    let mut hello = simulated::hello();
    // It claims to be far ahead, of this life of the logs.
    let link = RawLink::open(&identity, hello.clone()).await?;
    fleet.wait_for_status("liar", "out_of_sync").await?;
    drop(link);
    for position in &mut hello.positions {
        position.revision = 1_000_000;
    }
    let _link = RawLink::open(&identity, hello).await?;
    fleet.wait_for_status("liar", "out_of_sync").await?;
    let member = fleet.member("liar").await?.context("no member")?;
    assert_eq!(LogId::ALL.len(), 2);
    anyhow::ensure!(member["status"] != "synced");
    Ok(())
}
