//! A change that is meant for what another one left, and for nothing that somebody else made of it.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::rest::Answer;
use palisade_tests::{Primary, fleet};
use serde_json::{Value, json};

use crate::user::{PASSWORD, create, log_in};

const ROOTS: &str = "/v1/scan/sigstore/root_of_trust";

/// What tells what a change left.
fn tag(answer: &Answer) -> Result<String> {
    let tag = answer.headers.get("etag").with_context(|| format!("no tag: {answer:?}"))?;
    Ok(tag.to_str()?.to_owned())
}

fn config(mut of: Value, more: &Value) -> Value {
    for (member, value) in more.as_object().into_iter().flatten() {
        of[member] = value.clone();
    }
    json!({ "config": of })
}

#[tokio::test]
async fn what_somebody_else_changed_since_is_not_taken_back() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let user = json!({ "fullname": "mary", "username": "mary", "password": PASSWORD });
    let events = json!([{ "id": "events", "read": true, "write": false }]);
    let role = json!({ "name": "taster", "permissions": events });
    let entry = json!({ "name": "CVE-2024-1", "images": [], "domains": [] });
    let numbered = json!({ "id": 1_000, "name": "CVE-2024-1", "images": [], "domains": [] });
    let comment = |text: &str| json!({ "comment": text });
    let email = |text: &str| json!({ "email": format!("{text}@example.org") });
    let ldap = |text: &str| {
        let ldap = json!({ "hostname": "127.0.0.1", "base_dn": "dc=shop", "group_dn": text });
        json!({ "config": { "name": "ldap1", "ldap": ldap } })
    };
    let entries = "/v1/vulnerability/profile/default/entry";
    let root = json!({ "name": "shop", "is_private": true, "rootless_keypairs_only": true });
    for (create, made, path, [mine, theirs, back]) in [
        (
            "/v1/user",
            json!({ "user": user }),
            "/v1/user/mary".to_owned(),
            ["mine", "theirs", "back"].map(|text| json!({ "config": email(text) })),
        ),
        (
            "/v1/user_role",
            json!({ "config": role }),
            "/v1/user_role/taster".to_owned(),
            ["mine", "theirs", "back"].map(|text| config(role.clone(), &comment(text))),
        ),
        (
            "/v1/server",
            ldap("ou=first"),
            "/v1/server/ldap1".to_owned(),
            ["ou=mine", "ou=theirs", "ou=back"].map(ldap),
        ),
        (
            entries,
            json!({ "config": entry }),
            format!("{entries}/1000"),
            ["mine", "theirs", "back"].map(|text| config(numbered.clone(), &comment(text))),
        ),
        (ROOTS, root, format!("{ROOTS}/shop"), ["mine", "theirs", "back"].map(comment)),
    ] {
        let path = path.as_str();
        let answer = admin.post(create, &made).await?;
        let made = tag(&answer)?;
        answer.ok()?;
        let answer = admin.patch(path, &mine).await?;
        let mine = tag(&answer)?;
        answer.ok()?;
        let answer = admin.patch(path, &theirs).await?;
        let theirs = tag(&answer)?;
        answer.ok()?;
        ensure!(made != mine && mine != theirs && theirs != made, "{path}: {made} {mine} {theirs}");
        let after = |tag: &str| admin.with_header("If-Match", tag);
        after(&mine)?.patch(path, &back).await?.expect(412, 4)?;
        after(&made)?.delete(path).await?.expect(412, 4)?;
        // What is read is known by another tag, which is weak.
        after(&format!("W/{theirs}"))?.delete(path).await?.expect(412, 4)?;
        let answer = after(&theirs)?.patch(path, &back).await?;
        let back = tag(&answer)?;
        answer.ok()?;
        after(&format!("{made}, {back}"))?.delete(path).await?.ok()?;
        let gone = after(&back)?.delete(path).await?;
        ensure!(!gone.status.is_success(), "{path}: {gone:?}");
    }
    Ok(())
}

#[tokio::test]
async fn rules_of_passwords_that_somebody_else_changed_since_stay() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let path = "/v1/password_profile/default";
    let length = |min_len: u32| json!({ "config": { "name": "default", "min_len": min_len } });
    let answer = admin.patch(path, &length(10)).await?;
    let mine = admin.with_header("If-Match", &tag(&answer)?)?;
    admin.patch(path, &length(12)).await?.ok()?;
    mine.patch(path, &length(8)).await?.expect(412, 4)?;
    assert_eq!(admin.get(path).await?.ok()?["pwd_profile"]["min_len"], 12);
    // As long as it is what it was then, whatever it was in between.
    admin.patch(path, &length(10)).await?.ok()?;
    mine.patch(path, &length(8)).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn an_order_and_stages_that_somebody_else_changed_since_stay() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let ldap = json!({ "hostname": "127.0.0.1", "base_dn": "dc=shop" });
    let server = json!({ "config": { "name": "ldap1", "ldap": ldap } });
    admin.post("/v1/server", &server).await?.ok()?;
    let order = |names: &[&str]| json!({ "config": { "auth_order": names } });
    let policy = |most_errors: u32| json!({ "policy": { "most_errors": most_errors } });
    for (path, [mine, theirs]) in [
        ("/v1/system/config", [order(&["ldap1", "local"]), order(&["local", "ldap1"])]),
        ("/v1/fed/rollout_policy", [policy(1), policy(2)]),
    ] {
        let answer = admin.patch(path, &mine).await?;
        let after = admin.with_header("If-Match", &tag(&answer)?)?;
        answer.ok()?;
        admin.patch(path, &theirs).await?.ok()?;
        after.patch(path, &mine).await?.expect(412, 4)?;
        let webhooks = json!({ "fed_config": { "webhooks": [] } });
        if path == "/v1/system/config" {
            // Whatever is changed along with it or instead.
            after.patch(path, &webhooks).await?.expect(412, 4)?;
        }
        admin.patch(path, &mine).await?.ok()?;
        if path == "/v1/system/config" {
            after.patch(path, &webhooks).await?.ok()?;
        }
        after.patch(path, &theirs).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_root_of_trust_stays_with_a_verifier_that_somebody_else_added() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let root = json!({ "name": "shop", "is_private": true, "rootless_keypairs_only": true });
    let answer = admin.post(ROOTS, &root).await?;
    let made = admin.with_header("If-Match", &tag(&answer)?)?;
    answer.ok()?;
    let path = format!("{ROOTS}/shop");
    let verifier = format!("{path}/verifier/baker");
    let key = rcgen::KeyPair::generate()?.public_key_pem();
    let baker = json!({ "name": "baker", "verifier_type": "keypair", "public_key": key });
    let answer = admin.post(&format!("{path}/verifier"), &baker).await?;
    let added = admin.with_header("If-Match", &tag(&answer)?)?;
    answer.ok()?;
    made.delete(&path).await?.expect(412, 4)?;
    made.patch(&path, &json!({ "comment": "back" })).await?.expect(412, 4)?;
    let answer = admin.patch(&verifier, &json!({ "comment": "theirs" })).await?;
    let theirs = admin.with_header("If-Match", &tag(&answer)?)?;
    answer.ok()?;
    added.patch(&verifier, &json!({ "comment": "back" })).await?.expect(412, 4)?;
    added.delete(&verifier).await?.expect(412, 4)?;
    theirs.delete(&verifier).await?.ok()?;
    made.delete(&path).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_change_of_a_part_is_for_what_it_names_too() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({})).await?;
    let ldap = json!({ "hostname": "127.0.0.1", "base_dn": "dc=shop" });
    let server = json!({ "config": { "name": "ldap1", "ldap": ldap } });
    admin.post("/v1/server", &server).await?.ok()?;
    let of_user = |namespace: &str| json!({ "config": { "domains": [namespace] } });
    let of_server = |group: &str| json!({ "config": { "groups": [group] } });
    for (path, [mine, theirs, back]) in [
        ("/v1/user/mary/role/reader", ["shop", "bank", "farm"].map(of_user)),
        ("/v1/server/ldap1/role/reader", ["shop", "bank", "farm"].map(of_server)),
    ] {
        let answer = admin.patch(path, &mine).await?;
        let mine = tag(&answer)?;
        answer.ok()?;
        let answer = admin.patch(path, &theirs).await?;
        let theirs = tag(&answer)?;
        answer.ok()?;
        admin.with_header("If-Match", &mine)?.patch(path, &back).await?.expect(412, 4)?;
        admin.with_header("If-Match", &theirs)?.patch(path, &back).await?.ok()?;
    }
    // Of a group, and of the order of all.
    let answer = admin.patch("/v1/server/ldap1/groups", &of_server("farm")).await?;
    let ordered = tag(&answer)?;
    answer.ok()?;
    let mapped = json!({ "group": "shop", "global_role": "reader" });
    let mapped = json!({ "config": { "mapped_roles": mapped } });
    let after = admin.with_header("If-Match", &ordered)?;
    let answer = after.patch("/v1/server/ldap1/group/shop", &mapped).await?;
    tag(&answer)?;
    answer.ok()?;
    after.patch("/v1/server/ldap1/group/shop", &mapped).await?.expect(412, 4)?;
    after.patch("/v1/server/ldap1/groups", &of_server("shop")).await?.expect(412, 4)
}

#[tokio::test]
async fn a_login_is_no_change_of_a_user() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let change = json!({ "config": { "email": "mary@example.org" } });
    let answer = admin.patch("/v1/user/mary", &change).await?;
    let left = tag(&answer)?;
    log_in(&primary, "mary").await?;
    admin.with_header("If-Match", &left)?.patch("/v1/user/mary", &change).await?.ok()?;
    Ok(())
}
