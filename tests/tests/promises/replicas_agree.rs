//! Whatever one replica of a primary sees, all show, and all act upon.

use anyhow::{Context, Result, ensure};
use palisade_api::federation::{JoinRequest, ProtocolRange};
use palisade_tests::proxy::Proxy;
use palisade_tests::replicas::{member_id, members};
use palisade_tests::simulated::{self, RawLink};
use palisade_tests::writer::group;
use palisade_tests::{Agent, Primary, Replicas, Rest, wait};
use serde_json::json;

async fn admins(replicas: &Replicas) -> Result<Vec<Rest>> {
    let mut admins = Vec::new();
    for replica in replicas.all() {
        admins.push(replica.admin().await?);
    }
    Ok(admins)
}

async fn wait_for_status(replica: &Rest, name: &str, status: &str) -> Result<()> {
    wait::until(&format!("{name} is {status}"), || async {
        let members = members(replica).await?;
        let shown = &members.get(name).context("no member")?["status"];
        ensure!(*shown == *status, "it is {shown}");
        Ok(Some(()))
    })
    .await
}

/// A token for a cluster that reaches the federation by that replica.
async fn token_for(replica: &Primary) -> Result<String> {
    let token = replica.token(&["--uses", "9"]).await?;
    simulated::token_for(&token, replica.addresses()?.federation)
}

#[tokio::test]
async fn all_show_a_member_whose_version_one_of_them_refused() -> Result<()> {
    let replicas = Replicas::start(2, |primary| primary).await?;
    let admins = admins(&replicas).await?;
    let identity = simulated::join(&token_for(&replicas.others[0]).await?, "old").await?;
    let mut hello = simulated::hello();
    hello.protocol = Some(ProtocolRange { oldest: 0, newest: 0 });
    RawLink::open(&identity, hello).await?.bye().await?;
    for admin in &admins {
        wait_for_status(admin, "old", "joint_upgrade_required").await?;
    }
    // It was upgraded, and has gone since.
    let link = simulated::open(&identity).await?;
    for admin in &admins {
        wait_for_status(admin, "old", "synced").await?;
    }
    drop(link);
    for admin in &admins {
        wait_for_status(admin, "old", "disconnected").await?;
    }
    Ok(())
}

#[tokio::test]
async fn all_tell_their_members_where_the_primary_is_reached_from_now_on() -> Result<()> {
    let mut replicas = Replicas::start(2, |primary| primary).await?;
    let tokens = [token_for(&replicas.first).await?, token_for(&replicas.others[0]).await?];
    for (cluster, token) in ["amber", "blue"].into_iter().zip(tokens) {
        replicas.agents.insert(cluster.to_owned(), Agent::join(cluster, &token).await?);
    }
    let admins = admins(&replicas).await?;
    for admin in &admins {
        replicas.wait_for_synced(admin).await?;
        ensure!(admin.metric("palisade_links_connected").await? > 0.5, "one has all the links");
    }
    let federation = replicas.others[0].addresses()?.federation;
    let new = Proxy::start(federation).await?;
    let port = new.address().port();
    let info = json!({ "rest_info": { "server": "127.0.0.1", "port": port } });
    admins[0].patch("/v1/fed/config", &info).await?.ok()?;
    for cluster in ["amber", "blue"] {
        let local = replicas.agent(cluster)?.admin().await?;
        wait::until(&format!("{cluster} knows the new address"), || async {
            let member = local.get("/v1/fed/member").await?.ok()?;
            Ok(wait::when(member["master_cluster"]["rest_info"]["port"] == port))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_entry_is_kept_by_who_is_linked_to_any_of_them() -> Result<()> {
    let replicas = Replicas::start(2, |primary| primary).await?;
    let request = || JoinRequest {
        name: "staging".to_owned(),
        kube_system_uid: "the-uid".to_owned(),
        ..JoinRequest::default()
    };
    let here = token_for(&replicas.first).await?;
    let there = token_for(&replicas.others[0]).await?;
    let first = simulated::join_as(&there, request()).await?;
    let link = simulated::open(&first).await?;
    let refused = simulated::join_as(&here, request()).await.err().context("it was let in")?;
    ensure!(format!("{refused:#}").contains("staging"), "{refused:#}");
    ensure!(!link.has_ended(), "the living one was parted with");
    drop(link);
    // One that does not answer has lost its place, and its certificate.
    let mut silent = RawLink::open(&first, simulated::hello()).await?;
    let second = wait::until("the entry is taken up", || async {
        simulated::join_as(&here, request()).await.map(Some)
    })
    .await?;
    assert_eq!(second.membership().cluster_id, first.membership().cluster_id);
    ensure!(silent.bye().await.is_ok(), "its link ended without a word");
    wait::until("its certificate is refused everywhere", || async {
        Ok(wait::when(RawLink::open(&first, simulated::hello()).await.is_err()))
    })
    .await?;
    let _link = simulated::open(&second).await?;
    for admin in admins(&replicas).await? {
        wait_for_status(&admin, "staging", "synced").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_federation_is_dissolved_amid_changes_of_labels_and_rules() -> Result<()> {
    let mut replicas = Replicas::start(2, |primary| primary).await?;
    replicas.join(&["amber", "blue"]).await?;
    let admins = admins(&replicas).await?;
    let mut ids = Vec::new();
    for name in ["amber", "blue"] {
        ids.push(member_id(&admins[0], name).await?);
    }
    let changes = (0..24).map(|n| {
        let (admin, id) = (&admins[n % 2], &ids[n / 2 % 2]);
        async move {
            if n % 3 == 0 {
                return admin.post("/v1/group", &group(&format!("fed.of{n}"))).await;
            }
            let labels = json!({ "labels": { "round": n.to_string() } });
            admin.patch(&format!("/v1/fed/member/{id}/labels"), &labels).await
        }
    });
    let demote = async { admins[1].post("/v1/fed/demote", &json!({})).await };
    let (demoted, answers) = tokio::join!(demote, futures_util::future::try_join_all(changes));
    demoted?.ok()?;
    // Each is made before, or refused: none is in the way of another.
    for answer in answers? {
        ensure!(answer.status.as_u16() < 500, "{answer:?}");
    }
    Ok(())
}
