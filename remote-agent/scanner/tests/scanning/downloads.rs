//! Downloads from registries that misbehave.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use palisade_api::Digest;
use palisade_scanner::source::Source;
use palisade_scanner::source::registry::{Patience, RegistryAccess, RegistryClient, RegistryError};
use palisade_scanner::{Inventory, LayerCache, Limits, ScanError, scan};
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::Notify;

use crate::fixture::{Layer, debian, descriptor, names};
use crate::wire::{Asked, Reply, Wire};

/// An image with one layer that does not compress well: some 3 MB.
struct Served {
    manifest: Bytes,
    config: Bytes,
    layer: Bytes,
}

impl Served {
    fn new() -> Arc<Self> {
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..3_000_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let layer = debian(&[("libssl3", "3.0.9-1", "openssl")])
            .entry(tar::EntryType::Regular, "var/noise", "", &noise)
            .gzip();
        Self::of(layer, "application/vnd.oci.image.layer.v1.tar+gzip", &[])
    }

    fn of(layer: Bytes, media_type: &str, urls: &[String]) -> Arc<Self> {
        let config = Bytes::from(json!({"architecture": "amd64", "os": "linux"}).to_string());
        let mut blob = descriptor(media_type, Digest::of(&layer), layer.len());
        if !urls.is_empty() {
            blob["urls"] = json!(urls);
        }
        let manifest = json!({
            "schemaVersion": 2,
            "config": descriptor(
                "application/vnd.oci.image.config.v1+json", Digest::of(&config), config.len()),
            "layers": [blob],
        });
        Arc::new(Self { manifest: manifest.to_string().into(), config, layer })
    }

    fn layer_path(&self) -> String {
        format!("/v2/shop/orders/blobs/{}", Digest::of(&self.layer).to_oci())
    }

    /// Answers for all but the layer, which `layer` answers for.
    fn answer(&self, asked: &Asked, layer: impl Fn(&Asked) -> Reply) -> Reply {
        let config = format!("/v2/shop/orders/blobs/{}", Digest::of(&self.config).to_oci());
        match asked.path() {
            "/v2/shop/orders/manifests/v1" => Reply::ok(self.manifest.clone()),
            path if path == config => Reply::ok(self.config.clone()),
            path if path == self.layer_path() => layer(asked),
            _ => Reply::status(404),
        }
    }

    async fn start(
        self: &Arc<Self>,
        layer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Wire {
        let served = Arc::clone(self);
        Wire::start(move |asked| served.answer(asked, &layer)).await
    }

    /// The part asked for, or all.
    fn honest(&self, asked: &Asked) -> Reply {
        match asked.range() {
            Some(start) => Reply::part(&self.layer, start),
            None => Reply::ok(self.layer.clone()),
        }
    }
}

fn access(wire: &Wire) -> RegistryAccess {
    let mut access = RegistryAccess::new(&wire.url()).unwrap();
    access.patience = Patience {
        connect: Duration::from_secs(2),
        // A busy machine is no slow registry.
        idle: Duration::from_secs(30),
        measure: Duration::from_secs(30),
        slowest: 1,
        tries: 4,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_secs(3),
    };
    access
}

async fn scanned_with(access: RegistryAccess) -> Result<Inventory, ScanError> {
    let image = RegistryClient::new(access).unwrap().image("shop/orders", "v1").unwrap();
    scan::inventory(&Source::Registry(image), &Limits::default(), &LayerCache::default()).await
}

async fn scanned(wire: &Wire) -> Result<Inventory, ScanError> {
    scanned_with(access(wire)).await
}

#[track_caller]
fn is_whole(inventory: &Result<Inventory, ScanError>) {
    assert_eq!(names(inventory.as_ref().unwrap()), ["libssl3"]);
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let served = Served::new();
    let (answering, cut) = (Arc::clone(&served), 1_000_000);
    let wire = served.start(move |asked| answering.honest(asked).cut_after(cut)).await;
    is_whole(&scanned(&wire).await);
    let layer = wire.asked_for(&served.layer_path());
    let starts: Vec<_> = layer.iter().map(Asked::range).collect();
    assert_eq!(starts, [None, Some(cut), Some(2 * cut), Some(3 * cut)][..starts.len()]);
    assert!(starts.len() >= 3);
}

#[tokio::test]
async fn a_download_that_always_breaks_off_at_once_fails() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served.start(move |asked| answering.honest(asked).cut_after(10)).await;
    let error = scanned(&wire).await.unwrap_err();
    assert!(matches!(error, ScanError::Registry(RegistryError::CutOff { .. })), "{error}");
    assert_eq!(wire.asked_for(&served.layer_path()).len(), 4);
}

#[tokio::test]
async fn progress_makes_up_for_breaks() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served
        .start(move |asked| {
            let whole = answering.honest(asked);
            // Two breaks without any progress for each with much.
            match asked.before % 3 {
                0 => whole.cut_after(1_100_000),
                _ => whole.cut_after(0),
            }
        })
        .await;
    is_whole(&scanned(&wire).await);
    assert_eq!(wire.asked_for(&served.layer_path()).len(), 7);
}

#[tokio::test]
async fn a_registry_that_ignores_the_range_is_skipped_through() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served
        .start(move |asked| {
            let whole = Reply::ok(answering.layer.clone());
            if asked.before == 0 { whole.cut_after(1_000_000) } else { whole }
        })
        .await;
    is_whole(&scanned(&wire).await);
    let layer = wire.asked_for(&served.layer_path());
    assert_eq!(layer.len(), 2);
    assert_eq!(layer[1].range(), Some(1_000_000));
}

#[tokio::test]
async fn a_range_that_is_refused_is_done_without() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served
        .start(move |asked| match asked.range() {
            Some(_) => Reply::status(416),
            None if asked.before == 0 => Reply::ok(answering.layer.clone()).cut_after(1_000_000),
            None => Reply::ok(answering.layer.clone()),
        })
        .await;
    is_whole(&scanned(&wire).await);
}

#[tokio::test]
async fn another_range_than_was_asked_for_is_not_joined() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served
        .start(move |asked| match asked.range() {
            Some(start) => Reply::part(&answering.layer, start + 1),
            None => Reply::ok(answering.layer.clone()).cut_after(1_000_000),
        })
        .await;
    let error = scanned(&wire).await.unwrap_err().to_string();
    assert!(error.contains("another range"), "{error}");
}

#[tokio::test]
async fn what_was_joined_wrongly_is_noticed() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served
        .start(move |asked| match asked.range() {
            Some(start) => {
                let mut lie = answering.layer.to_vec();
                *lie.last_mut().unwrap() ^= 1;
                Reply::part(&lie.into(), start)
            }
            None => Reply::ok(answering.layer.clone()).cut_after(1_000_000),
        })
        .await;
    scanned(&wire).await.unwrap_err();
}

#[tokio::test]
async fn lies_about_the_length_are_told() {
    for (more, text) in [(0, "as announced"), (1, "as announced"), (10_000_000, "as announced")] {
        let served = Served::new();
        let answering = Arc::clone(&served);
        let wire = served
            .start(move |_| {
                let length = if more == 0 { 100 } else { answering.layer.len() + more };
                Reply::ok(answering.layer.clone()).lie(length)
            })
            .await;
        let error = scanned(&wire).await.unwrap_err();
        assert!(matches!(error, ScanError::SizeMismatch { .. }), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[tokio::test]
async fn too_many_requests_are_waited_out() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served
        .start(move |asked| match asked.before {
            0 => Reply::status(429).with("retry-after", "1"),
            1 => Reply::status(503),
            _ => answering.honest(asked),
        })
        .await;
    let since = Instant::now();
    is_whole(&scanned(&wire).await);
    assert!(since.elapsed() >= Duration::from_secs(1), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_limit_that_lasts_is_told_and_not_asked_again() {
    let wire = Wire::start(|_| {
        Reply::status(429)
            .with("retry-after", "20000")
            .with("ratelimit-limit", "100;w=21600")
            .with("ratelimit-remaining", "0;w=21600")
    })
    .await;
    let client = RegistryClient::new(access(&wire)).unwrap();
    for _ in 0..2 {
        let image = client.image("shop/orders", "v1").unwrap();
        let Err(ScanError::Registry(error)) = image.resolve(&Limits::default()).await else {
            panic!("an error of the registry")
        };
        assert!(error.retry_after().unwrap() > Duration::from_secs(19_000), "{error}");
        assert!(error.to_string().ends_with("for now; again in 334 min"), "{error}");
    }
    // The second time nobody asked: it is known.
    assert_eq!(wire.asked().len(), 1);
    assert_eq!(client.rate_limit().unwrap().remaining, 0);
}

#[tokio::test]
async fn object_stores_do_not_see_who_asks() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let store = Wire::start(move |asked| answering.honest(asked)).await;
    let target = format!("{}blob?X-Signature=topsecret", store.url());
    let answering = Arc::clone(&served);
    let registry = Wire::start(move |asked| {
        if asked.header("authorization") != "Basic dXNlcjpwYXNz" {
            return Reply::status(401).with("www-authenticate", "Basic realm=\"x\"");
        }
        answering.answer(asked, |_| Reply::redirect(&*target))
    })
    .await;
    let access = access(&registry).with_credentials("user", SecretString::from("pass"));
    is_whole(&scanned_with(access).await);
    let asked = store.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].header("authorization"), "");
}

#[tokio::test]
async fn the_signature_of_an_object_store_is_in_no_error() {
    let store = Wire::start(|_| Reply::status(403)).await;
    let target = format!("{}blob?X-Signature=topsecret", store.url());
    let served = Served::new();
    let wire = served.start(move |_| Reply::redirect(&*target)).await;
    let error = format!("{:?}", scanned(&wire).await.unwrap_err());
    assert!(!error.contains("topsecret"), "{error}");
}

#[tokio::test]
async fn redirects_without_end_are_left() {
    let wire = Wire::start(|asked| Reply::redirect(asked.target.clone())).await;
    let error = scanned(&wire).await.unwrap_err().to_string();
    assert!(error.contains("redirects without end"), "{error}");
}

#[tokio::test]
async fn a_trickle_is_given_up() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served
        .start(move |asked| answering.honest(asked).slowly(1, Duration::from_millis(20)))
        .await;
    let mut access = access(&wire);
    access.patience.measure = Duration::from_millis(600);
    access.patience.slowest = 50_000;
    let error = scanned_with(access).await.unwrap_err();
    assert!(matches!(error, ScanError::Registry(RegistryError::TooSlow { .. })), "{error}");
}

#[tokio::test]
async fn silence_is_not_waited_out() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let wire = served
        .start(move |asked| {
            let piece = if asked.before == 0 { 1_000_000 } else { usize::MAX };
            answering.honest(asked).slowly(piece, Duration::from_secs(5))
        })
        .await;
    // It goes on with another request, as after a break.
    let mut access = access(&wire);
    access.patience.idle = Duration::from_millis(400);
    is_whole(&scanned_with(access).await);
    assert!(wire.asked_for(&served.layer_path()).len() > 1);
}

#[tokio::test]
async fn a_scan_that_nobody_waits_for_leaves_the_registry() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let begun = Arc::new(Notify::new());
    let telling = Arc::clone(&begun);
    let wire = served
        .start(move |asked| {
            telling.notify_one();
            answering.honest(asked).slowly(1_000, Duration::from_millis(10))
        })
        .await;
    let mut access = access(&wire);
    access.patience.slowest = 0;
    tokio::select! {
        ended = scanned_with(access) => panic!("{ended:?}"),
        () = begun.notified() => {}
    }
    tokio::time::timeout(Duration::from_secs(20), wire.left()).await.unwrap();
}

#[tokio::test]
async fn the_proxy_is_asked_for_everything() {
    let served = Served::new();
    let answering = Arc::clone(&served);
    let proxy = Wire::start(move |asked| {
        // The authority is that of a registry which nobody could reach.
        let path = asked.target.strip_prefix("http://registry.invalid").unwrap_or("-");
        let inner = Asked { target: path.to_owned(), ..asked.clone() };
        answering.answer(&inner, |asked| answering.honest(asked))
    })
    .await;
    let mut through = RegistryAccess::new("http://registry.invalid/").unwrap();
    through.patience = access(&proxy).patience;
    through.proxy = Some(format!("http://me:pw@{}/", proxy.address).parse().unwrap());
    is_whole(&scanned_with(through).await);
    assert!(
        proxy.asked().iter().all(|asked| asked.header("proxy-authorization") == "Basic bWU6cHc=")
    );
}

#[tokio::test]
async fn encrypted_layers_are_refused_before_they_are_fetched() {
    let kind = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
    let served = Served::of(Layer::default().gzip(), kind, &[]);
    let answering = Arc::clone(&served);
    let wire = served.start(move |asked| answering.honest(asked)).await;
    let error = scanned(&wire).await.unwrap_err().to_string();
    assert!(error.contains("it is encrypted"), "{error}");
    assert!(wire.asked_for(&served.layer_path()).is_empty());
}

#[tokio::test]
async fn foreign_layers_are_fetched_from_elsewhere_only_when_that_is_allowed() {
    let layer = debian(&[("libssl3", "3.0.9-1", "openssl")]).gzip();
    let given = layer.clone();
    let elsewhere = Wire::start(move |_| Reply::ok(given.clone())).await;
    let kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let served = Served::of(layer, kind, &[format!("{}layer", elsewhere.url())]);
    let wire = served.start(|_| Reply::status(404)).await;
    let error = scanned(&wire).await.unwrap_err().to_string();
    assert!(error.contains("not allowed"), "{error}");
    assert!(elsewhere.asked().is_empty());
    let mut allowed = access(&wire).with_credentials("user", SecretString::from("pass"));
    allowed.foreign_layers = true;
    is_whole(&scanned_with(allowed).await);
    assert_eq!(elsewhere.asked()[0].header("authorization"), "");
}
