//! Certificates of directories.

use anyhow::{Result, ensure};
use palisade_tests::Primary;
use palisade_tests::slapd::Slapd;
use serde_json::json;

const WORD: &str = "ldap-password";

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_however_tls_begins() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let slapd = Slapd::start_as("other.example", &[("mary", WORD)], &[]).await?;
    let from_the_start = slapd.settings();
    let mut later = from_the_start.clone();
    for (key, value) in [("ssl", json!(false)), ("start_tls", json!(true))] {
        later[key] = value;
    }
    later["port"] = json!(slapd.port());
    for ldap in [from_the_start, later] {
        let user = json!({ "username": "mary", "password": WORD });
        let test = json!({ "test": { "ldap": ldap, "test_ldap": user } });
        let answer = admin.post("/v1/debug/server/test", &test).await?;
        answer.expect(500, 3)?;
        ensure!(answer.text.contains("not valid for name"), "{}", answer.text);
        ensure!(answer.text.contains("\"reason\":\"connect\""), "{}", answer.text);
    }
    Ok(())
}
