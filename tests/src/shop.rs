//! A fleet whose registry holds one image, scanned: `shop/orders:v1` with curl
//! and OpenSSL of Debian 12.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::image::{ImageBuilder, debian_layer};
use crate::primary::PrimaryBuilder;
use crate::{Fleet, Registry, vulndb, wait};

/// The fleet, with the cluster `staging`.
#[derive(Debug)]
pub struct Shop {
    /// Where the image is.
    pub registry: Registry,
    /// Whose registry `fed.shop` that is.
    pub fleet: Fleet,
    /// The image's id.
    pub id: String,
    _dir: TempDir,
}

impl Shop {
    /// Starts it with this primary, and waits until the image is scanned.
    pub async fn open(primary: PrimaryBuilder) -> Result<Self> {
        let registry = Registry::start().await?;
        let layer =
            debian_layer(&[("libcurl4", "7.88.1-10", "curl"), ("libssl3", "3.0.9-1", "openssl")])?;
        let image = ImageBuilder::new().layer(layer.layer()?).build()?;
        image.push(&registry.url(), "shop/orders", "v1").await?;
        let dir = tempfile::tempdir()?;
        let database = dir.path().join("vulndb");
        vulndb::build(&database).await?;
        let primary = primary.arg("--vulndb").arg(&database).start().await?;
        let fleet = Fleet::of(primary, &["staging"]).await?;
        let admin = &fleet.admin;
        let config = json!({ "config": { "name": "fed.shop", "registry_type": "Docker Registry",
            "registry": registry.url(), "filters": ["*"], "cfg_type": "federal" } });
        admin.post("/v1/scan/registry", &config).await?.ok()?;
        admin.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.ok()?;
        let id = wait::until("the image is scanned", || async {
            let answer = admin.get("/v1/scan/registry/fed.shop/images").await?.ok()?;
            let image = &answer["images"][0];
            ensure!(image["status"] == "finished", "{answer}");
            Ok(image["image_id"].as_str().map(str::to_owned))
        })
        .await?;
        Ok(Self { registry, fleet, id, _dir: dir })
    }

    /// The image as pods name it.
    pub fn pushed(&self) -> String {
        format!("{}/shop/orders:v1", self.registry.address())
    }
}
