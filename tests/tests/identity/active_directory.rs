//! Users of a real Active Directory.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::active_directory::{ActiveDirectory, BASE, LOCKED_AFTER, PASSWORD, dn};
use palisade_tests::rest::{Answer, Rest};
use serde_json::{Value, json};

const SERVER: &str = "ad1";

/// `mary` is in `inner`, that is in `middle`, and that in `outer`.
async fn directory() -> Result<Option<ActiveDirectory>> {
    ActiveDirectory::start(
        &["mary", "joe", "Renée Müller", "odd (name)", "careless"],
        &[
            ("inner", &["mary"]),
            ("middle", &["inner"]),
            ("outer", &["middle"]),
            ("Ops (EU)", &["joe", "odd (name)"]),
            ("Gäste", &["Renée Müller"]),
        ],
    )
    .await
}

async fn log_in(rest: &Rest, name: &str, password: &str) -> Result<Answer> {
    let login = json!({ "username": name, "password": password });
    rest.post(&format!("/v1/auth/{SERVER}"), &json!({ "password": login })).await
}

#[tokio::test]
async fn users_of_a_domain_have_the_roles_of_their_groups() -> Result<()> {
    let Some(directory) = directory().await? else { return Ok(()) };
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut settings = directory.settings();
    settings["nested_groups"] = json!(true);
    settings["group_mapped_roles"] = json!([
        { "group": "OUTER", "global_role": "", "role_domains": { "admin": ["shop", "shop-*"] } },
        { "group": dn("Ops (EU)"), "global_role": "reader" },
        { "group": "gäste", "global_role": "ciops" },
    ]);
    let config = json!({ "config": { "name": SERVER, "ldap": settings } });
    admin.post("/v1/server", &config).await?.ok()?;
    let rest = primary.rest()?;
    let of_shop = json!({ "admin": ["shop", "shop-*"] });
    for (name, written, role, domains) in [
        ("mary", "mary", "", of_shop.clone()),
        ("MARY", "mary", "", of_shop),
        ("joe", "joe", "reader", Value::Null),
        ("odd (name)", "odd (name)", "reader", Value::Null),
        ("RENÉE MÜLLER", "Renée Müller", "ciops", Value::Null),
    ] {
        let answer = log_in(&rest, name, PASSWORD).await?.ok().context(name)?;
        let token = &answer["token"];
        assert_eq!(token["fullname"], format!("{SERVER}:{written}"));
        assert_eq!((&token["role"], &token["role_domains"]), (&json!(role), &domains), "{name}");
        assert_eq!(token["email"], "mail@ad.example.org");
    }
    for name in ["disabled", "expired", "must-change", "service", "krbtgt", "DC1$", "nobody", "*"] {
        log_in(&rest, name, PASSWORD).await?.expect(401, 3).context(name)?;
    }
    // Everybody is in the primary group, which names nobody as its member.
    let everybody = json!([{ "group": "Domain Users", "global_role": "reader" }]);
    let change =
        json!({ "config": { "name": SERVER, "ldap": { "group_mapped_roles": everybody } } });
    admin.patch(&format!("/v1/server/{SERVER}"), &change).await?.ok()?;
    assert_eq!(log_in(&rest, "careless", PASSWORD).await?.ok()?["token"]["role"], "reader");
    // Other names for users.
    let change =
        json!({ "config": { "name": SERVER, "ldap": { "username_attr": "userPrincipalName" } } });
    admin.patch(&format!("/v1/server/{SERVER}"), &change).await?.ok()?;
    let answer = log_in(&rest, "Joe@ad.example.org", PASSWORD).await?.ok()?;
    assert_eq!(answer["token"]["fullname"], format!("{SERVER}:joe@ad.example.org"));
    Ok(())
}

#[tokio::test]
async fn a_trial_tells_what_the_domain_has_against_somebody() -> Result<()> {
    let Some(directory) = directory().await? else { return Ok(()) };
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let trial = async |more: &Value, user: &str, word: &str| -> Result<Answer> {
        let mut ldap = directory.settings();
        for (key, value) in more.as_object().into_iter().flatten() {
            ldap[key] = value.clone();
        }
        let user = json!({ "username": user, "password": word });
        admin
            .post("/v1/debug/server/test", &json!({ "test": { "ldap": ldap, "test_ldap": user } }))
            .await
    };
    let start_tls = json!({ "ssl": false, "start_tls": true, "port": 389 });
    let chain = format!("(memberOf:1.2.840.113556.1.4.1941:={})", dn("outer"));
    let (inner, users) = (dn("inner"), dn("Domain Users"));
    let direct = json!([users, inner, "Domain Users", "inner"]);
    for (more, user, groups) in [
        (json!({}), "mary", direct.clone()),
        (start_tls, "mary", direct.clone()),
        (json!({ "bind_dn": "service@ad.example.org" }), "mary", direct.clone()),
        (json!({ "bind_dn": "EXAMPLE\\service" }), "mary", direct.clone()),
        (json!({ "user_filter": chain }), "mary", direct),
        (
            json!({ "nested_groups": true, "group_filter": "(!(cn=*Users))" }),
            "mary",
            json!([inner, dn("middle"), dn("outer"), "inner", "middle", "outer"]),
        ),
        (
            json!({ "nested_groups": true, "group_filter": "(cn=*Users)" }),
            "careless",
            json!([users, format!("CN=Users,CN=Builtin,{BASE}"), "Domain Users", "Users"]),
        ),
    ] {
        let answer = trial(&more, user, PASSWORD).await?.ok().context(more.clone())?;
        assert_eq!(answer["result"]["groups"], groups, "{more} {user}");
    }
    for _ in 0..LOCKED_AFTER {
        trial(&json!({}), "careless", "wrong").await?.expect(500, 3)?;
    }
    let plain = json!({ "ssl": false, "port": 389 });
    let no_tls = json!({ "ssl": false, "port": 636 });
    let bind = |name: &str| json!({ "bind_dn": dn(name) });
    for (more, user, word, why) in [
        (json!({ "ca_cert": "" }), "mary", PASSWORD, "connecting to the directory failed"),
        (
            plain,
            "mary",
            PASSWORD,
            "binding as bind_dn failed: the directory wants an encrypted connection",
        ),
        (
            no_tls,
            "mary",
            PASSWORD,
            "binding as bind_dn failed: the directory closed the connection",
        ),
        (bind("nobody"), "mary", PASSWORD, "binding as bind_dn failed: the directory refuses"),
        (
            bind("disabled"),
            "mary",
            PASSWORD,
            "binding as bind_dn failed: the directory says that the account is disabled",
        ),
        (json!({}), "nobody", PASSWORD, "finding the user below base_dn failed"),
        (
            json!({ "base_dn": "DC=other" }),
            "mary",
            PASSWORD,
            "finding the user below base_dn failed",
        ),
        (
            json!({}),
            "mary",
            "wrong",
            "binding as the user failed: the directory refuses the password",
        ),
        (
            json!({}),
            "disabled",
            PASSWORD,
            "binding as the user failed: the directory says that the account is disabled",
        ),
        (json!({}), "expired", PASSWORD, "says that the account has expired"),
        (json!({}), "must-change", PASSWORD, "says that the password must be changed first"),
        (json!({}), "careless", PASSWORD, "says that the account is locked"),
        (json!({ "group_dn": "DC=other" }), "mary", PASSWORD, "finding the user's groups failed"),
    ] {
        let answer = trial(&more, user, word).await?;
        answer.expect(500, 3).context(format!("{more} {user}"))?;
        ensure!(answer.text.contains(why), "{more} {user}: {}", answer.text);
    }
    Ok(())
}
