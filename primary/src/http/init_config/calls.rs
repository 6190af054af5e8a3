//! From what a file says to calls of the REST API.

use http::Method;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::file::{InitFile, Kind};
use crate::http::in_process::{Call, Wanted, path_of};
use crate::identity::DEFAULT_PROFILE;

/// The first administrator, whose role nobody changes.
const FIRST_USER: &str = "admin";

/// All that a file wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct AllWanted {
    pub(super) objects: Vec<Wanted>,
    /// Keys that nothing here obeys.
    pub(super) passed_over: Vec<String>,
}

/// A file that says something else than its kind should.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0} is missing, or not of the form that it should have")]
pub(super) struct Malformed(&'static str);

/// What the file wants.
pub(super) fn wanted(file: &InitFile) -> Result<AllWanted, Malformed> {
    let content = &file.content;
    let objects = match file.kind {
        Kind::Eula => {
            let body = json!({ "eula": content });
            vec![Wanted::Setting(Call::new(Method::POST, "/v1/eula", body))]
        }
        Kind::Role => each(content, "roles", "name", Wanted::role)?,
        Kind::PasswordProfile => {
            let mut profiles = each(content, "pwd_profiles", "name", password_profile)?;
            // There is one.
            profiles.truncate(1);
            profiles
        }
        Kind::Ldap => vec![Wanted::directory("ldap1", "ldap", content)],
        Kind::Saml => vec![Wanted::directory("saml1", "saml", content)],
        Kind::Oidc => vec![Wanted::directory("openId1", "oidc", content)],
        Kind::System => return Ok(system(content)),
        Kind::User => each(content, "users", "fullname", user)?,
    };
    Ok(AllWanted { objects, passed_over: Vec::new() })
}

fn each(
    content: &Map<String, Value>,
    list: &'static str,
    key: &'static str,
    one: impl Fn(&str, &Map<String, Value>) -> Wanted,
) -> Result<Vec<Wanted>, Malformed> {
    let items = content.get(list).and_then(Value::as_array).ok_or(Malformed(list))?;
    let named = items.iter().filter(|item| !item.is_null()).map(|item| {
        let members = item.as_object().ok_or(Malformed(list))?;
        let name = members.get(key).and_then(Value::as_str).ok_or(Malformed(key))?;
        Ok(one(name, members))
    });
    named.collect()
}

fn password_profile(name: &str, members: &Map<String, Value>) -> Wanted {
    let mut config = members.clone();
    config.insert("name".to_owned(), name.into());
    let path = path_of("/v1/password_profile", &[DEFAULT_PROFILE]);
    Wanted::Setting(Call::new(Method::PATCH, path, json!({ "config": config })))
}

fn system(content: &Map<String, Value>) -> AllWanted {
    let mut all = AllWanted::default();
    for (key, value) in content {
        if key == "auth_order" {
            all.objects.push(Wanted::auth_order(value));
        } else {
            all.passed_over.push(key.clone());
        }
    }
    all
}

fn user(name: &str, members: &Map<String, Value>) -> Wanted {
    let path = path_of("/v1/user", &[name]);
    let mut change = Vec::new();
    if let Some(password) = members.get("password") {
        let body = json!({ "config": {
            "fullname": name, "new_password": password, "force_reset_password": true,
            "clear_failed_login": true,
        } });
        change.push(Call::new(Method::POST, path_of("/v1/user", &[name, "password"]), body));
    }
    let mut rest = members.clone();
    rest.remove("password");
    if name == FIRST_USER {
        rest.retain(|key, _| !matches!(key.as_str(), "role" | "role_domains"));
    }
    change.push(Call::new(Method::PATCH, &path, json!({ "config": rest })));
    Wanted::Object {
        name: name.to_owned(),
        create: Call::new(Method::POST, "/v1/user", json!({ "user": members })),
        change,
        path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, text: &str) -> AllWanted {
        wanted(&InitFile::parse(text, kind).unwrap()).unwrap()
    }

    #[test]
    fn letter_case_of_keys_is_of_no_account_and_names_keep_theirs() {
        let text = "Always_Reload: true\nUsers:\n- FullName: Mary\n  PASSWORD: x\n  \
                    Role_Domains:\n    Auditor: [shop]\n  EMail:\n";
        let file = InitFile::parse(text, Kind::User).unwrap();
        assert!(file.always_reload);
        let Wanted::Object { create, .. } = wanted(&file).unwrap().objects.remove(0) else {
            panic!("no user");
        };
        let user = json!({ "fullname": "Mary", "password": "x",
            "role_domains": { "Auditor": ["shop"] } });
        assert_eq!(create, Call::new(Method::POST, "/v1/user", json!({ "user": user })));
    }

    #[test]
    fn the_first_administrator_keeps_its_role() {
        let text = "users: [{Fullname: admin, Password: new, Role: reader, Timeout: 600}]";
        let Wanted::Object { change, .. } = of(Kind::User, text).objects.remove(0) else {
            panic!("no user");
        };
        assert_eq!(change[0].path, "/v1/user/admin/password");
        let rest = json!({ "config": { "fullname": "admin", "timeout": 600 } });
        assert_eq!(change[1], Call::new(Method::PATCH, "/v1/user/admin", rest));
    }

    #[test]
    fn names_stay_within_their_segment() {
        let text = "users: [{fullname: '../eula?x', password: x}]";
        let Wanted::Object { path, .. } = of(Kind::User, text).objects.remove(0) else {
            panic!("no user");
        };
        assert_eq!(path, "/v1/user/..%2Feula%3Fx");
    }

    #[test]
    fn keys_that_set_nothing_are_named() {
        let all = of(Kind::System, "Auth_Order: [ldap1, local]\nSyslog_ip: 192.0.2.1\n");
        assert_eq!(all.passed_over, ["syslog_ip"]);
        assert_eq!(all.objects.len(), 1);
    }

    #[test]
    fn what_is_malformed_is_named_without_its_text() {
        for (kind, text, named) in [
            (Kind::User, "users: secret", "users"),
            (Kind::User, "users: [{password: secret}]", "fullname"),
            (Kind::Role, "{}", "roles"),
        ] {
            let error = wanted(&InitFile::parse(text, kind).unwrap()).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("secret"), "{error}");
        }
    }
}
