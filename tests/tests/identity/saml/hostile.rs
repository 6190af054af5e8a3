//! Responses that prove nothing.

use anyhow::{Context as _, Result};
use palisade_tests::idp::parameter;
use palisade_tests::saml::{ENDPOINT, Posted, visit};
use serde_json::{Value, json};

use super::Stage;

/// The first element from `open` to `close`, and what is before and after.
fn cut<'a>(xml: &'a str, open: &str, close: &str) -> Result<(&'a str, &'a str, &'a str)> {
    let begin = xml.find(open).with_context(|| format!("no {open}"))?;
    let end =
        xml[begin..].find(close).with_context(|| format!("no {close}"))? + begin + close.len();
    Ok((&xml[..begin], &xml[begin..end], &xml[end..]))
}

const ASSERTION: (&str, &str) = ("<saml:Assertion", "</saml:Assertion>");
const SIGNATURE: (&str, &str) = ("<ds:Signature", "</ds:Signature>");

/// Somebody else's assertion, made of a signed one: without the signature,
/// under another ID.
fn forged(assertion: &str) -> Result<String> {
    let (before, _, after) = cut(assertion, SIGNATURE.0, SIGNATURE.1)?;
    let forged = format!("{before}{after}").replace("_assertion-", "_forged-");
    Ok(forged.replace("mary", "boss"))
}

/// The signed assertion and its signature, put where readers were fooled.
fn wrapped(xml: &str) -> Result<Vec<(&'static str, String)>> {
    let (head, signed, tail) = cut(xml, ASSERTION.0, ASSERTION.1)?;
    let (_, signature, _) = cut(signed, SIGNATURE.0, SIGNATURE.1)?;
    let bare = signed.replace(signature, "");
    let evil = forged(signed)?;
    let (evil_open, evil_rest) = evil.split_at(evil.find("</saml:Issuer>").context("issuer")? + 14);
    let within =
        |inner: &str| evil.replace("</saml:Assertion>", &format!("{inner}</saml:Assertion>"));
    let closed =
        |inner: &str| signature.replace("</ds:Signature>", &format!("{inner}</ds:Signature>"));
    let object = closed(&format!("<ds:Object>{bare}</ds:Object>"));
    Ok(vec![
        ("the forged one before", format!("{head}{evil}{signed}{tail}")),
        ("the forged one behind", format!("{head}{signed}{evil}{tail}")),
        ("the signed one in the forged one", format!("{head}{}{tail}", within(signed))),
        (
            "the signature in the forged one, the signed one behind",
            format!("{head}{evil_open}{signature}{evil_rest}{bare}{tail}"),
        ),
        (
            "the signed one in the signature of the forged one",
            format!("{head}{evil_open}{}{evil_rest}{tail}", closed(&bare)),
        ),
        (
            "the signed one in an object of the signature of the forged one",
            format!("{head}{evil_open}{object}{evil_rest}{tail}"),
        ),
        (
            "the forged one among extensions",
            format!("{head}<samlp:Extensions>{evil}</samlp:Extensions>{signed}{tail}"),
        ),
        (
            "the signed one among extensions",
            format!("{head}<samlp:Extensions>{signed}</samlp:Extensions>{evil}{tail}"),
        ),
        ("the forged one under the same ID", {
            let same = evil.replace("_forged-", "_assertion-");
            format!("{head}{same}{signed}{tail}")
        }),
        ("the forged one alone, with the signature", {
            let same = evil.replace("_forged-", "_assertion-");
            let (open, rest) = same.split_at(same.find("</saml:Issuer>").context("issuer")? + 14);
            format!("{head}{open}{signature}{rest}{tail}")
        }),
    ])
}

/// The same for a response that is signed as a whole.
fn wrapped_response(xml: &str) -> Result<Vec<(&'static str, String)>> {
    let (_, signature, _) = cut(xml, SIGNATURE.0, SIGNATURE.1)?;
    let bare = xml.replace(signature, "");
    let evil = bare.replace("_response-", "_forged-").replace("mary", "boss");
    let at = evil.find("</saml:Issuer>").context("issuer")? + 14;
    let (open, rest) = evil.split_at(at);
    let closed =
        |inner: &str| signature.replace("</ds:Signature>", &format!("{inner}</ds:Signature>"));
    let (evil_head, evil_assertion, evil_tail) = cut(&evil, ASSERTION.0, ASSERTION.1)?;
    let extended = |inner: &str| {
        format!(
            "{evil_head}<samlp:Extensions>{inner}</samlp:Extensions>{evil_assertion}{evil_tail}"
        )
    };
    Ok(vec![
        ("the signed one in the signature", format!("{open}{}{rest}", closed(&bare))),
        ("the signed one before the signature", format!("{open}{bare}{signature}{rest}")),
        (
            "the signed one in an object of the signature",
            format!("{open}{}{rest}", closed(&format!("<ds:Object>{bare}</ds:Object>"))),
        ),
        ("the signed one among extensions", extended(xml)),
    ])
}

#[tokio::test]
async fn nothing_is_read_but_what_is_signed_wherever_it_is_put() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    for (sign, wrap) in [
        ("assertion", wrapped as fn(&str) -> Result<Vec<(&'static str, String)>>),
        ("response", wrapped_response),
    ] {
        let posted = stage.posted("mary", json!({ "sign": sign })).await?;
        for (what, xml) in wrap(&posted.xml()?)? {
            assert!(xml.contains("boss"), "{what}: nothing is forged");
            let answer = stage.finish(&posted.with_xml(&xml)).await?;
            answer.expect(401, 3).with_context(|| format!("{sign}: {what}"))?;
        }
        // What was tried in vain spent nothing: the right one still counts.
        assert_eq!(stage.finish(&posted).await?.ok()?["token"]["fullname"], "saml1:mary");
    }
    stage.admin.get("/v1/user/saml1:boss").await?.expect(404, 7)?;
    Ok(())
}

#[tokio::test]
async fn a_name_with_a_comment_in_it_is_the_whole_name() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    // The provider vouched for somebody at example.org.evil; canonical XML has
    // no comments, so one may be put in without breaking the signature.
    let tags = json!({ "tags": { "NameID": "joe@example.org.evil" }, "template": [
        ["<saml:AttributeValue>joe@example.org<", "<saml:AttributeValue>joe@example.org.evil<"],
    ] });
    let posted = stage.posted("joe", tags).await?;
    let xml = posted.xml()?;
    let commented = xml.replace("joe@example.org.evil", "joe@example.org<!-- -->.evil");
    assert_ne!(xml, commented);
    let answer = stage.finish(&posted.with_xml(&commented)).await?.ok()?;
    assert_eq!(answer["token"]["fullname"], "saml1:joe@example.org.evil");
    stage.admin.get("/v1/user/saml1:joe@example.org").await?.expect(404, 7)?;
    Ok(())
}

#[tokio::test]
async fn what_is_not_signed_by_the_provider_is_refused() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    for (what, twist) in [
        ("no signature", json!({ "sign": "none" })),
        ("another key, whose certificate comes along", json!({ "key": "other" })),
        ("another key for all", json!({ "key": "other", "sign": "both" })),
        ("SHA-1", json!({ "method": sha1 })),
    ] {
        stage.sign_in("mary", twist).await?.expect(401, 3).context(what)?;
    }
    for sign in ["assertion", "response", "both"] {
        let posted = stage.posted("mary", json!({ "sign": sign })).await?;
        let xml = posted.xml()?;
        let changed = posted.with_xml(&xml.replace("mary", "boss"));
        stage.finish(&changed).await?.expect(401, 3).context(sign)?;
        let (before, _, after) = cut(&xml, SIGNATURE.0, SIGNATURE.1)?;
        if sign != "both" {
            let bare = posted.with_xml(&format!("{before}{after}"));
            stage.finish(&bare).await?.expect(401, 3).context(sign)?;
        }
    }
    Ok(())
}

fn minutes(minutes: i64) -> String {
    (chrono::Utc::now() + chrono::TimeDelta::minutes(minutes)).to_rfc3339()
}

#[tokio::test]
async fn what_is_signed_for_another_time_place_or_login_is_refused() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let elsewhere = "https://elsewhere.example/";
    let of = |tag: &str, value: Value| json!({ "tags": { tag: value } });
    for (what, twist) in [
        ("another audience", of("Audience", json!(elsewhere))),
        ("another recipient", of("SubjectRecipient", json!(elsewhere))),
        ("another destination", of("Destination", json!(elsewhere))),
        ("another issuer", of("Issuer", json!(elsewhere))),
        ("no login that we began", of("InResponseTo", json!("_unknown"))),
        ("no login at all", of("InResponseTo", Value::Null)),
        ("expired", of("ConditionsNotOnOrAfter", json!(minutes(-3)))),
        ("expired for its bearer", of("SubjectConfirmationDataNotOnOrAfter", json!(minutes(-3)))),
        ("without end", of("SubjectConfirmationDataNotOnOrAfter", Value::Null)),
        ("not yet", of("ConditionsNotBefore", json!(minutes(3)))),
        ("no success", of("StatusCode", json!("urn:oasis:names:tc:SAML:2.0:status:Responder"))),
        (
            "no audience",
            json!({ "template": [
            ["<saml:AudienceRestriction>", "<saml:OneTimeUse/><!--"],
            ["</saml:AudienceRestriction>", "-->"],
        ] }),
        ),
        (
            "a bearer who must prove more",
            json!({ "template": [["cm:bearer", "cm:holder-of-key"]] }),
        ),
        ("a hostile name", json!({ "template": [[">mary<", ">a/b<"]] })),
    ] {
        stage.sign_in("mary", twist).await?.expect(401, 3).context(what)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_response_counts_once_and_for_the_login_that_it_answers() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let rest = stage.rest()?;
    let posted = stage.posted("mary", json!({})).await?;
    stage.finish(&posted).await?.ok()?;
    stage.finish(&posted).await?.expect(401, 3).context("twice")?;
    // Another provider of ours with the same keys.
    let settings = json!({ "config": { "name": "saml2", "saml": stage.idp.settings() } });
    stage.admin.post("/v1/server", &settings).await?.ok()?;
    let posted = stage.posted("mary", json!({})).await?;
    rest.post("/v1/auth/saml2", &posted.body()).await?.expect(401, 3).context("another server")?;
    stage.finish(&posted).await?.expect(401, 3).context("spent")?;
    // Another address of return, and the state of another login.
    let posted = stage.posted("mary", json!({})).await?;
    let mut body = posted.body();
    body["Token"]["redirect_endpoint"] = json!("https://127.0.0.1:8443/other");
    rest.post("/v1/auth/saml1", &body).await?.expect(401, 3)?;
    let posted = stage.posted("mary", json!({})).await?;
    let other = stage.begin(&rest, ENDPOINT).await?;
    let mut body = posted.body();
    body["Token"]["state"] = json!(parameter(&other, "RelayState")?);
    rest.post("/v1/auth/saml1", &body).await?.expect(401, 3)?;
    // The answer to one login for another.
    let (one, two) = (stage.begin(&rest, ENDPOINT).await?, stage.begin(&rest, ENDPOINT).await?);
    let id = parameter(&two, "RelayState")?;
    let posted =
        visit(&one, "mary", json!({ "template": [["InResponseTo=\"_", "InResponseTo=\"_x"]] }));
    stage.finish(&posted.await?).await?.expect(401, 3)?;
    let crossed = json!({ "tags": { "InResponseTo": id } });
    stage.finish(&visit(&one, "mary", crossed).await?).await?.ok()?;
    stage.finish(&visit(&two, "mary", json!({})).await?).await?.expect(401, 3)?;
    Ok(())
}

#[tokio::test]
async fn xml_that_does_more_than_say_something_is_refused() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let posted = stage.posted("mary", json!({})).await?;
    let xml = posted.xml()?;
    let with_type = |declared: &str| format!("<!DOCTYPE samlp:Response [{declared}]>{xml}");
    let mut laughs = "<!ENTITY l0 \"ha\">".to_owned();
    for level in 1..10 {
        let ten = format!("&l{};", level - 1).repeat(10);
        laughs = format!("{laughs}<!ENTITY l{level} \"{ten}\">");
    }
    let entity = |entity: &str| xml.replace("</saml:NameID>", &format!("&{entity};</saml:NameID>"));
    let hostile = [
        with_type("<!ENTITY x SYSTEM \"file:///etc/passwd\">"),
        with_type("<!ENTITY % x SYSTEM \"http://127.0.0.1:9/\"> %x;"),
        format!("<!DOCTYPE a [{laughs}]>{}", entity("l9")),
        format!("<!DOCTYPE a [<!ATTLIST saml:Assertion ID ID #FIXED \"x\">]>{xml}"),
        entity("undeclared"),
        format!("{xml}{xml}"),
        xml[..xml.len() / 2].to_owned(),
        "<a>".repeat(100_000),
        String::new(),
    ];
    for (index, xml) in hostile.iter().enumerate() {
        let answer = stage.finish(&posted.with_xml(xml)).await?;
        answer.expect(401, 3).with_context(|| format!("case {index}"))?;
    }
    let nonsense = Posted { response: "%%%".to_owned(), ..posted.clone() };
    stage.finish(&nonsense).await?.expect(401, 3)?;
    // The right one still counts.
    stage.finish(&posted).await?.ok()?;
    Ok(())
}
