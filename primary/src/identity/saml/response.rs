//! From a provider's response to the assertion that it signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xml_sec::{Node, XmlDocument};

use super::assertion::{Assertion, Envelope};
use super::decrypt::{Ciphertext, decrypt};
use super::key_pair::KeyPair;
use super::signature::signed;
use super::trusted::Trusted;
use super::xml::{MAX_MESSAGE, attribute, child, escape, is, parse, text};
use super::{Result, SamlError, Step, ns};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What a response is read with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    /// Who may have signed it.
    pub(super) trusted: &'a Trusted,
    /// What decrypts it, if we have such a key.
    pub(super) key_pair: Option<&'a KeyPair>,
}

/// What stands where in a response: exactly one assertion, signatures nowhere
/// but where they belong.
struct Shape {
    id: String,
    response_signed: bool,
    assertion: Place,
}

enum Place {
    Plain { id: String, signed: bool },
    Encrypted,
}

fn shape(reason: impl std::fmt::Display) -> SamlError {
    SamlError::at(Step::Shape, reason)
}

/// Decodes a message of the POST binding.
pub(super) fn decode(message: &str) -> Result<String> {
    let failed = |reason: &dyn std::fmt::Display| SamlError::at(Step::Decode, reason);
    // Some providers break the lines.
    let compact: String = message.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if compact.len() > MAX_MESSAGE * 4 / 3 + 4 {
        return Err(failed(&format_args!("it has more than {MAX_MESSAGE} bytes")));
    }
    let bytes = STANDARD.decode(compact).map_err(|error| failed(&error))?;
    // And some begin with a byte order mark.
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    String::from_utf8(bytes.to_vec()).map_err(|_| failed(&"it is not UTF-8"))
}

impl Reader<'_> {
    /// The assertion of a response. Whatever is read of it was signed.
    pub(super) fn read(&self, message: &str) -> Result<Assertion> {
        let document = parse(message)?;
        let shape = document.with_view(|view| Shape::of(view.document().root_element()))?;
        let envelope = document.with_view(|view| read_envelope(view.document().root_element()))?;
        envelope.check_status()?;
        if shape.response_signed {
            let response = signed(&document, &shape.id, self.trusted)?;
            let envelope =
                response.with_view(|view| read_envelope(view.document().root_element()))?;
            return match shape.assertion {
                Place::Plain { .. } => response.with_view(|view| {
                    let root = view.document().root_element();
                    let assertion = child(root, ns::ASSERTION, "Assertion")?
                        .ok_or_else(|| shape_missing("Assertion"))?;
                    Assertion::read(assertion, envelope)
                }),
                Place::Encrypted => {
                    let plain = self.decrypted(&response, Ciphertext::Signed)?;
                    plain
                        .with_view(|view| Assertion::read(view.document().root_element(), envelope))
                }
            };
        }
        let assertion = match shape.assertion {
            Place::Plain { signed: false, .. } => {
                return Err(SamlError::at(
                    Step::Signature,
                    "neither the response nor the assertion is signed",
                ));
            }
            Place::Plain { id, signed: true } => signed(&document, &id, self.trusted)?,
            Place::Encrypted => {
                let plain = self.decrypted(&document, Ciphertext::Unsigned)?;
                let id = plain.with_view(|view| {
                    let root = view.document().root_element();
                    if child(root, ns::SIGNATURE, "Signature")?.is_none() {
                        return Err(SamlError::at(Step::Signature, "the assertion is not signed"));
                    }
                    identity(root)
                })?;
                signed(&plain, &id, self.trusted)?
            }
        };
        assertion.with_view(|view| Assertion::read(view.document().root_element(), envelope))
    }

    /// The encrypted assertion of a response, with nothing around it.
    fn decrypted(&self, response: &XmlDocument, ciphertext: Ciphertext) -> Result<XmlDocument> {
        let key_pair = self.key_pair.ok_or_else(|| {
            SamlError::at(Step::Decrypt, "it is encrypted, and there is no signing_key")
        })?;
        let data = response.with_view(|view| {
            let root = view.document().root_element();
            let encrypted = child(root, ns::ASSERTION, "EncryptedAssertion")?
                .ok_or_else(|| shape_missing("EncryptedAssertion"))?;
            encrypted_data(view.xml(), encrypted)
        })?;
        let plain = parse(&decrypt(&data, key_pair, ciphertext)?)?;
        plain.with_view(|view| {
            let root = view.document().root_element();
            if !is(root, ns::ASSERTION, "Assertion") {
                return Err(shape("what was encrypted is no assertion"));
            }
            only_own_signature(root)
        })?;
        Ok(plain)
    }
}

fn shape_missing(name: &str) -> SamlError {
    shape(format_args!("there is no {name}"))
}

fn identity(node: Node<'_, '_>) -> Result<String> {
    attribute(node, "ID")
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| shape(format_args!("{} has no ID", node.tag_name().name())))
}

impl Shape {
    fn of(root: Node<'_, '_>) -> Result<Self> {
        if !is(root, ns::PROTOCOL, "Response") {
            return Err(shape("the message is no Response"));
        }
        if attribute(root, "Version") != Some("2.0") {
            return Err(shape("the message is not of SAML 2.0"));
        }
        let assertion = |node: &Node<'_, '_>| {
            is(*node, ns::ASSERTION, "Assertion") || is(*node, ns::ASSERTION, "EncryptedAssertion")
        };
        let mut assertions = root.descendants().filter(assertion);
        let (Some(found), None) = (assertions.next(), assertions.next()) else {
            return Err(shape("there must be one assertion, and no more"));
        };
        if found.parent_element() != Some(root) {
            return Err(shape("the assertion is not in the response itself"));
        }
        let encrypted = is(found, ns::ASSERTION, "EncryptedAssertion");
        let belongs = |signature: Node<'_, '_>| {
            let parent = signature.parent_element();
            parent == Some(root) || parent == Some(found) && !encrypted
        };
        if !root.descendants().filter(|node| is(*node, ns::SIGNATURE, "Signature")).all(belongs) {
            return Err(shape("a signature is where none belongs"));
        }
        Ok(Self {
            id: identity(root)?,
            response_signed: child(root, ns::SIGNATURE, "Signature")?.is_some(),
            assertion: if encrypted {
                Place::Encrypted
            } else {
                Place::Plain {
                    id: identity(found)?,
                    signed: child(found, ns::SIGNATURE, "Signature")?.is_some(),
                }
            },
        })
    }
}

/// Refuses assertions in the assertion, and signatures that are not its own.
fn only_own_signature(assertion: Node<'_, '_>) -> Result<()> {
    let hidden = |node: &Node<'_, '_>| {
        is(*node, ns::ASSERTION, "Assertion") || is(*node, ns::ASSERTION, "EncryptedAssertion")
    };
    if assertion.descendants().filter(hidden).any(|node| node != assertion) {
        return Err(shape("there must be one assertion, and no more"));
    }
    let foreign = assertion
        .descendants()
        .filter(|node| is(*node, ns::SIGNATURE, "Signature"))
        .any(|signature| signature.parent_element() != Some(assertion));
    if foreign { Err(shape("a signature is where none belongs")) } else { Ok(()) }
}

/// What the response says around its assertion.
fn read_envelope(root: Node<'_, '_>) -> Result<Envelope> {
    let status = child(root, ns::PROTOCOL, "Status")?;
    let code = match status {
        Some(status) => child(status, ns::PROTOCOL, "StatusCode")?,
        None => None,
    };
    let detail = code.map(|code| child(code, ns::PROTOCOL, "StatusCode")).transpose()?.flatten();
    let value = |node: Option<Node<'_, '_>>| {
        node.and_then(|node| attribute(node, "Value")).unwrap_or_default().to_owned()
    };
    Ok(Envelope {
        status: value(code),
        status_detail: value(detail),
        issuer: child(root, ns::ASSERTION, "Issuer")?.map(text).transpose()?,
        destination: attribute(root, "Destination").map(str::to_owned),
        in_response_to: attribute(root, "InResponseTo").map(str::to_owned),
    })
}

/// The `EncryptedData` as a document of its own. A recipient's key may stand
/// inside of it or beside it; beside it, it is moved inside.
fn encrypted_data(xml: &str, encrypted: Node<'_, '_>) -> Result<String> {
    let data = child(encrypted, ns::ENCRYPTION, "EncryptedData")?
        .ok_or_else(|| shape_missing("EncryptedData"))?;
    let element = |node: Node<'_, '_>| {
        xml.get(node.range()).map(str::to_owned).ok_or_else(|| shape("an element has no place"))
    };
    let mut own = with_namespaces(&element(data)?, data)?;
    if let Some(key) = child(encrypted, ns::ENCRYPTION, "EncryptedKey")? {
        let key = with_namespaces(&element(key)?, key)?;
        let info = format!("<ds:KeyInfo xmlns:ds=\"{}\">{key}</ds:KeyInfo>", ns::SIGNATURE);
        let cipher = child(data, ns::ENCRYPTION, "CipherData")?
            .ok_or_else(|| shape_missing("CipherData"))?;
        let cipher = element(cipher)?;
        if let Some(old) = child(data, ns::SIGNATURE, "KeyInfo")? {
            own = own.replacen(&element(old)?, "", 1);
        }
        own = own.replacen(&cipher, &format!("{info}{cipher}"), 1);
    }
    Ok(own)
}

/// The text of an element with the namespaces that it inherits.
fn with_namespaces(element: &str, node: Node<'_, '_>) -> Result<String> {
    let end = element
        .find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/')
        .ok_or_else(|| shape("an element has no name"))?;
    let (head, rest) = element.split_at(end);
    let tag = element.split('>').next().unwrap_or_default();
    let mut declared = String::new();
    for namespace in node.namespaces() {
        let name = match namespace.name() {
            Some("xml") => continue,
            Some(prefix) => format!("xmlns:{prefix}"),
            None => "xmlns".to_owned(),
        };
        if !tag.contains(&format!("{name}=")) {
            declared = format!("{declared} {name}=\"{}\"", escape(namespace.uri()));
        }
    }
    Ok(format!("{head}{declared}{rest}"))
}
