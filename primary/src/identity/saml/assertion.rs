//! What an assertion says, and whether it counts for a login.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use xml_sec::Node;

use super::attribute::attributes;
use super::xml::{attribute, child, children, is, text};
use super::{Result, SamlError, Step, ns};

/// Clocks differ by so much at most.
pub(super) const LEEWAY: TimeDelta = TimeDelta::minutes(2);

/// What a response says around its assertion. It is signed only where the
/// response is; what contradicts is refused, nothing is believed by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) status: String,
    pub(super) status_detail: String,
    pub(super) issuer: Option<String>,
    pub(super) destination: Option<String>,
    pub(super) in_response_to: Option<String>,
}

/// An assertion that a trusted key signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assertion {
    pub(super) envelope: Envelope,
    pub(super) id: String,
    pub(super) issuer: String,
    pub(super) name_id: NameId,
    pub(super) confirmations: Vec<Confirmation>,
    pub(super) not_before: Option<DateTime<Utc>>,
    pub(super) not_on_or_after: Option<DateTime<Utc>>,
    /// Each must name us.
    pub(super) audiences: Vec<Vec<String>>,
    pub(super) sessions: Vec<AuthnSession>,
    pub(super) attributes: BTreeMap<String, Vec<String>>,
}

/// How the provider calls somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NameId {
    pub(super) value: String,
    pub(super) format: String,
}

/// For whom an assertion is, who just bears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Confirmation {
    pub(super) recipient: Option<String>,
    pub(super) in_response_to: Option<String>,
    pub(super) not_before: Option<DateTime<Utc>>,
    pub(super) not_on_or_after: Option<DateTime<Utc>>,
}

/// A session at the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AuthnSession {
    pub(super) index: Option<String>,
    pub(super) not_on_or_after: Option<DateTime<Utc>>,
}

/// What an assertion must be about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    /// The provider.
    pub(super) issuer: &'a str,
    /// Our name there, and the address that it sends the browser to.
    pub(super) endpoint: &'a str,
    /// Now.
    pub(super) now: DateTime<Utc>,
}

fn shape(reason: impl std::fmt::Display) -> SamlError {
    SamlError::at(Step::Shape, reason)
}

impl Envelope {
    /// Refuses a response by which the provider says no.
    pub(super) fn check_status(&self) -> Result<()> {
        if self.status == ns::SUCCESS {
            return Ok(());
        }
        let short = |status: &str| {
            status.rsplit(':').next().unwrap_or_default().chars().take(64).collect::<String>()
        };
        let (status, detail) = (short(&self.status), short(&self.status_detail));
        Err(SamlError::at(
            Step::Status,
            format_args!("it says {status} {detail}").to_string().trim(),
        ))
    }
}

/// A moment; a malformed one is an error, not an absent one.
pub(super) fn moment(node: Node<'_, '_>, name: &str) -> Result<Option<DateTime<Utc>>> {
    attribute(node, name)
        .map(|text| {
            DateTime::parse_from_rfc3339(text.trim())
                .map(|moment| moment.with_timezone(&Utc))
                .map_err(|_| shape(format_args!("{name} is no moment")))
        })
        .transpose()
}

impl NameId {
    pub(super) fn read(node: Node<'_, '_>) -> Result<Self> {
        Ok(Self {
            value: text(node)?,
            format: attribute(node, "Format").unwrap_or(ns::UNSPECIFIED).to_owned(),
        })
    }
}

impl Assertion {
    /// Reads an assertion of SAML 2.0.
    pub(super) fn read(node: Node<'_, '_>, envelope: Envelope) -> Result<Self> {
        if !is(node, ns::ASSERTION, "Assertion") || attribute(node, "Version") != Some("2.0") {
            return Err(shape("it is no assertion of SAML 2.0"));
        }
        let missing = |name: &str| shape(format_args!("the assertion has no {name}"));
        let id = attribute(node, "ID").filter(|id| !id.is_empty()).ok_or_else(|| missing("ID"))?;
        let issuer = child(node, ns::ASSERTION, "Issuer")?.ok_or_else(|| missing("Issuer"))?;
        let subject = child(node, ns::ASSERTION, "Subject")?.ok_or_else(|| missing("Subject"))?;
        let name_id = child(subject, ns::ASSERTION, "NameID")?.map(NameId::read).transpose()?;
        let conditions =
            child(node, ns::ASSERTION, "Conditions")?.ok_or_else(|| missing("Conditions"))?;
        Ok(Self {
            envelope,
            id: id.to_owned(),
            issuer: text(issuer)?,
            name_id: name_id.unwrap_or_default(),
            confirmations: confirmations(subject)?,
            not_before: moment(conditions, "NotBefore")?,
            not_on_or_after: moment(conditions, "NotOnOrAfter")?,
            audiences: audiences(conditions)?,
            sessions: children(node, ns::ASSERTION, "AuthnStatement")
                .map(|statement| {
                    Ok(AuthnSession {
                        index: attribute(statement, "SessionIndex").map(str::to_owned),
                        not_on_or_after: moment(statement, "SessionNotOnOrAfter")?,
                    })
                })
                .collect::<Result<_>>()?,
            attributes: attributes(node)?,
        })
    }

    /// The request that it answers.
    pub(super) fn request(&self) -> Result<&str> {
        let mut requests = self.confirmations.iter().map(|one| one.in_response_to.as_deref());
        let first = requests.next().flatten().ok_or_else(|| {
            SamlError::at(Step::Request, "it answers none; a login begins here, not there")
        })?;
        if requests.any(|other| other != Some(first)) {
            return Err(SamlError::at(Step::Request, "it answers more than one"));
        }
        Ok(first)
    }

    /// Whether it counts for the login that began with [`Self::request`]; if
    /// so, until when it must not come again.
    pub(super) fn check(&self, expected: &Expected<'_>) -> Result<DateTime<Utc>> {
        let Expected { issuer, endpoint, now } = *expected;
        let request = self.request()?;
        let issuers = [Some(self.issuer.as_str()), self.envelope.issuer.as_deref()];
        if issuers.into_iter().flatten().any(|found| found != issuer) {
            return Err(SamlError::at(Step::Issuer, "another provider made it"));
        }
        self.check_time(now)?;
        let for_us = |named: &Vec<String>| named.iter().any(|name| name == endpoint);
        if self.audiences.is_empty() || !self.audiences.iter().all(for_us) {
            return Err(SamlError::at(
                Step::Audience,
                format_args!("it is not for {endpoint:?}, but for {:?}", self.audiences),
            ));
        }
        if self.envelope.destination.as_deref().is_some_and(|found| found != endpoint) {
            return Err(SamlError::at(Step::Recipient, "the response went to another address"));
        }
        if self.envelope.in_response_to.as_deref().is_some_and(|found| found != request) {
            return Err(SamlError::at(Step::Request, "the response answers another request"));
        }
        let mut reason = SamlError::at(Step::Recipient, "nobody may just bear it");
        for confirmation in &self.confirmations {
            match confirmation.check(endpoint, now) {
                Ok(until) => {
                    let until = self.not_on_or_after.map_or(until, |end| end.max(until));
                    return Ok(until + LEEWAY);
                }
                Err(error) => reason = error,
            }
        }
        Err(reason)
    }

    /// When the session at the provider ends, if it says so; clocks may differ.
    pub(super) fn session_end(&self) -> Option<DateTime<Utc>> {
        self.sessions
            .iter()
            .filter_map(|session| session.not_on_or_after)
            .min()
            .map(|end| end + LEEWAY)
    }

    fn check_time(&self, now: DateTime<Utc>) -> Result<()> {
        let time = |reason| Err(SamlError::at(Step::Time, reason));
        if self.not_before.is_some_and(|begin| now + LEEWAY < begin) {
            return time("it does not count yet; compare the clocks");
        }
        if self.not_on_or_after.is_some_and(|end| now - LEEWAY >= end) {
            return time("it counts no more; compare the clocks");
        }
        if self.sessions.is_empty() {
            return Err(shape("it does not say that anybody logged in"));
        }
        let ended =
            |session: &AuthnSession| session.not_on_or_after.is_some_and(|end| now - LEEWAY >= end);
        if self.sessions.iter().any(ended) {
            return time("the session at the provider has ended");
        }
        Ok(())
    }
}

impl Confirmation {
    /// Whether it confirms a bearer at `endpoint`; if so, until when.
    fn check(&self, endpoint: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        if self.recipient.as_deref() != Some(endpoint) {
            return Err(SamlError::at(
                Step::Recipient,
                format_args!("it went to {:?}, not to {endpoint:?}", self.recipient),
            ));
        }
        if self.not_before.is_some_and(|begin| now + LEEWAY < begin) {
            return Err(SamlError::at(Step::Time, "it may not be borne yet; compare the clocks"));
        }
        match self.not_on_or_after {
            None => Err(SamlError::at(Step::Time, "it may be borne for ever")),
            Some(end) if now - LEEWAY >= end => {
                Err(SamlError::at(Step::Time, "it may be borne no more; compare the clocks"))
            }
            Some(end) => Ok(end),
        }
    }
}

fn confirmations(subject: Node<'_, '_>) -> Result<Vec<Confirmation>> {
    children(subject, ns::ASSERTION, "SubjectConfirmation")
        .filter(|one| attribute(*one, "Method") == Some(ns::BEARER))
        .map(|one| {
            let Some(data) = child(one, ns::ASSERTION, "SubjectConfirmationData")? else {
                return Ok(Confirmation::default());
            };
            Ok(Confirmation {
                recipient: attribute(data, "Recipient").map(str::to_owned),
                in_response_to: attribute(data, "InResponseTo").map(str::to_owned),
                not_before: moment(data, "NotBefore")?,
                not_on_or_after: moment(data, "NotOnOrAfter")?,
            })
        })
        .collect()
}

fn audiences(conditions: Node<'_, '_>) -> Result<Vec<Vec<String>>> {
    children(conditions, ns::ASSERTION, "AudienceRestriction")
        .map(|restriction| children(restriction, ns::ASSERTION, "Audience").map(text).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "https://palisade/acs";
    const IDP: &str = "https://idp";

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn minutes(minutes: i64) -> DateTime<Utc> {
        now() + TimeDelta::minutes(minutes)
    }

    fn good() -> Assertion {
        Assertion {
            envelope: Envelope { status: ns::SUCCESS.to_owned(), ..Envelope::default() },
            id: "_1".to_owned(),
            issuer: IDP.to_owned(),
            name_id: NameId { value: "mary".to_owned(), format: ns::UNSPECIFIED.to_owned() },
            confirmations: vec![Confirmation {
                recipient: Some(US.to_owned()),
                in_response_to: Some("_request".to_owned()),
                not_before: None,
                not_on_or_after: Some(minutes(5)),
            }],
            not_before: Some(minutes(-1)),
            not_on_or_after: Some(minutes(10)),
            audiences: vec![vec!["https://other".to_owned(), US.to_owned()]],
            sessions: vec![AuthnSession::default()],
            attributes: BTreeMap::new(),
        }
    }

    fn check(assertion: &Assertion) -> Result<DateTime<Utc>> {
        assertion.check(&Expected { issuer: IDP, endpoint: US, now: now() })
    }

    #[test]
    fn a_good_assertion_counts_and_is_remembered_until_it_could_not_come_again() {
        assert_eq!(check(&good()).unwrap(), now() + TimeDelta::minutes(10) + LEEWAY);
    }

    #[test]
    fn what_contradicts_is_refused_by_its_step() {
        type Change = fn(&mut Assertion);
        let cases: [(Step, Change); 19] = [
            (Step::Issuer, |a| a.issuer = "https://evil".to_owned()),
            (Step::Issuer, |a| a.envelope.issuer = Some("https://evil".to_owned())),
            (Step::Time, |a| a.not_before = Some(minutes(3))),
            (Step::Time, |a| a.not_on_or_after = Some(minutes(-2))),
            (Step::Time, |a| a.confirmations[0].not_on_or_after = Some(minutes(-2))),
            (Step::Time, |a| a.confirmations[0].not_on_or_after = None),
            (Step::Time, |a| a.confirmations[0].not_before = Some(minutes(3))),
            (Step::Time, |a| a.sessions[0].not_on_or_after = Some(minutes(-2))),
            (Step::Shape, |a| a.sessions.clear()),
            (Step::Audience, |a| a.audiences.clear()),
            (Step::Audience, |a| a.audiences = vec![vec!["https://other".to_owned()]]),
            (Step::Audience, |a| a.audiences.push(Vec::new())),
            (Step::Recipient, |a| a.confirmations[0].recipient = None),
            (Step::Recipient, |a| a.confirmations[0].recipient = Some("https://other".to_owned())),
            (Step::Recipient, |a| a.envelope.destination = Some("https://other".to_owned())),
            (Step::Request, |a| a.confirmations[0].in_response_to = None),
            (Step::Request, |a| a.confirmations.clear()),
            (Step::Request, |a| a.envelope.in_response_to = Some("_other".to_owned())),
            (Step::Request, |a| a.confirmations.push(Confirmation::default())),
        ];
        for (index, (step, change)) in cases.into_iter().enumerate() {
            let mut assertion = good();
            change(&mut assertion);
            assert_eq!(check(&assertion).unwrap_err().step, step, "case {index}");
        }
    }

    #[test]
    fn clocks_may_differ_a_little() {
        let mut assertion = good();
        assertion.not_before = Some(minutes(1));
        assertion.not_on_or_after = Some(minutes(-1));
        assertion.confirmations[0].not_on_or_after = Some(minutes(-1));
        assert!(check(&assertion).is_ok());
    }
}
