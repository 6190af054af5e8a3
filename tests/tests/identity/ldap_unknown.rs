//! What a directory is asked for a name that it does not find.

use anyhow::{Result, ensure};
use palisade_tests::Primary;
use palisade_tests::proxy::Proxy;
use serde_json::json;

use crate::ldap::{add, directory, log_in, with_default_role};

/// Whoever measures how long an answer takes learns by that how often the directory was asked.
#[tokio::test]
async fn the_directory_is_asked_as_often_for_a_name_that_nobody_has() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let slapd = directory().await?;
    let between = Proxy::start(([127, 0, 0, 1], slapd.port()).into()).await?;
    let mut settings = with_default_role(&slapd, "reader");
    settings["ssl"] = json!(false);
    settings["port"] = json!(between.address().port());
    add(&admin, settings).await?;
    let rest = primary.rest()?;
    let connections = async |name: &str| -> Result<usize> {
        let before = between.accepted();
        log_in(&rest, "/v1/auth/ldap1", name, "wrong").await?.expect(401, 3)?;
        Ok(between.accepted() - before)
    };
    let (known, unknown) = (connections("mary").await?, connections("nobody").await?);
    ensure!(known == 2 && unknown == known, "{known} for mary, {unknown} for nobody");
    Ok(())
}

/// It may be the password of somebody whom others know.
#[tokio::test]
async fn the_directory_is_told_no_password_of_whom_it_does_not_know() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let slapd = directory().await?;
    let between = Proxy::overhearing(([127, 0, 0, 1], slapd.port()).into()).await?;
    let mut settings = with_default_role(&slapd, "reader");
    settings["ssl"] = json!(false);
    settings["port"] = json!(between.address().port());
    add(&admin, settings).await?;
    let rest = primary.rest()?;
    for (name, password, is_sent) in
        [("mary", "wrong-of-mary", true), ("nobody", "secret-of-nobody", false)]
    {
        log_in(&rest, "/v1/auth", name, password).await?.expect(401, 3)?;
        ensure!(between.has_sent(name).await?, "nobody looked for {name}");
        ensure!(between.has_sent(password).await? == is_sent, "the password of {name}");
    }
    Ok(())
}
