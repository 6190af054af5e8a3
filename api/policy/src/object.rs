//! What all objects have in common.

use std::borrow::Cow;

use palisade_api::ObjectKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An object that clusters obey: one of the federation, which the primary owns,
/// or one of the cluster itself. Its JSON form is its payload in the log and in
/// the databases.
pub trait FederatedObject: Serialize + DeserializeOwned + Send + Sync {
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
