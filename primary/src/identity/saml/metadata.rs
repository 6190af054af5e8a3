//! Metadata: what a provider says of itself, and what we say of ourselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_transport::certificate::to_pem;
use xml_sec::Node;

use super::xml::{attribute, child, children, escape, is, parse, text};
use super::{Binding, KeyPair, Result, SamlError, Step, ns};
use crate::identity::Identity;
use crate::identity::directory::Kind;
use crate::identity::sso::SsoError;

/// How a provider should encrypt for us. Left to themselves some take CBC, of which
/// nothing is read but in a signed response, or methods that nobody should take.
const ENCRYPTION: [&str; 3] = [
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
];

/// A provider as its metadata describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribedProvider {
    /// Who it is.
    pub issuer: String,
    /// Where the browser goes to log in, and how it brings our requests.
    pub sso: (String, Binding),
    /// The same for logging out; may be absent.
    pub slo: Option<(String, Binding)>,
    /// What it signs with, in PEM.
    pub certificates: Vec<String>,
}

fn shape(reason: impl std::fmt::Display) -> SamlError {
    SamlError::at(Step::Shape, reason)
}

/// Reads the metadata of a provider. Whoever sets it vouches for it: its
/// signature, if any, is not looked at.
pub fn read_provider(metadata: &str) -> Result<DescribedProvider> {
    // Entra ID's begins with a byte order mark.
    parse(metadata.trim_start_matches('\u{feff}').trim())?.with_view(|view| {
        let root = view.document().root_element();
        let mut providers =
            root.descendants().filter(|node| is(*node, ns::METADATA, "IDPSSODescriptor"));
        let (Some(provider), None) = (providers.next(), providers.next()) else {
            return Err(shape("the metadata must describe one provider, and no more"));
        };
        let issuer = provider
            .parent_element()
            .and_then(|entity| attribute(entity, "entityID"))
            .ok_or_else(|| shape("the metadata has no entityID"))?;
        // The former is shorter, and the latter is what some have alone.
        let service = |name| {
            [(ns::REDIRECT, Binding::Redirect), (ns::POST, Binding::Post)].into_iter().find_map(
                |(uri, binding)| {
                    children(provider, ns::METADATA, name)
                        .find(|one| attribute(*one, "Binding") == Some(uri))
                        .and_then(|one| attribute(one, "Location"))
                        .map(|location| (location.to_owned(), binding))
                },
            )
        };
        Ok(DescribedProvider {
            issuer: issuer.to_owned(),
            sso: service("SingleSignOnService").ok_or_else(|| {
                shape("the metadata names no SingleSignOnService by HTTP-Redirect or HTTP-POST")
            })?,
            slo: service("SingleLogoutService"),
            certificates: certificates(provider)?,
        })
    })
}

fn certificates(provider: Node<'_, '_>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for key in children(provider, ns::METADATA, "KeyDescriptor") {
        if attribute(key, "use").is_some_and(|purpose| purpose != "signing") {
            continue;
        }
        let Some(info) = child(key, ns::SIGNATURE, "KeyInfo")? else { continue };
        for data in children(info, ns::SIGNATURE, "X509Data") {
            for certificate in children(data, ns::SIGNATURE, "X509Certificate") {
                let compact: String = text(certificate)?.split_ascii_whitespace().collect();
                let der = STANDARD
                    .decode(compact)
                    .map_err(|error| SamlError::at(Step::Certificate, error))?;
                found.push(to_pem(&der));
            }
        }
    }
    if found.is_empty() {
        Err(shape("the metadata has no certificate to verify with"))
    } else {
        Ok(found)
    }
}

impl Identity {
    /// What the provider `server` needs to know of us, where its answers go to
    /// `endpoint` and its logouts to `logout`.
    pub async fn saml_metadata(
        &self,
        server: &str,
        endpoint: &str,
        logout: &str,
    ) -> std::result::Result<String, SsoError> {
        let row = self.sso_server(server).await?;
        let Kind::Saml(settings) = &row.settings.kind else { return Err(SsoError::NoProvider) };
        let key_pair = self.saml_key_pair(&row, settings)?;
        let logout = settings.slo_enabled.then_some(logout);
        Ok(describe(endpoint, logout, settings.authn_signing_enabled, key_pair.as_ref()))
    }
}

fn describe(
    endpoint: &str,
    logout: Option<&str>,
    signed: bool,
    key_pair: Option<&KeyPair>,
) -> String {
    let endpoint = escape(endpoint);
    let keys: String = key_pair.map_or_else(String::new, |own| {
        let certificate = own.certificate_base64();
        let key = |purpose, methods: &str| {
            format!(
                "<md:KeyDescriptor use=\"{purpose}\"><ds:KeyInfo xmlns:ds=\"{}\"><ds:X509Data>\
                 <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
                 {methods}</md:KeyDescriptor>",
                ns::SIGNATURE
            )
        };
        let method = |uri| format!("<md:EncryptionMethod Algorithm=\"{uri}\"/>");
        key("signing", "") + &key("encryption", &ENCRYPTION.map(method).concat())
    });
    let logout: String = logout.map_or_else(String::new, |address| {
        let service = |binding| {
            format!(
                "<md:SingleLogoutService Binding=\"{binding}\" Location=\"{}\"/>",
                escape(address)
            )
        };
        service(ns::REDIRECT) + &service(ns::POST)
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <md:EntityDescriptor xmlns:md=\"{}\" entityID=\"{endpoint}\"><md:SPSSODescriptor \
         AuthnRequestsSigned=\"{signed}\" WantAssertionsSigned=\"true\" \
         protocolSupportEnumeration=\"{}\">{keys}{logout}<md:AssertionConsumerService \
         Binding=\"{}\" Location=\"{endpoint}\" index=\"0\" isDefault=\"true\"/>\
         </md:SPSSODescriptor></md:EntityDescriptor>\n",
        ns::METADATA,
        ns::PROTOCOL,
        ns::POST,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_a_provider_becomes_settings() {
        let xml = format!(
            "<EntityDescriptor xmlns=\"{md}\" entityID=\"https://idp\"><IDPSSODescriptor>\
             <KeyDescriptor use=\"encryption\"/><KeyDescriptor use=\"signing\">\
             <KeyInfo xmlns=\"{ds}\"><X509Data><X509Certificate> AQ\nID </X509Certificate>\
             </X509Data></KeyInfo></KeyDescriptor>\
             <SingleLogoutService Binding=\"{redirect}\" Location=\"https://idp/slo\"/>\
             <SingleSignOnService Binding=\"{post}\" Location=\"https://idp/post\"/>\
             <SingleSignOnService Binding=\"{redirect}\" Location=\"https://idp/sso\"/>\
             </IDPSSODescriptor></EntityDescriptor>",
            md = ns::METADATA,
            ds = ns::SIGNATURE,
            redirect = ns::REDIRECT,
            post = ns::POST,
        );
        let read = read_provider(&xml).unwrap();
        assert_eq!(read.issuer, "https://idp");
        let (sso, slo) = ("https://idp/sso".to_owned(), "https://idp/slo".to_owned());
        assert_eq!(read.sso, (sso, Binding::Redirect));
        assert_eq!(read.slo, Some((slo, Binding::Redirect)));
        assert_eq!(read.certificates, [to_pem(&[1, 2, 3])]);
        let as_downloaded =
            format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n{xml}\r\n");
        assert_eq!(read_provider(&as_downloaded).unwrap(), read);
        let by_post = read_provider(&xml.replace(ns::REDIRECT, "urn:other")).unwrap();
        assert_eq!(by_post.sso, ("https://idp/post".to_owned(), Binding::Post));
        assert_eq!(by_post.slo, None);
        let none = xml.replace("use=\"signing\"", "use=\"encryption\"");
        assert_eq!(read_provider(&none).unwrap_err().step, Step::Shape);
        assert_eq!(read_provider("<a/>").unwrap_err().step, Step::Shape);
    }

    #[test]
    fn our_own_metadata_is_read_by_its_own_reader() {
        let xml = describe("https://us/acs?a=1&b=2", Some("https://us/sls"), true, None);
        parse(&xml).unwrap().with_view(|view| {
            let root = view.document().root_element();
            assert_eq!(attribute(root, "entityID"), Some("https://us/acs?a=1&b=2"));
            let own = child(root, ns::METADATA, "SPSSODescriptor").unwrap().unwrap();
            assert_eq!(children(own, ns::METADATA, "SingleLogoutService").count(), 2);
        });
    }
}
