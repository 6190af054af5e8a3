//! `image`: the image by name: `[https://]registry/repository[:tag]`, or
//! `repository[:tag]` of any registry, with wildcards.

use super::{Definition, Met, Test, set};
use crate::admission::image_name::{
    DOCKER_HUB, ImageName, registry_key, split_registry, strip_scheme,
};
use crate::pattern::Wildcard;

pub(super) const DEFINITION: Definition = Definition {
    name: "image",
    deny: set::ANY,
    allow: set::ANY,
    values: &[],
    source: "yaml",
    sub: &[],
    normal: set::normal,
    compile: |criterion| {
        let images: Vec<Pattern> =
            set::values(&criterion.value).into_iter().map(Pattern::parse).collect();
        let negative = criterion.op == "notContainsAny";
        Ok(Test::new(move |subject| {
            let any = images.iter().any(|pattern| pattern.fits(&subject.container.image));
            Met::from(any != negative)
        }))
    },
};

struct Pattern {
    registry: Option<Wildcard>,
    repository: Wildcard,
    tag: Option<Wildcard>,
}

impl Pattern {
    fn parse(text: &str) -> Self {
        let bare = strip_scheme(text);
        // With a scheme, the first part is a registry whatever it looks like.
        let (registry, path) = match (bare.len() < text.len(), bare.split_once('/')) {
            (true, Some((registry, path))) => (Some(registry), path),
            _ => split_registry(bare),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (path, None),
        };
        Self {
            registry: registry.map(|registry| Wildcard::new(&registry_key(registry))),
            repository: Wildcard::new(repository),
            tag: tag.map(Wildcard::new),
        }
    }

    fn fits(&self, image: &ImageName) -> bool {
        // Docker Hub's `library/` is left out as often as not.
        let short =
            image.repository.strip_prefix("library/").filter(|_| image.registry == DOCKER_HUB);
        self.registry.as_ref().is_none_or(|registry| registry.is_match(&image.registry))
            && (self.repository.is_match(&image.repository)
                || short.is_some_and(|short| self.repository.is_match(short)))
            && self.tag.as_ref().is_none_or(|tag| {
                tag.is_match(&image.tag)
                    || image.digest.as_deref().is_some_and(|digest| tag.is_match(digest))
            })
    }
}
