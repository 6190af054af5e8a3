//! In which groups of a directory somebody is.

use anyhow::Result;
use palisade_tests::Primary;
use palisade_tests::slapd::{Slapd, group_dn, user_dn};
use serde_json::json;

use crate::ldap::{WORD, add, log_in, with_default_role};

#[tokio::test]
async fn a_group_that_is_called_like_the_place_of_another_is_not_that_one() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let (mary, joe) = (user_dn("mary"), user_dn("joe"));
    let place = group_dn("admins");
    let slapd =
        Slapd::start(&[("mary", WORD), ("joe", WORD)], &[("admins", &[&mary]), (&place, &[&joe])])
            .await?;
    let mut settings = with_default_role(&slapd, "reader");
    settings["group_mapped_roles"] = json!([{ "group": place, "global_role": "admin" }]);
    add(&admin, settings).await?;
    for (name, role) in [("mary", "admin"), ("joe", "reader")] {
        let answer = log_in(&primary.rest()?, "/v1/auth", name, WORD).await?.ok()?;
        assert_eq!(answer["token"]["role"], role, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn all_groups_of_a_user_count_however_many_they_are_and_in_whatever_circle() -> Result<()> {
    let mary = user_dn("mary");
    let teams: Vec<String> = (0..1_200).map(|number| format!("team-{number}")).collect();
    let (of_mary, in_last) = ([mary.as_str()], [group_dn("team-1199")]);
    let in_last = in_last.each_ref().map(String::as_str);
    let (ring, chord) = ([group_dn("ring-b"), group_dn("team-7")], [group_dn("ring-a")]);
    let (ring, chord) = (ring.each_ref().map(String::as_str), chord.each_ref().map(String::as_str));
    let mut groups: Vec<(&str, &[&str])> =
        teams.iter().map(|name| (name.as_str(), &of_mary[..])).collect();
    groups.extend([("zulu", &in_last[..]), ("ring-a", &ring[..]), ("ring-b", &chord[..])]);
    let slapd = Slapd::start(&[("mary", WORD)], &groups).await?;
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut settings = slapd.settings();
    settings["nested_groups"] = json!(true);
    settings["group_mapped_roles"] = json!([{ "group": "zulu", "global_role": "reader" }]);
    add(&admin, settings.clone()).await?;
    let token = log_in(&primary.rest()?, "/v1/auth", "mary", WORD).await?.ok()?;
    assert_eq!(token["token"]["role"], "reader");
    let user = json!({ "username": "mary", "password": WORD });
    let test = json!({ "test": { "name": "", "ldap": settings, "test_ldap": user } });
    let told = admin.post("/v1/debug/server/test", &test).await?.ok()?;
    // Each by its name and by its place.
    assert_eq!(told["result"]["groups"].as_array().map(Vec::len), Some(2 * (1_200 + 3)));
    Ok(())
}
