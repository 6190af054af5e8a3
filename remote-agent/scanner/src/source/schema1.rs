//! Docker's retired manifest, schema 1: layers newest first, the configuration
//! in pieces inside.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use palisade_api::Digest;
use serde::Deserialize;

use super::ImageConfig;
use super::config::{ConfigFile, History};
use crate::error::ScanError;

/// Steps of an image that are read.
const MOST_STEPS: usize = 2_000;

/// A manifest of schema 1.
#[derive(Clone, Debug)]
pub(crate) struct Schema1 {
    /// The configuration that the pieces make.
    pub(crate) config: ImageConfig,
    /// Digests of the layers, lowest first. No sizes are told.
    pub(crate) layers: Vec<Digest>,
    /// Digest of what is signed: the name of a signed manifest. None when it
    /// carries no signature.
    pub(crate) payload: Option<Digest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    fs_layers: Vec<FsLayer>,
    history: Vec<Piece>,
    #[serde(default)]
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FsLayer {
    blob_sum: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece {
    v1_compatibility: String,
}

#[derive(Deserialize)]
struct Signature {
    protected: String,
}

/// Tells how the signed bytes are made from those at hand.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Protected {
    format_length: usize,
    format_tail: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Step {
    throwaway: bool,
    container_config: Option<Command>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Command {
    cmd: Option<Vec<String>>,
}

impl Schema1 {
    /// Reads the manifest.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ScanError> {
        let bad =
            |reason: &str| ScanError::Malformed(format!("its manifest of schema 1: {reason}"));
        let file: File = serde_json::from_slice(bytes).map_err(|error| bad(&error.to_string()))?;
        if file.fs_layers.len() != file.history.len() || file.fs_layers.is_empty() {
            return Err(bad("it does not tell of each layer how it was made"));
        }
        if file.fs_layers.len() > MOST_STEPS {
            return Err(bad("it has too many layers"));
        }
        let mut config = ImageConfig::default();
        let mut layers = Vec::new();
        for (at, (layer, piece)) in file.fs_layers.iter().zip(&file.history).enumerate() {
            let text = piece.v1_compatibility.as_bytes();
            if at == 0 {
                // The newest step carries the configuration of the image.
                config = serde_json::from_slice::<ConfigFile>(text)
                    .map_err(|error| bad(&error.to_string()))?
                    .into();
                config.history.clear();
            }
            let step: Step =
                serde_json::from_slice(text).map_err(|error| bad(&error.to_string()))?;
            let command = step.container_config.and_then(|run| run.cmd).unwrap_or_default();
            config
                .history
                .push(History { created_by: command.join(" "), empty_layer: step.throwaway });
            if !step.throwaway {
                layers.push(
                    Digest::from_oci(&layer.blob_sum)
                        .map_err(|_| bad("a digest is none that is known"))?,
                );
            }
        }
        config.history.reverse();
        layers.reverse();
        let payload = match file.signatures.first() {
            Some(signature) => {
                Some(signed(bytes, signature).ok_or_else(|| bad("its signature is damaged"))?)
            }
            None => None,
        };
        Ok(Self { config, layers, payload })
    }
}

/// The digest of the bytes that the signature is about: those at hand up to
/// where the signatures were put in, then the end that was cut off for them.
fn signed(bytes: &[u8], signature: &Signature) -> Option<Digest> {
    let protected = URL_SAFE_NO_PAD.decode(signature.protected.trim_end_matches('=')).ok()?;
    let protected: Protected = serde_json::from_slice(&protected).ok()?;
    let mut payload = bytes.get(..protected.format_length)?.to_vec();
    payload.extend(URL_SAFE_NO_PAD.decode(protected.format_tail.trim_end_matches('=')).ok()?);
    Some(Digest::of(&payload))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blob(name: &str) -> String {
        Digest::of(name.as_bytes()).to_oci()
    }

    fn manifest() -> serde_json::Value {
        let newest = json!({"author": "the shop", "created": "2015-01-01T00:00:00Z",
            "architecture": "amd64", "os": "linux", "throwaway": true,
            "config": {"User": "7", "Env": ["A=b"]},
            "container_config": {"Cmd": ["/bin/sh", "-c", "#(nop) USER 7"]}});
        let base = json!({"container_config": {"Cmd": ["/bin/sh -c #(nop) ADD file:1 in /"]}});
        json!({"schemaVersion": 1, "name": "shop", "tag": "v1", "architecture": "amd64",
            "fsLayers": [{"blobSum": blob("empty")}, {"blobSum": blob("base")}],
            "history": [{"v1Compatibility": newest.to_string()},
                        {"v1Compatibility": base.to_string()}]})
    }

    #[test]
    fn layers_lowest_first_without_the_empty_ones() {
        let found = Schema1::parse(manifest().to_string().as_bytes()).unwrap();
        assert_eq!(found.layers, [Digest::of(b"base")]);
        assert_eq!((found.config.user.as_str(), found.config.author.as_str()), ("7", "the shop"));
        assert_eq!(found.config.history.len(), 2);
        assert!(found.config.history[0].created_by.contains("ADD"));
        assert!(found.config.history[1].empty_layer);
        assert_eq!(found.payload, None);
    }

    #[test]
    fn the_name_of_a_signed_manifest_is_the_digest_of_what_is_signed() {
        let plain = serde_json::to_string_pretty(&manifest()).unwrap();
        let cut = plain.trim_end_matches("\n}").len();
        let tail = URL_SAFE_NO_PAD.encode(&plain[cut..]);
        let protected =
            URL_SAFE_NO_PAD.encode(json!({"formatLength": cut, "formatTail": tail}).to_string());
        let signed = format!(
            "{},\n   \"signatures\": [{}]\n}}",
            &plain[..cut],
            json!({"protected": protected, "signature": "x"})
        );
        let found = Schema1::parse(signed.as_bytes()).unwrap();
        assert_eq!(found.payload, Some(Digest::of(plain.as_bytes())));
    }

    #[test]
    fn nonsense_is_refused() {
        let mut no_history = manifest();
        no_history["history"] = json!([]);
        let mut lies = manifest();
        let protected = json!({"formatLength": 1_000_000, "formatTail": "fQ"}).to_string();
        lies["signatures"] = json!([{"protected": URL_SAFE_NO_PAD.encode(protected)}]);
        for manifest in [no_history, lies, json!({"schemaVersion": 1})] {
            Schema1::parse(manifest.to_string().as_bytes()).unwrap_err();
        }
    }
}
