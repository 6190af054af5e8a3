//! All images that were scanned, page by page, with what counts in them.

use palisade_api::Digest;
use palisade_api::rest::scan::{Registry, RegistryImageSummary};
use palisade_scanner::Report;

use super::{Registries, RegistryFailure, settings};
use crate::store;
use crate::store::image_asset::{self, ImageOrder, NamedReport};

/// An image by one of its names.
#[derive(Clone, Debug)]
pub struct ImageAsset {
    /// The registry's name.
    pub registry: String,
    /// The registry's URL.
    pub url: String,
    /// The summary of its scan.
    pub summary: RegistryImageSummary,
    /// Low vulnerabilities, of which the summary does not tell.
    pub low: i64,
}

/// A page of images.
#[derive(Clone, Debug)]
pub struct ImageAssets {
    /// The page.
    pub page: Vec<ImageAsset>,
    /// How many there are.
    pub matched: i64,
}

impl Registries {
    /// A page of the images whose name fits a pattern of LIKE.
    pub async fn image_assets(
        &self,
        name: Option<&str>,
        order: ImageOrder,
        descending: bool,
        start: i64,
        limit: i64,
    ) -> Result<ImageAssets, RegistryFailure> {
        let mut conn = self.database.acquire().await?;
        let named = image_asset::page(&mut conn, name, order, descending, start, limit).await?;
        let registries = settings::all(&mut conn).await?;
        let matched = named.first().map_or(0, |image| image.matched);
        let summaries: Vec<RegistryImageSummary> =
            named.iter().map(summary).collect::<Result<_, _>>()?;
        let page = named.into_iter().zip(summaries).map(|(image, summary)| ImageAsset {
            url: match registries.get(&image.registry) {
                Some(Registry { registry, .. }) => registry.clone(),
                None => image.url,
            },
            registry: image.registry,
            summary,
            low: image.low.into(),
        });
        Ok(ImageAssets { page: page.collect(), matched })
    }

    /// The report on an image of any registry, by the digest of its manifest,
    /// of its index, or of its configuration; none where there is none.
    pub async fn report_of_image(&self, digest: Digest) -> Result<Option<Report>, RegistryFailure> {
        let mut conn = self.database.acquire().await?;
        let kept = match store::report::get_of_image(&mut conn, digest).await? {
            Some(kept) => Some(kept),
            None => store::report::get_of_image_id(&mut conn, &digest.to_string()).await?,
        };
        drop(conn);
        self.opened(kept).await
    }
}

fn summary(image: &NamedReport) -> Result<RegistryImageSummary, serde_json::Error> {
    let mut summary: RegistryImageSummary = serde_json::from_str(&image.summary)?;
    summary.repository.clone_from(&image.repository);
    summary.tag.clone_from(&image.tag);
    summary.digest =
        Digest::try_from(image.digest.as_slice()).map(Digest::to_oci).unwrap_or_default();
    summary.image_id.clone_from(&image.image_id);
    summary.size = image.size;
    let brief = &mut summary.brief;
    "finished".clone_into(&mut brief.status);
    brief.base_os.clone_from(&image.base_os);
    brief.critical = image.critical.into();
    brief.high = image.high.into();
    brief.medium = image.medium.into();
    brief.scanned_timestamp = image.scanned_at.timestamp();
    brief.scanned_at = image.scanned_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    brief.scanner_version.clone_from(&image.cvedb_version);
    brief.cvedb_create_time.clone_from(&image.cvedb_create_time);
    Ok(summary)
}
