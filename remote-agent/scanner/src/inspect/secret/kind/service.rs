//! Tokens of services that build, keep and deliver software and data.

use super::{Kind, exact, vague};

pub(super) const KINDS: &[Kind] = &[
    exact(
        "AWS.Session.Token",
        &["session_token", "sessiontoken"],
        r#"(?i)\b(?:aws_?)?session_?token["']?\s*[:=]\s*["']?([A-Za-z0-9/+=]{100,2000})"#,
        4.5,
    ),
    exact(
        "Discord.Bot.Token",
        &["discord"],
        r#"(?i:discord)[^\n]{0,60}?[:=]\s*["']?([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38})\b"#,
        4.0,
    ),
    exact("Alibaba.Access.Key", &["ltai"], r"\b(LTAI[A-Za-z0-9]{17,21})\b", 3.5),
    exact(
        "Dynatrace.Token",
        &["dt0c01.", "dt0s01.", "dt0s16."],
        r"\b(dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64})\b",
        3.5,
    ),
    exact("Brevo.Key", &["xkeysib-"], r"\b(xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16})\b", 3.5),
    exact("Heroku.Token", &["hrku-"], r"\b(HRKU-[A-Za-z0-9_-]{36,64})\b", 3.5),
    exact(
        "Braintree.Access.Token",
        &["access_token$production$"],
        r"access_token\$production\$[0-9a-z]{16}\$([0-9a-f]{32})\b",
        3.0,
    ),
    exact("Stripe.Webhook.Secret", &["whsec_"], r"\b(whsec_[A-Za-z0-9+/]{32,64})", 3.5),
    exact(
        "Doppler.Token",
        &["dp.st.", "dp.pt.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."],
        r"\b(dp\.(?:st|pt|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44})\b",
        3.5,
    ),
    exact(
        "Fly.Token",
        &["fm2_", "fo1_"],
        r"\b(fm2_[A-Za-z0-9+/]{100,2000}={0,3}|fo1_[A-Za-z0-9_-]{43})",
        3.5,
    ),
    exact("Notion.Token", &["ntn_"], r"\b(ntn_[0-9A-Za-z]{46})\b", 3.5),
    exact("Airtable.Token", &["airtable"], r"\b(pat[A-Za-z0-9]{14}\.[0-9a-f]{64})\b", 3.5),
    exact("Figma.Token", &["figd_"], r"\b(figd_[A-Za-z0-9_-]{40})", 3.5),
    exact(
        "Artifactory.Token",
        &["akcp", "cmvmdgtu"],
        r"\b(AKCp[A-Za-z0-9]{68,70}|cmVmdGtu[A-Za-z0-9]{56})\b",
        3.5,
    ),
    exact("SonarQube.Token", &["sqp_", "squ_", "sqa_"], r"\b(sq[pua]_[0-9a-f]{40})\b", 3.0),
    exact(
        "CircleCI.Token",
        &["ccipat_", "cciprj_"],
        r"\b(CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[0-9a-f]{40})\b",
        3.5,
    ),
    exact("Buildkite.Token", &["bkua_"], r"\b(bkua_[0-9a-f]{40})\b", 3.0),
    exact(
        "Mapbox.Token",
        &["sk.eyj"],
        r"\b(sk\.eyJ[A-Za-z0-9_-]{40,120}\.[A-Za-z0-9_-]{20,30})\b",
        4.0,
    ),
    exact(
        "Firebase.Server.Key",
        &["apa91b"],
        r"\b(AAAA[A-Za-z0-9_-]{7}:APA91b[A-Za-z0-9_-]{100,200})\b",
        4.0,
    ),
    exact(
        "Okta.Token",
        &["okta"],
        r#"(?i:okta[a-z_.-]{0,20}(?:token|key))["']?\s*[:=]\s*["']?(00[A-Za-z0-9_-]{40})\b"#,
        4.0,
    ),
    vague(
        "Cloudflare.Token",
        &["cloudflare", "cf_api"],
        r#"(?i)(?:cloudflare|cf_api)[a-z_.-]{0,20}(?:token|key)?["']?\s*[:=]\s*["']?([A-Za-z0-9_-]{37,40})\b"#,
        3.5,
    ),
    vague(
        "Snyk.Token",
        &["snyk"],
        r#"(?i)snyk[a-z_.-]{0,20}(?:token|key)["']?\s*[:=]\s*["']?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"#,
        3.0,
    ),
];
