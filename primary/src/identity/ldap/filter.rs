//! Filters. Text from outside gets into them escaped, and nowhere else.

use ldap3::ldap_escape;

use super::settings::{Flavor, LdapSettings};

/// Matching rule of Active Directory that follows groups in groups.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The user of this name, and nothing else.
pub(super) fn user(settings: &LdapSettings, username: &str) -> String {
    let name = format!("({}={})", settings.username_attr, ldap_escape(username));
    and(&settings.user_filter, &name)
}

/// The groups that `dn`, called `username`, is in.
pub(super) fn groups(settings: &LdapSettings, dn: &str, username: Option<&str>) -> String {
    let attribute = settings.group_member_attr.as_str();
    // Some directories name members by their names, others by where they are.
    let member = match username {
        Some(username) if attribute.eq_ignore_ascii_case("memberUid") => {
            format!("({attribute}={})", ldap_escape(username))
        }
        _ if settings.nested_groups && settings.directory == Flavor::MicrosoftAD => {
            format!("({attribute}:{IN_CHAIN}:={})", ldap_escape(dn))
        }
        _ => format!("({attribute}={})", ldap_escape(dn)),
    };
    and(&settings.group_filter, &member)
}

/// The groups that any of these groups is in.
pub(super) fn groups_of(settings: &LdapSettings, groups: &[String]) -> String {
    let attribute = settings.group_member_attr.as_str();
    let each = groups.iter().map(|dn| format!("({attribute}={})", ldap_escape(dn.as_str())));
    let each: Vec<String> = each.collect();
    and(&settings.group_filter, &format!("(|{})", each.concat()))
}

/// The group that also matches `filter`.
pub(super) fn group(settings: &LdapSettings, filter: &str) -> String {
    and(&settings.group_filter, filter)
}

/// Both; the first is the operator's, and may be empty.
fn and(condition: &str, filter: &str) -> String {
    match condition {
        "" => filter.to_owned(),
        condition if condition.starts_with('(') => format!("(&{condition}{filter})"),
        condition => format!("(&({condition}){filter})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> LdapSettings {
        LdapSettings {
            username_attr: "uid".to_owned(),
            group_member_attr: "member".to_owned(),
            user_filter: "objectClass=person".to_owned(),
            ..LdapSettings::default()
        }
    }

    #[test]
    fn a_name_stays_a_name() {
        assert_eq!(user(&settings(), "mary"), "(&(objectClass=person)(uid=mary))");
        for hostile in ["*", "a*", "mary)(uid=*", "*)(|(uid=*", "\\2a", "mary\0", "(", ")"] {
            let filter = user(&settings(), hostile);
            let inner = filter.strip_prefix("(&(objectClass=person)(uid=").unwrap();
            let inner = inner.strip_suffix("))").unwrap();
            assert!(!inner.contains(['*', '(', ')', '\0']), "{filter}");
            assert!(ldap3::parse_filter(&filter).is_ok(), "{filter}");
        }
    }

    #[test]
    fn members_by_name_or_by_place() {
        let by_place = groups(&settings(), "cn=a(b),dc=x", Some("mary"));
        assert_eq!(by_place, "(member=cn=a\\28b\\29,dc=x)");
        let by_name = LdapSettings { group_member_attr: "memberUid".to_owned(), ..settings() };
        assert_eq!(groups(&by_name, "cn=a,dc=x", Some("mary")), "(memberUid=mary)");
        let inner = ["cn=a(b),dc=x".to_owned(), "cn=c,dc=x".to_owned()];
        assert_eq!(
            groups_of(&settings(), &inner),
            "(|(member=cn=a\\28b\\29,dc=x)(member=cn=c,dc=x))"
        );
        let chain = LdapSettings {
            directory: Flavor::MicrosoftAD,
            nested_groups: true,
            group_filter: "(objectClass=group)".to_owned(),
            ..settings()
        };
        assert_eq!(
            groups(&chain, "cn=a,dc=x", Some("mary")),
            "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:=cn=a,dc=x))"
        );
    }
}
