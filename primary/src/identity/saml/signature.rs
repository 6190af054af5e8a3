//! What a provider signed, byte by byte.

use xml_sec::XmlDocument;
use xml_sec::xmldsig::{DsigStatus, VerifyContext};

use super::trusted::Trusted;
use super::xml::{attribute, policy};
use super::{Result, SamlError, Step, xml};

/// The element `id` as a trusted key signed it: the bytes whose digest the
/// signature has, parsed anew. Nothing else of the document is in it, so
/// whatever stands around the signed element, wherever it was put, is not read.
pub(super) fn signed(document: &XmlDocument, id: &str, trusted: &Trusted) -> Result<XmlDocument> {
    let failed = |reason: &dyn std::fmt::Display| SamlError::at(Step::Signature, reason);
    let result = VerifyContext::new()
        .key(trusted)
        .policy(policy())
        .store_pre_digest(true)
        .start_node_id(id)
        .verify_document(document)
        .map_err(|error| failed(&error))?;
    if result.status != DsigStatus::Valid {
        return Err(failed(&"no configured certificate made it, or what it covers was changed"));
    }
    let [reference] = result.signed_info_references.as_slice() else {
        return Err(failed(&"it covers more than one element"));
    };
    if reference.uri.strip_prefix('#') != Some(id) || reference.status != DsigStatus::Valid {
        return Err(failed(&"it covers another element"));
    }
    let bytes = reference.pre_digest_data.as_deref().ok_or_else(|| failed(&"it covers nothing"))?;
    let text = std::str::from_utf8(bytes).map_err(|error| failed(&error))?;
    let signed = xml::parse(text)?;
    let same = signed.with_view(|view| attribute(view.document().root_element(), "ID") == Some(id));
    if same { Ok(signed) } else { Err(failed(&"it covers another element")) }
}
