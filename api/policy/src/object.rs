//! What all federated objects have in common.

use std::borrow::Cow;

use palisade_api::ObjectKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An object that the primary owns and every cluster obeys. Its JSON form is
/// its payload in the log.
pub trait FederatedObject: Serialize + DeserializeOwned {
    /// Its kind.
    const KIND: ObjectKind;

    /// Its name, unique in its kind.
    fn object_name(&self) -> Cow<'_, str>;
}

/// Names objects by a field: a text as it is, an id in decimal.
macro_rules! federated {
    ($type:ty, $kind:ident, id) => {
        impl crate::object::FederatedObject for $type {
            const KIND: palisade_api::ObjectKind = palisade_api::ObjectKind::$kind;

            fn object_name(&self) -> std::borrow::Cow<'_, str> {
                self.id.to_string().into()
            }
        }
    };
    ($type:ty, $kind:ident, $field:ident) => {
        impl crate::object::FederatedObject for $type {
            const KIND: palisade_api::ObjectKind = palisade_api::ObjectKind::$kind;

            fn object_name(&self) -> std::borrow::Cow<'_, str> {
                self.$field.as_str().into()
            }
        }
    };
}

pub(crate) use federated;
