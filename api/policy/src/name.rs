//! The names of objects.

use crate::error::shorten;
use crate::{CfgType, FED_PREFIX, PolicyError};

const MAX_NAME_BYTES: usize = 1_024;

/// Checks the name of an object: a federated one begins with `fed.` and is
/// longer than that, another one does not begin with it.
pub(crate) fn check(name: &str, cfg_type: CfgType) -> Result<(), PolicyError> {
    let invalid = |reason| PolicyError::InvalidName { name: shorten(name), reason };
    let own = match (name.strip_prefix(FED_PREFIX), cfg_type) {
        (Some(own), CfgType::Federal) => own,
        (None, CfgType::Federal) => {
            return Err(invalid("the name of a federated object begins with \"fed.\""));
        }
        (Some(_), _) => return Err(invalid("only federated objects begin with \"fed.\"")),
        (None, _) => name,
    };
    if !is_well_formed(own) || name.len() > MAX_NAME_BYTES {
        return Err(invalid(
            "letters, digits, '.', ':', '_' and '-', beginning with a letter or digit, \
             1024 bytes at most",
        ));
    }
    Ok(())
}

/// Whether a text has the form of a name, whoever owns what it names.
pub(crate) fn is_well_formed(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_' | '-'))
}
