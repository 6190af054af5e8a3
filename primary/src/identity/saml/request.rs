//! Our own messages.

use chrono::{DateTime, SecondsFormat, Utc};

use super::assertion::NameId;
use super::ns;
use super::xml::escape;

/// What all our messages say of themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    /// By what they are known.
    pub(super) id: &'a str,
    /// Where they go.
    pub(super) destination: &'a str,
    /// Who we are there.
    pub(super) issuer: &'a str,
    /// Now.
    pub(super) at: DateTime<Utc>,
}

impl Head<'_> {
    fn element(&self, name: &str, more: &str, content: &str) -> String {
        let Head { id, destination, issuer, at } = self;
        format!(
            "<samlp:{name} xmlns:samlp=\"{}\" xmlns:saml=\"{}\" ID=\"{}\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{}\"{more}><saml:Issuer>{}</saml:Issuer>{content}\
             </samlp:{name}>",
            ns::PROTOCOL,
            ns::ASSERTION,
            escape(id),
            at.to_rfc3339_opts(SecondsFormat::Secs, true),
            escape(destination),
            escape(issuer),
        )
    }

    /// Asks for a login, to be answered by POST at `endpoint`.
    pub(super) fn authn_request(&self, endpoint: &str) -> String {
        let more = format!(
            " ProtocolBinding=\"{}\" AssertionConsumerServiceURL=\"{}\"",
            ns::POST,
            escape(endpoint)
        );
        let policy =
            format!("<samlp:NameIDPolicy AllowCreate=\"true\" Format=\"{}\"/>", ns::UNSPECIFIED);
        self.element("AuthnRequest", &more, &policy)
    }

    /// Asks to end a session.
    pub(super) fn logout_request(&self, name_id: &NameId, session_index: Option<&str>) -> String {
        let mut content = format!(
            "<saml:NameID Format=\"{}\">{}</saml:NameID>",
            escape(&name_id.format),
            escape(&name_id.value)
        );
        if let Some(index) = session_index {
            content.push_str("<samlp:SessionIndex>");
            content.push_str(&escape(index));
            content.push_str("</samlp:SessionIndex>");
        }
        self.element("LogoutRequest", "", &content)
    }

    /// Answers that a session ended.
    pub(super) fn logout_response(&self, request: &str) -> String {
        let more = format!(" InResponseTo=\"{}\"", escape(request));
        let status =
            format!("<samlp:Status><samlp:StatusCode Value=\"{}\"/></samlp:Status>", ns::SUCCESS);
        self.element("LogoutResponse", &more, &status)
    }
}
