//! Who somebody is, by the attributes of the provider.

use std::collections::BTreeMap;

use xml_sec::Node;

use super::assertion::Assertion;
use super::xml::{attribute, children, text};
use super::{Result, SamlError, Step, ns};

const USERNAME: &str = "Username";
const EMAIL: &str = "Email";
/// What providers call the name by which somebody logs in there, where nobody told them
/// of ours: of eduPerson and LDAP, by name and by number, and of AD FS. Not `claims/name`:
/// with many a provider it is what people choose to be called.
const LOGINS: [&str; 5] = [
    "uid",
    "urn:oid:0.9.2342.19200300.100.1.1",
    "eduPersonPrincipalName",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
];
/// The same of the mail address.
const EMAILS: [&str; 3] = [
    "mail",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
];
/// Groups, where no attribute is configured or it is absent.
const GROUPS: [&str; 2] =
    ["NVRoleGroup", "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"];

/// The attributes of an assertion; of one that is there twice, all values. None is left
/// out, as many as a message has room for: the first mapped group decides, and it could
/// be the last here.
pub(super) fn attributes(assertion: Node<'_, '_>) -> Result<BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for statement in children(assertion, ns::ASSERTION, "AttributeStatement") {
        for one in children(statement, ns::ASSERTION, "Attribute") {
            let Some(name) = attribute(one, "Name") else { continue };
            let values = found.entry(name.to_owned()).or_default();
            for value in children(one, ns::ASSERTION, "AttributeValue") {
                values.push(text(value)?);
            }
        }
    }
    Ok(found)
}

impl Assertion {
    /// The user's name: `Username`, else `Email`, else how the provider calls
    /// somebody, if it always does so, else by which name somebody logs in there.
    pub(super) fn username(&self) -> Result<String> {
        let lasting = Some(self.name_id.value.as_str())
            .filter(|name| !name.is_empty() && self.name_id.format != ns::TRANSIENT);
        self.first(USERNAME)
            .or_else(|| self.first(EMAIL))
            .or(lasting)
            .or_else(|| self.first_of(&LOGINS))
            .map(str::to_owned)
            .ok_or_else(|| {
                SamlError::at(
                    Step::User,
                    "there is neither Username nor Email nor a lasting NameID nor uid",
                )
            })
    }

    /// The mail address; may be empty.
    pub(super) fn email(&self) -> String {
        self.first(EMAIL).or_else(|| self.first_of(&EMAILS)).unwrap_or_default().to_owned()
    }

    /// The groups: of the configured attribute, else of the usual ones.
    pub(super) fn groups(&self, configured: &str) -> Vec<String> {
        std::iter::once(configured)
            .chain(GROUPS)
            .filter(|name| !name.is_empty())
            .find_map(|name| self.attributes.get(name).cloned())
            .unwrap_or_default()
    }

    fn first_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.first(name))
    }

    fn first(&self, name: &str) -> Option<&str> {
        let value = self.attributes.get(name)?.first()?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}
