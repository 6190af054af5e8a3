//! What a directory is asked for a name that it does not find.

use std::sync::Arc;

use anyhow::{Result, ensure};
use palisade_tests::Primary;
use palisade_tests::proxy::Proxy;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

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

/// What is sent to a directory, all connections together. Ends when dropped.
struct Overheard {
    port: u16,
    sent: Arc<Mutex<Vec<u8>>>,
    _task: AbortOnDropHandle<()>,
}

impl Overheard {
    /// Passes on what comes to a port of its own.
    async fn start(directory: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&sent);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(pass_on(near, directory, Arc::clone(&heard)));
            }
        });
        Ok(Self { port, sent, _task: AbortOnDropHandle::new(task) })
    }

    async fn has(&self, text: &str) -> bool {
        let sent = self.sent.lock().await;
        sent.windows(text.len()).any(|part| part == text.as_bytes())
    }
}

async fn pass_on(near: TcpStream, directory: u16, heard: Arc<Mutex<Vec<u8>>>) -> Result<()> {
    let far = TcpStream::connect(("127.0.0.1", directory)).await?;
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    let there = async {
        let mut part = [0; 4_096];
        loop {
            let read = from_near.read(&mut part).await?;
            if read == 0 {
                return to_far.shutdown().await;
            }
            heard.lock().await.extend_from_slice(&part[..read]);
            to_far.write_all(&part[..read]).await?;
        }
    };
    let back = tokio::io::copy(&mut from_far, &mut to_near);
    tokio::try_join!(there, back)?;
    Ok(())
}

/// It may be the password of somebody whom others know.
#[tokio::test]
async fn the_directory_is_told_no_password_of_whom_it_does_not_know() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let slapd = directory().await?;
    let between = Overheard::start(slapd.port()).await?;
    let mut settings = with_default_role(&slapd, "reader");
    settings["ssl"] = json!(false);
    settings["port"] = json!(between.port);
    add(&admin, settings).await?;
    let rest = primary.rest()?;
    for (name, password, is_sent) in
        [("mary", "wrong-of-mary", true), ("nobody", "secret-of-nobody", false)]
    {
        log_in(&rest, "/v1/auth", name, password).await?.expect(401, 3)?;
        ensure!(between.has(name).await, "nobody looked for {name}");
        ensure!(between.has(password).await == is_sent, "the password of {name}");
    }
    Ok(())
}
