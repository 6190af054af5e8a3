//! Trying a provider.

use anyhow::{Context as _, Result};
use palisade_tests::rest::Answer;
use palisade_tests::saml::ENDPOINT;
use serde_json::{Value, json};

use super::{SERVER, Stage};

const PATH: &str = "/v1/debug/server/test";

async fn attempt(stage: &Stage, response: &str, change: Value) -> Result<Answer> {
    let test = json!({ "test": {
        "name": SERVER, "saml": change,
        "test_saml": { "response": response, "redirect_endpoint": ENDPOINT },
    } });
    stage.admin.post(PATH, &test).await
}

#[tokio::test]
async fn a_trial_tells_the_groups_or_exactly_which_step_failed() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let posted = stage.posted("mary", json!({})).await?;
    let result = attempt(&stage, &posted.response, json!({})).await?.ok()?;
    assert_eq!(result["result"]["groups"], json!(["auditors", "ops"]));
    // Nothing was spent by it.
    stage.finish(&posted).await?.ok()?;
    // Without a response the settings alone are tried.
    assert_eq!(attempt(&stage, "", json!({})).await?.ok()?["result"]["groups"], json!([]));

    let of = |tag: &str, value: &str| json!({ "tags": { tag: value } });
    for (step, reason, twist) in [
        ("verifying the signature", "saml_signature", json!({ "key": "other" })),
        ("verifying the signature", "saml_signature", json!({ "sign": "none" })),
        ("comparing the audience", "saml_audience", of("Audience", "https://other.example/")),
        (
            "comparing the recipient",
            "saml_recipient",
            of("SubjectRecipient", "https://other.example/"),
        ),
        ("comparing the time", "saml_time", of("ConditionsNotOnOrAfter", "2020-01-01T00:00:00Z")),
        (
            "logging in at the provider",
            "saml_status",
            of("StatusCode", "urn:oasis:names:tc:SAML:2.0:status:Responder"),
        ),
    ] {
        let posted = stage.posted("mary", twist).await?;
        let answer = attempt(&stage, &posted.response, json!({})).await?;
        answer.expect(500, 3).context(step)?;
        let body: Value = serde_json::from_str(&answer.text)?;
        let message = body["message"].as_str().context("no message")?;
        assert_eq!(body["reason"], reason, "{step}: {body}");
        let detail = body["detail"].as_str().context("no detail")?;
        assert_eq!(message, format!("{step} failed: {detail}"));
    }
    let answer = attempt(&stage, "", json!({ "x509_cert": "nonsense" })).await?;
    answer.expect(400, 6)?;
    Ok(())
}
