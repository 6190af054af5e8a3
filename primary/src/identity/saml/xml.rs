//! XML of providers: without document types, bounded, and read without guesses.

use xml_sec::policy::{ResourcePolicy, TransformPolicy, VerificationPolicy, XmlInputPolicy};
use xml_sec::xmldsig::DigestAlgorithm;
use xml_sec::{Node, XmlDocument};

use super::{Result, SamlError, Step};

/// Longest message that is read, in bytes: what a body of a mebibyte carries in base64,
/// some of whose letters are escaped in it. The names of a thousand groups, encrypted,
/// are some hundred kilobytes.
pub(super) const MAX_MESSAGE: usize = 700 * 1_024;
/// Nodes of one message.
const MAX_NODES: usize = 40_000;
/// Attributes of one element, each of which the parser holds against all others.
const MAX_ATTRIBUTES: usize = 64;
/// Prefixes that are bound at once, of which each element is searched for its own.
const MAX_PREFIXES: usize = 64;
/// Elements in elements.
const MAX_DEPTH: usize = 64;
/// The transforms that SAML allows to a signature, and the two kinds of
/// canonicalization without comments: what they leave over is what is read.
const TRANSFORMS: [&str; 3] = [
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
];
/// SHA-1 is none of them.
const DIGESTS: [DigestAlgorithm; 3] =
    [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];

/// What a message may cost, and which transforms its signatures may have.
pub(super) fn policy() -> VerificationPolicy {
    VerificationPolicy {
        xml: XmlInputPolicy { allow_internal_dtd: false },
        transforms: TransformPolicy {
            allowed_algorithms: Some(TRANSFORMS.map(str::to_owned).into()),
            ..TransformPolicy::default()
        },
        digest_algorithms: Some(DIGESTS.into()),
        resources: ResourcePolicy {
            max_references: 1,
            max_signatures: 2,
            max_transforms_per_reference: 2,
            ..resources()
        },
        ..VerificationPolicy::default()
    }
}

/// What a message may cost.
pub(super) fn resources() -> ResourcePolicy {
    ResourcePolicy {
        max_xml_document_bytes: MAX_MESSAGE,
        max_xml_nodes: MAX_NODES,
        max_xml_depth: MAX_DEPTH,
        max_xml_namespace_bindings: MAX_PREFIXES,
        ..ResourcePolicy::default()
    }
}

/// Reads a message. A document type is refused before anything is parsed: no
/// entity is ever declared.
pub(super) fn parse(text: &str) -> Result<XmlDocument> {
    if text.contains("<!DOCTYPE") || text.contains("<!ENTITY") {
        return Err(SamlError::at(Step::Parse, "a document type is not allowed"));
    }
    if text.split('<').any(|tag| attributes(tag) > MAX_ATTRIBUTES) {
        return Err(SamlError::at(
            Step::Parse,
            format_args!("an element has more than {MAX_ATTRIBUTES} attributes"),
        ));
    }
    XmlDocument::parse_with_policy(text, &policy())
        .map_err(|error| SamlError::at(Step::Parse, error))
}

/// How many attributes a tag has, given from its name on: its values in quotation marks,
/// within which nothing ends it.
fn attributes(tag: &str) -> usize {
    let (mut found, mut open) = (0, None);
    for byte in tag.bytes() {
        match (open, byte) {
            (Some(quote), _) if byte == quote => open = None,
            (None, b'"' | b'\'') => {
                open = Some(byte);
                found += 1;
            }
            (None, b'>') => break,
            _ => {}
        }
    }
    found
}

/// Whether `node` is the element `name` of the namespace.
pub(super) fn is(node: Node<'_, '_>, namespace: &str, name: &str) -> bool {
    node.is_element()
        && node.tag_name().name() == name
        && node.tag_name().namespace() == Some(namespace)
}

/// The child elements of that name.
pub(super) fn children<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| is(*child, namespace, name))
}

/// The child element of that name; more than one is an error.
pub(super) fn child<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Result<Option<Node<'a, 'i>>> {
    let mut found = children(node, namespace, name);
    let first = found.next();
    if found.next().is_some() {
        return Err(SamlError::at(Step::Shape, format_args!("{name} is there twice")));
    }
    Ok(first)
}

/// The text of an element, all of it: what is no text within it is an error.
pub(super) fn text(node: Node<'_, '_>) -> Result<String> {
    let mut text = String::new();
    for child in node.children() {
        let Some(part) = child.text().filter(|_| child.is_text()) else {
            let name = node.tag_name().name();
            return Err(SamlError::at(Step::Shape, format_args!("{name} is not plain text")));
        };
        text.push_str(part);
    }
    Ok(text.trim().to_owned())
}

/// An attribute without a namespace.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find_map(|attribute| {
        (attribute.name() == name && attribute.namespace().is_none()).then(|| attribute.value())
    })
}

/// Text for our own messages, and for pages.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Step {
        parse(text).map(drop).unwrap_err().step
    }

    #[test]
    fn document_types_are_refused_whatever_they_declare() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
        let file = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
        let empty = "<!DOCTYPE a><a/>";
        for text in [bomb, file, empty] {
            assert_eq!(refused(text), Step::Parse, "{text}");
        }
        assert_eq!(refused("<a>&b;</a>"), Step::Parse);
    }

    #[test]
    fn what_a_message_may_cost_is_bounded() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_NODES));
        let long = format!("<a>{}</a>", "b".repeat(MAX_MESSAGE));
        let many = |name: &str, count| {
            (0..count).map(|n| format!(" {name}{n} = '/>'")).collect::<Vec<_>>().concat()
        };
        let crowded = format!("<a{}/>", many("b", MAX_ATTRIBUTES + 1));
        let bound = many("xmlns:b", MAX_PREFIXES / 2 + 1);
        let prefixed = format!("<a{bound}><c{}/></a>", bound.replace(":b", ":d"));
        for text in [deep, wide, long, crowded, prefixed] {
            assert_eq!(refused(&text), Step::Parse);
        }
        assert!(parse(&format!("<a{}>\"'</a>", many("b", MAX_ATTRIBUTES))).is_ok());
    }

    #[test]
    fn text_with_anything_within_is_no_text() {
        let read =
            |xml: &str| parse(xml).unwrap().with_view(|view| text(view.document().root_element()));
        assert_eq!(read("<a> mary &amp; joe </a>").unwrap(), "mary & joe");
        assert_eq!(read("<a></a>").unwrap(), "");
        for hostile in ["<a>admin<!-- -->.evil</a>", "<a>admin<?x?>.evil</a>", "<a><b>c</b></a>"] {
            assert_eq!(read(hostile).unwrap_err().step, Step::Shape, "{hostile}");
        }
    }

    #[test]
    fn escaped_text_comes_back() {
        let hostile = "\"'><b a=\"&amp;\">";
        let xml = format!("<a b=\"{0}\">{0}</a>", escape(hostile));
        let document = parse(&xml).unwrap();
        document.with_view(|view| {
            let root = view.document().root_element();
            assert_eq!(text(root).unwrap(), hostile);
            assert_eq!(attribute(root, "b"), Some(hostile));
        });
    }
}
