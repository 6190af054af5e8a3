//! `imageRegistry`: the registry that the image comes from.

use super::{Definition, set};
use crate::admission::image_name::registry_key;
use crate::pattern::Wildcard;

pub(super) const DEFINITION: Definition = Definition {
    name: "imageRegistry",
    deny: set::ANY,
    allow: set::ANY,
    values: &[],
    source: "yaml",
    sub: &[],
    normal: |text| {
        let urls: Vec<String> = set::values(&set::normal(text)?)
            .into_iter()
            .map(|value| format!("https://{}/", registry_key(value)))
            .collect();
        Ok(urls.join(","))
    },
    compile: |criterion| {
        let registries = set::values(&criterion.value)
            .into_iter()
            .map(|value| Wildcard::new(&registry_key(value)))
            .collect();
        set::build(
            criterion,
            |subject| vec![subject.container.image.registry.clone()],
            registries,
            |wildcard: &Wildcard, registry| wildcard.is_match(registry),
        )
    },
};
