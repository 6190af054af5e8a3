//! Who logs out at a provider of OpenID Connect is logged out here: it says so itself.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::idp::{CLIENT, Idp, Visitor};
use palisade_tests::rest::{Answer, Rest};
use reqwest::Method;
use serde_json::{Value, json};

use crate::oidc::{add, begin, finish, people};
use crate::oidc_provider::{returned, with_claims};

const SERVER: &str = "openId1";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Signs in as `login`, with a browser of their own.
async fn arrive(rest: &Rest, login: &str) -> Result<(Visitor, Rest)> {
    let mut visitor = Visitor::new()?;
    let returned = visitor.visit(&begin(rest, SERVER).await?, login).await?;
    let answer = finish(rest, SERVER, &returned).await?.ok()?;
    Ok((visitor, rest.with_token(answer["token"]["token"].as_str())))
}

#[tokio::test]
async fn who_logs_out_at_the_provider_is_logged_out_here() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let here = format!(
        "https://{}/v1/token_auth_server/{SERVER}/backchannel_logout",
        primary.addresses()?.rest
    );
    for names_session in [true, false] {
        let idp = Idp::with_backchannel_logout(people(), &here, names_session).await?;
        let mut settings = idp.settings();
        settings["default_role"] = json!("reader");
        add(&admin, SERVER, settings).await?;
        let (mut visitor, mary) = arrive(&rest, "mary").await?;
        let (_, elsewhere) = arrive(&rest, "mary").await?;
        let (_, joe) = arrive(&rest, "joe").await?;
        mary.get("/v1/selfuser").await?.ok()?;
        visitor.log_out(&idp).await?;
        mary.get("/v1/selfuser").await?.expect(401, 3)?;
        joe.get("/v1/selfuser").await?.ok()?;
        let elsewhere = elsewhere.get("/v1/selfuser").await?;
        ensure!(elsewhere.status.is_success() == names_session, "{names_session}: {elsewhere:?}");
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    let listed = admin.get("/v1/log/event?f_name=User.Logout").await?.ok()?;
    let told = listed["events"].as_array().context("no events")?;
    // Of one session, and of two.
    ensure!(told.len() == 3, "{told:?}");
    for one in told {
        assert_eq!(one["user"], format!("{SERVER}:mary"));
        assert_eq!(one["user_roles"], json!({ "": "reader" }));
        assert_eq!(one["message"], format!("{SERVER} logged {SERVER}:mary out."));
        ensure!(one["user_session"].as_str().is_some_and(|id| id.len() == 32), "{one}");
    }
    Ok(())
}

/// A primary that believes a provider whose word can be made up.
async fn believing() -> Result<(Primary, Idp)> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::hostile(json!({})).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    Ok((primary, idp))
}

/// Brings a token, as the provider does.
async fn bring(rest: &Rest, token: &str) -> Result<Answer> {
    let path = format!("/v1/token_auth_server/{SERVER}/backchannel_logout");
    let form = format!("logout_token={token}");
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = rest.send_with(Method::POST, &path, &kind, Some(form)).await?;
    assert_eq!(answer.headers.get("cache-control").context("no word on caches")?, "no-store");
    Ok(answer)
}

/// The provider's word that the session `hers` of the first user ended, but for this change.
async fn signed(idp: &Idp, change: &Value, alg: &str, key: &str) -> Result<String> {
    let now = chrono::Utc::now().timestamp();
    let mut claims = json!({
        "iss": idp.issuer(), "aud": CLIENT, "iat": now, "exp": now + 120,
        "jti": uuid::Uuid::new_v4().to_string(), "events": { EVENT: {} }, "sub": "1", "sid": "hers",
    });
    for (name, value) in change.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    idp.sign(&claims, alg, key).await
}

/// The provider may end a session while the browser is on its way back.
#[tokio::test]
async fn a_session_that_ended_there_does_not_begin_here() -> Result<()> {
    let (primary, idp) = believing().await?;
    let rest = primary.rest()?;
    for (over, told, begins) in [
        (json!({ "sub": null }), json!({ "sid": "hers" }), false),
        (json!({ "sid": null }), json!({ "sid": "hers" }), false),
        // It may be that one.
        (json!({}), json!({}), false),
        (json!({ "sub": null, "sid": "his" }), json!({ "sid": "hers" }), true),
        (json!({ "sub": "2", "sid": null }), json!({ "sid": "hers" }), true),
        (json!({ "sub": "2" }), json!({ "sid": "hers" }), true),
    ] {
        let context = format!("{over} {told}");
        let mut mary = told;
        mary["preferred_username"] = json!("mary");
        let url = begin(&rest, SERVER).await?;
        bring(&rest, &signed(&idp, &over, "RS256", "published").await?).await?.ok()?;
        let back = returned(&url, idp.issuer(), &mary, "RS256")?;
        let answer = finish(&rest, SERVER, &back).await?;
        if begins {
            answer.ok().context(context)?;
            continue;
        }
        answer.expect(401, 3).context(context)?;
        ensure!(answer.text.contains("ended meanwhile"), "{}", answer.text);
        // Who begins to log in after that is another matter.
        with_claims(&rest, idp.issuer(), &mary).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_word_that_is_not_the_providers_ends_nothing() -> Result<()> {
    let (primary, idp) = believing().await?;
    let rest = primary.rest()?;
    let mary = json!({ "preferred_username": "mary", "sid": "hers" });
    let answer = with_claims(&rest, idp.issuer(), &mary).await?.ok()?;
    let mary = rest.with_token(answer["token"]["token"].as_str());
    let now = chrono::Utc::now().timestamp();
    let signed = async |change: &Value, alg: &str, key: &str| signed(&idp, change, alg, key).await;
    let others = json!({ "sid": "another's", "sub": "2" });
    let mut refused = vec!["nonsense".to_owned()];
    for (change, alg, key) in [
        (json!({}), "RS256", "unknown"),
        (json!({}), "HS256", "published"),
        (json!({}), "none", "published"),
        (json!({ "iss": "https://evil.example" }), "RS256", "published"),
        (json!({ "aud": "another" }), "RS256", "published"),
        (json!({ "iat": now - 3_600, "exp": now - 3_000 }), "RS256", "published"),
        (json!({ "events": {} }), "RS256", "published"),
        (json!({ "nonce": "n" }), "RS256", "published"),
        (json!({ "jti": null }), "RS256", "published"),
        (json!({ "sid": null, "sub": null }), "RS256", "published"),
    ] {
        refused.push(signed(&change, alg, key).await?);
    }
    for token in &refused {
        bring(&rest, token).await?.expect(400, 6).context(token.clone())?;
        // What counts makes up for it, though it ends nothing: so many that do not would have
        // to wait.
        bring(&rest, &signed(&others, "RS256", "published").await?).await?.ok()?;
    }
    mary.get("/v1/selfuser").await?.ok()?;
    // A session of another user that has the name of hers is not hers.
    let twisted = signed(&json!({ "sub": "2" }), "RS256", "published").await?;
    bring(&rest, &twisted).await?.ok()?;
    mary.get("/v1/selfuser").await?.ok()?;

    let word = signed(&json!({ "sub": null }), "RS256", "published").await?;
    bring(&rest, &word).await?.ok()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)?;
    // It counts once.
    bring(&rest, &word).await?.expect(400, 6)?;
    let path = "/v1/token_auth_server/absent/backchannel_logout";
    rest.send(Method::POST, path, Some(format!("logout_token={word}"))).await?.expect(400, 6)?;

    let mut answer = bring(&rest, "nonsense").await?;
    for _ in 0..20 {
        if answer.status != 400 {
            break;
        }
        answer = bring(&rest, "nonsense").await?;
    }
    answer.expect(429, 47)?;
    // What the provider signed counts all the same.
    bring(&rest, &signed(&others, "RS256", "published").await?).await?.ok()?;
    // Nobody who logs in waits for that.
    primary.admin().await?;
    Ok(())
}
