//! The harness itself: what the other tests stand on.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use palisade_tests::hostile::{HostileRegistry, Sending};
use palisade_tests::image::{self, Image, ImageBuilder};
use palisade_tests::layer::{Compression, LayerBuilder};
use palisade_tests::proxy::Proxy;
use palisade_tests::{Postgres, Registry, wait};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn postgres_keeps_its_rows_over_a_stop() -> Result<()> {
    let mut postgres = Postgres::start().await?;
    let url = postgres.create_database("rows").await?;
    let mut connection = PgConnection::connect(&url).await?;
    sqlx::raw_sql("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        .execute(&mut connection)
        .await?;
    postgres.stop().await?;
    ensure!(PgConnection::connect(&url).await.is_err(), "stopped, yet it answers");
    postgres.resume().await?;
    let mut connection = PgConnection::connect(&url).await?;
    let (n,): (i32,) = sqlx::query_as("SELECT n FROM kept").fetch_one(&mut connection).await?;
    assert_eq!(n, 7);
    Ok(())
}

/// All that looks like an id in the database of a primary.
async fn ids(postgres: &Postgres) -> Result<BTreeSet<String>> {
    let url = postgres.primary_database().await?;
    let mut connection = PgConnection::connect(&url).await?;
    let columns = "SELECT format('SELECT %I::text FROM %I', column_name, table_name)
        FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'uuid'";
    let columns: Vec<String> = sqlx::query_scalar(columns).fetch_all(&mut connection).await?;
    let all = sqlx::AssertSqlSafe(columns.join(" UNION ALL "));
    let ids: Vec<Option<String>> = sqlx::query_scalar(all).fetch_all(&mut connection).await?;
    Ok(ids.into_iter().flatten().collect())
}

#[tokio::test]
async fn no_two_tests_have_the_same_primary() -> Result<()> {
    let (one, other) = (Postgres::start().await?, Postgres::start().await?);
    let (one, other) = (ids(&one).await?, ids(&other).await?);
    ensure!(one.len() >= 2 && one.is_disjoint(&other), "{one:?} {other:?}");
    Ok(())
}

#[tokio::test]
async fn a_pushed_index_is_listed_and_read_back() -> Result<()> {
    let registry = Registry::start().await?;
    let layer = |compression| {
        image::debian_layer(&[("libssl3", "3.0.9-1", "openssl")])?.layer_as(compression)
    };
    let amd64 = ImageBuilder::new().layer(layer(Compression::Zstd)?).user("1000").build()?;
    let arm64 =
        ImageBuilder::new().layer(layer(Compression::Gzip)?).architecture("arm64").build()?;
    let digest = Image::push_index(&[amd64, arm64], &registry.url(), "shop/orders", "v1").await?;
    let tags: Value =
        reqwest::get(format!("{}/v2/shop/orders/tags/list", registry.url())).await?.json().await?;
    assert_eq!(tags["tags"], serde_json::json!(["v1"]));
    let index = reqwest::Client::new()
        .get(format!("{}/v2/shop/orders/manifests/v1", registry.url()))
        .header("Accept", image::INDEX)
        .send()
        .await?;
    assert_eq!(index.headers()["docker-content-digest"], digest.as_str());
    Ok(())
}

#[tokio::test]
async fn a_hostile_registry_cuts_its_blobs() -> Result<()> {
    let registry = HostileRegistry::start().await?;
    let image = ImageBuilder::new()
        .layer(LayerBuilder::new().file("a", [1; 4096])?.layer_as(Compression::None)?)
        .build()?;
    registry.put(&image, "shop/cut", "v1", |_| Sending::CutAfter(100))?;
    palisade_tests::install_tls_provider();
    let url = format!("{}/v2/shop/cut/blobs/{}", registry.url(), image.layers[0].digest);
    let body = reqwest::get(url).await?.bytes().await;
    ensure!(body.is_err(), "a cut body arrived whole");
    Ok(())
}

#[tokio::test]
async fn a_held_relay_passes_nothing_until_it_heals() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = Proxy::start(listener.local_addr()?).await?;
    let mut client = TcpStream::connect(proxy.address()).await?;
    let (mut server, _) = listener.accept().await?;
    proxy.hold();
    client.write_all(b"late").await?;
    let mut read = [0; 4];
    let early =
        tokio::time::timeout(std::time::Duration::from_millis(200), server.read_exact(&mut read))
            .await;
    ensure!(early.is_err(), "held, yet bytes passed");
    proxy.heal();
    server.read_exact(&mut read).await?;
    assert_eq!(&read, b"late");
    proxy.cut();
    wait::until("the connection is reset", || {
        let mut byte = [0];
        let closed = client.try_read(&mut byte);
        async move {
            match closed {
                Ok(0) => Ok(Some(())),
                Err(e) if e.kind() != std::io::ErrorKind::WouldBlock => Ok(Some(())),
                _ => Ok(None),
            }
        }
    })
    .await
}
