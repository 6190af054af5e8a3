//! Backups: whole, without secrets, and restored so that no cluster goes on
//! with what was lost.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::process::{Finished, Launch};
use palisade_tests::{Fleet, Primary, Rest, programs, wait};
use serde_json::{Value, json};

const SECRET: &str = "correct-horse-battery-staple";

async fn run(arguments: &[&str], data_dir: &Path) -> Result<Finished> {
    Launch::new("command", programs::primary()?)
        .args(arguments)
        .env("PALISADE_DATA_DIR", data_dir)
        .run(Duration::from_mins(2))
        .await
}

async fn comment(fleet: &Fleet, text: &str) -> Result<()> {
    let group = json!({ "config": { "name": "fed.shop", "comment": text, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": "shop" }] } });
    let known = fleet.admin.get("/v1/group/fed.shop?scope=fed").await?.status.is_success();
    let answer = if known {
        fleet.admin.patch("/v1/group/fed.shop", &group).await?
    } else {
        fleet.admin.post("/v1/group", &group).await?
    };
    answer.ok().map(drop)
}

/// What the agent obeys, as its own REST API says.
async fn obeyed(own: &Rest) -> Result<Value> {
    let groups = own.get("/v1/group?scope=fed").await?.ok()?;
    let groups = groups["groups"].as_array().context("no groups")?;
    let group = groups.iter().find(|group| group["name"] == "fed.shop");
    Ok(group.map(|group| group["comment"].clone()).unwrap_or_default())
}

#[tokio::test]
async fn a_restored_primary_has_its_clusters_obey_the_restored_state() -> Result<()> {
    let primary = Primary::builder().embedded().start().await?;
    let mut fleet = Fleet::of(primary, &["staging"]).await?;
    let registry = json!({ "config": { "name": "fed.reg", "registry_type": "Docker Registry",
        "registry": "https://registry.example/", "filters": ["*"], "cfg_type": "federal",
        "username": "u", "password": SECRET } });
    fleet.admin.post("/v1/scan/registry", &registry).await?.ok()?;
    comment(&fleet, "backed up").await?;
    // Logging in again and again would be held off.
    let own = fleet.agent("staging")?.admin().await?;
    fleet.wait_for_status("staging", "synced").await?;

    let place = tempfile::tempdir()?;
    let file = place.path().join("backup");
    let path = file.to_str().context("no UTF-8")?;
    // Beside the running primary.
    run(&["backup", "--out", path], fleet.primary.data_dir()).await?.ok()?;
    let open_token = fleet.primary.token(&[]).await?;
    comment(&fleet, "lost").await?;
    for at in 0..3 {
        comment(&fleet, &format!("lost {at}")).await?;
    }
    wait::until("the agent obeys the last edit", || async {
        Ok(wait::when(obeyed(&own).await? == "lost 2"))
    })
    .await?;

    let unpacked = zstd::decode_all(&std::fs::read(&file)?[..])?;
    let key = std::fs::read_to_string(fleet.primary.data_dir().join("sealing-key"))?;
    for secret in [SECRET, key.trim(), palisade_tests::ADMIN_PASSWORD] {
        let found = unpacked.windows(secret.len()).any(|part| part == secret.as_bytes());
        ensure!(!found, "a secret stands in the backup");
    }

    fleet.primary.stop().await?;
    fleet.primary.restore_into_new_folder(&file).await?;
    fleet.admin = fleet.primary.admin().await?;
    wait::until("the agent obeys what was restored", || async {
        Ok(wait::when(obeyed(&own).await? == "backed up"))
    })
    .await?;
    fleet.wait_for_status("staging", "synced").await?;
    // It goes on as a primary does.
    comment(&fleet, "after").await?;
    wait::until("the agent obeys an edit", || async {
        Ok(wait::when(obeyed(&own).await? == "after"))
    })
    .await?;
    fleet.wait_for_status("staging", "synced").await?;
    let refused = palisade_tests::Agent::builder("late", &open_token).refused().await?;
    ensure!(refused.contains("does not know the join token"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn what_is_no_whole_backup_restores_nothing() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    comment(&fleet, "here").await?;
    let place = tempfile::tempdir()?;
    let file = |name: &str| place.path().join(name);
    let text = |path: &Path| path.to_str().map(str::to_owned).context("no UTF-8");
    let whole = file("whole");
    fleet.primary.command(&["backup", "--out", &text(&whole)?]).await?.ok()?;
    let bytes = std::fs::read(&whole)?;
    let mut flipped = bytes.clone();
    let middle = bytes.len() / 2;
    flipped[middle] ^= 0xff;
    for (name, content) in [
        ("cut", &bytes[..bytes.len() - 20]),
        ("flipped", &flipped[..]),
        ("longer", &[&bytes[..], b"more"].concat()),
        ("empty", b""),
        ("other", b"no backup at all"),
    ] {
        std::fs::write(file(name), content)?;
        let path = text(&file(name))?;
        let checked = run(&["restore", "--check", "--in", &path], place.path()).await?;
        ensure!(checked.ok().is_err(), "{name} passes for a backup");
    }
    run(&["restore", "--check", "--in", &text(&whole)?], place.path()).await?.ok()?;

    // A database that is in use is not overwritten.
    let restored = fleet.primary.command(&["restore", "--in", &text(&whole)?]).await?;
    let said = restored.ok().err().context("it was overwritten")?.to_string();
    ensure!(said.contains("not empty"), "{said}");
    // Without the key of then nothing is restored.
    let folder = file("folder");
    let said = run(&["restore", "--in", &text(&whole)?], &folder).await?.ok().err();
    let said = said.context("restored without the key")?.to_string();
    ensure!(said.contains("sealing key"), "{said}");

    // Rows that the database refuses before the digest is read.
    let mut rows = zstd::decode_all(&bytes[..])?;
    let name = rows.windows(8).position(|part| part == b"fed.shop").context("no group")?;
    rows[name] = 0xff;
    let odd = file("odd");
    std::fs::write(&odd, zstd::encode_all(&rows[..], 0)?)?;
    let folder = file("other-folder");
    std::fs::create_dir(&folder)?;
    // Postgres does not run as root.
    std::fs::set_permissions(place.path(), Permissions::from_mode(0o755))?;
    let key = fleet.primary.data_dir().join("sealing-key");
    std::fs::copy(key, folder.join("sealing-key"))?;
    let said = run(&["restore", "--in", &text(&odd)?], &folder).await?.ok().err();
    let said = said.context("restored what is damaged")?.to_string();
    ensure!(said.contains("damaged"), "{said}");
    Ok(())
}
