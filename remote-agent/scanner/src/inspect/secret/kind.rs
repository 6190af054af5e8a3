//! The kinds of secrets.

/// One kind.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name in reports. Those that clients know have the names they know.
    pub(super) name: &'static str,
    /// Texts without any of these words do not hold one. Lower case.
    pub(super) words: &'static [&'static str],
    /// The first group is the secret, or the whole.
    pub(super) pattern: &'static str,
    /// Bits of a character at least.
    pub(super) entropy: f64,
    /// Whether the pattern alone says little, so that the place must fit.
    pub(super) is_vague: bool,
}

impl Kind {
    pub(super) fn suggestion(&self) -> &'static str {
        if self.name.contains("Private") {
            "Keep private keys out of images: mount them when the container starts, and replace \
             this one"
        } else {
            "Keep it out of images: pass it when the container starts, and replace this one"
        }
    }
}

const fn exact(
    name: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    entropy: f64,
) -> Kind {
    Kind { name, words, pattern, entropy, is_vague: false }
}

const fn vague(
    name: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    entropy: f64,
) -> Kind {
    Kind { name, words, pattern, entropy, is_vague: true }
}

pub(super) const KINDS: &[Kind] = &[
    exact(
        "Private.Key",
        &["private key", "putty-user-key-file"],
        r"-----BEGIN (?:(?:EC|PGP|DSA|RSA|OPENSSH|SSH2|ENCRYPTED) )?PRIVATE KEY(?: BLOCK)?-----\s*(?:[^-]{0,200}\n)?\s*[A-Za-z0-9+/=]{16}|PuTTY-User-Key-File-[23]: ",
        0.0,
    ),
    exact("XML.Signature.Private.Key", &["<rsakeyvalue>"], r"<RSAKeyValue>[\s\S]{0,4000}?<D>", 0.0),
    exact(
        "AWS.Manager.ID",
        &[
            "a3t", "acca", "akia", "agpa", "aida", "aipa", "anpa", "anva", "apka", "aroa", "asca",
            "asia",
        ],
        r"\b((?:A3T[A-Z0-9]|ACCA|AKIA|AGPA|AIDA|AIPA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z0-9]{16})\b",
        3.375,
    ),
    exact(
        "AWS.Secret.Key",
        &["aws"],
        r#"(?i)aws[a-z_.-]{0,20}(?:secret|access)[a-z_.-]{0,20}key["']?\s*[:=]\s*["']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|$)"#,
        4.0,
    ),
    exact(
        "AWS.MWS.Key",
        &["amzn.mws."],
        r"amzn\.mws\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        3.0,
    ),
    exact("Facebook.Endpoint.Secret", &["eaacedeose0cba"], r"EAACEdEose0cBA[0-9A-Za-z]{10,}", 3.0),
    vague(
        "Facebook.Client.Secret",
        &["facebook"],
        r#"(?i)(?:facebook|fb)[a-z_.-]{0,20}(?:secret|key)["']?\s*[:=]\s*["']?([0-9a-f]{32})\b"#,
        3.0,
    ),
    vague(
        "Twitter.Secret.Key",
        &["twitter"],
        r#"(?i)twitter[a-z_.-]{0,20}(?:secret|key|token)["']?\s*[:=]\s*["']?([0-9a-z]{35,50})\b"#,
        3.5,
    ),
    vague(
        "LinkedIn.Secret.Key",
        &["linkedin"],
        r#"(?i)linkedin[a-z_.-]{0,20}(?:secret|key)["']?\s*[:=]\s*["']?([0-9a-z]{16})\b"#,
        3.0,
    ),
    exact(
        "Github.Token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"\b(gh[pousr]_[A-Za-z0-9]{36,255})\b",
        3.0,
    ),
    exact("Github.Fine.Token", &["github_pat_"], r"\b(github_pat_[A-Za-z0-9_]{50,255})\b", 3.0),
    vague(
        "Github.Secret",
        &["github"],
        r#"(?i)github[a-z_.-]{0,20}(?:token|secret|key|auth)["']?\s*[:=]\s*["']?([0-9a-z]{35,40})\b"#,
        4.0,
    ),
    exact(
        "Gitlab.Token",
        &["glpat-", "gldt-", "glrt-", "glptt-"],
        r"\b(gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,50})\b",
        3.0,
    ),
    exact("Bitbucket.Token", &["atbb"], r"\b(ATBB[A-Za-z0-9]{32})\b", 3.5),
    exact(
        "Square.Product.ID",
        &["sq0idp-", "sq0atp-"],
        r"\b(sq0(?:idp|atp)-[0-9A-Za-z_-]{22})\b",
        3.0,
    ),
    exact("Square.OAuth.Secret", &["sq0csp-"], r"\b(sq0csp-[0-9A-Za-z_-]{43})\b", 3.0),
    exact("Square.Access.Token", &["eaaa"], r"\b(EAAA[A-Za-z0-9_-]{60})\b", 4.0),
    exact(
        "Stripe.Access.Key",
        &["k_live_", "k_test_"],
        r"\b([rsp]k_(?:live|test)_[0-9A-Za-z]{24,99})\b",
        3.0,
    ),
    exact(
        "Slack.API.tokens",
        &["xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        r"\b((?:xox[baprs]|xapp)-[0-9A-Za-z-]{15,200})\b",
        3.0,
    ),
    exact(
        "Slack.Webhook",
        &["hooks.slack.com"],
        r"https://hooks\.slack\.com/services/T[A-Za-z0-9_]{8,}/B[A-Za-z0-9_]{8,}/([A-Za-z0-9_]{24})",
        3.0,
    ),
    exact(
        "Teams.Webhook",
        &["webhook.office.com"],
        r"https://[a-z0-9-]+\.webhook\.office\.com/webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/([0-9a-f]{32})/",
        3.0,
    ),
    exact(
        "Discord.Webhook",
        &["discord"],
        r"https://discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/([A-Za-z0-9_-]{60,80})",
        3.5,
    ),
    exact("Telegram.Bot.Token", &[":aa"], r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})\b", 3.5),
    exact("Google.API.Key", &["aiza"], r"\b(AIza[0-9A-Za-z_-]{35})\b", 3.0),
    exact("Google.OAuth.Secret", &["gocspx-"], r"\b(GOCSPX-[A-Za-z0-9_-]{28})\b", 3.0),
    exact(
        "GCP.Service.Account",
        &["service_account"],
        r#""private_key_id"\s*:\s*"([0-9a-f]{40})""#,
        3.0,
    ),
    exact("Azure.Storage.Key", &["accountkey="], r"AccountKey=([A-Za-z0-9+/]{86}==)", 4.0),
    exact(
        "Azure.Shared.Access.Signature",
        &["sig="],
        r"[?&]sv=20[0-9]{2}-[^\s]{0,300}?&sig=([A-Za-z0-9%+/]{43,60}(?:%3D|=))",
        3.5,
    ),
    exact(
        "Azure.Client.Secret",
        &["q~"],
        r"\b([A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34})\b",
        4.0,
    ),
    exact("SendGrid.API.Key", &["sg."], r"\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})\b", 4.0),
    exact("Twilio.API.Key", &["sk"], r"\b(SK[0-9a-f]{32})\b", 3.0),
    vague(
        "Heroku.API.Key",
        &["heroku"],
        r#"(?i)heroku[a-z_.-]{0,20}(?:key|token)["']?\s*[:=]\s*["']?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"#,
        3.0,
    ),
    exact("MailChimp.API.Key", &["-us"], r"\b([0-9a-f]{32}-us[0-9]{1,2})\b", 3.0),
    vague("Mailgun.API.Key", &["mailgun"], r"\b(key-[0-9a-zA-Z]{32})\b", 3.0),
    exact(
        "NPM.Token",
        &["npm_", "_authtoken"],
        r"\b(npm_[A-Za-z0-9]{36})\b|_authToken\s*=\s*([A-Za-z0-9-]{36,60})",
        3.0,
    ),
    exact("PyPI.Token", &["pypi-age"], r"\b(pypi-AgE[A-Za-z0-9_-]{50,1000})", 3.5),
    exact("Crates.Token", &["cio"], r"\b(cio[A-Za-z0-9]{32})\b", 3.5),
    exact("RubyGems.Token", &["rubygems_"], r"\b(rubygems_[0-9a-f]{48})\b", 3.0),
    exact(
        "Docker.Config.Auth",
        &["auths"],
        r#""auths"\s*:\s*\{[\s\S]{0,4000}?"auth"\s*:\s*"([A-Za-z0-9+/]{8,}={0,2})""#,
        2.5,
    ),
    exact("Docker.Hub.Token", &["dckr_pat_"], r"\b(dckr_pat_[A-Za-z0-9_-]{27})\b", 3.0),
    exact(
        "Kubernetes.Client.Key",
        &["client-key-data"],
        r"client-key-data:\s*([A-Za-z0-9+/]{100,}={0,2})",
        3.5,
    ),
    vague(
        "JSON.Web.Token",
        &["eyj"],
        r"\b(eyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,})",
        4.0,
    ),
    exact("Vault.Token", &["hvs.", "hvb.", "hvr."], r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,200})\b", 3.5),
    exact(
        "Terraform.Cloud.Token",
        &["atlasv1."],
        r"\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70})",
        3.5,
    ),
    exact("Databricks.Token", &["dapi"], r"\b(dapi[0-9a-f]{32}(?:-[0-9])?)\b", 3.0),
    exact(
        "DigitalOcean.Token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"\b(do[opr]_v1_[0-9a-f]{64})\b",
        3.0,
    ),
    exact("HuggingFace.Token", &["hf_"], r"\b(hf_[A-Za-z]{34})\b", 3.5),
    exact(
        "OpenAI.API.Key",
        &["t3blbkfj"],
        r"\b(sk-[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,})\b",
        3.5,
    ),
    exact(
        "Anthropic.API.Key",
        &["sk-ant-"],
        r"\b(sk-ant-[a-z0-9]{3,8}-[A-Za-z0-9_-]{80,120})\b",
        3.5,
    ),
    exact(
        "Shopify.Token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"\b(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})\b",
        3.0,
    ),
    exact("Atlassian.Token", &["atatt3"], r"\b(ATATT3[A-Za-z0-9_=-]{150,250})", 4.0),
    exact("NewRelic.Key", &["nrak-"], r"\b(NRAK-[A-Z0-9]{27})\b", 3.0),
    vague(
        "Datadog.Key",
        &["datadog", "dd_api_key", "dd_app_key"],
        r#"(?i)(?:datadog|dd)[a-z_.-]{0,12}key["']?\s*[:=]\s*["']?([0-9a-f]{32}(?:[0-9a-f]{8})?)\b"#,
        3.0,
    ),
    exact(
        "Grafana.Token",
        &["glc_", "glsa_"],
        r"\b(glc_[A-Za-z0-9+/]{32,400}={0,2}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8})",
        3.5,
    ),
    exact("Sentry.Token", &["sntrys_", "sntryu_"], r"\b(sntry[su]_[A-Za-z0-9+/=_-]{40,300})", 3.5),
    exact("Pulumi.Token", &["pul-"], r"\b(pul-[0-9a-f]{40})\b", 3.0),
    exact("Postman.Key", &["pmak-"], r"\b(PMAK-[0-9a-f]{24}-[0-9a-f]{34})\b", 3.0),
    exact("Linear.Key", &["lin_api_"], r"\b(lin_api_[A-Za-z0-9]{40})\b", 3.5),
    exact(
        "PlanetScale.Password",
        &["pscale_"],
        r"\b(pscale_(?:pw|tkn|oauth)_[A-Za-z0-9_.-]{32,64})",
        3.5,
    ),
    exact(
        "Age.Secret.Key",
        &["age-secret-key-1"],
        r"\b(AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})\b",
        3.0,
    ),
    exact(
        "Minisign.Secret.Key",
        &["minisign encrypted secret key"],
        r"minisign encrypted secret key\s*\n([A-Za-z0-9+/=]{100,})",
        3.0,
    ),
    exact("Ansible.Vault", &["$ansible_vault"], r"\$ANSIBLE_VAULT;[0-9.]+;AES256", 0.0),
    vague(
        "Database.URL",
        &["postgres", "mysql", "mariadb", "mongodb", "amqp", "redis", "mssql", "clickhouse"],
        r#"(?i)\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|amqps?|rediss?|mssql|clickhouse)(?:\+[a-z0-9]+)?://[^\s:/@"']{0,64}:([^\s/@"']{4,128})@[^\s/"']"#,
        2.0,
    ),
    vague(
        "Netrc.Password",
        &["machine"],
        r"(?m)^\s*machine\s+\S+\s+login\s+\S+\s+password\s+(\S{4,})",
        2.0,
    ),
    vague(
        "Pgpass.Password",
        &[":"],
        r"(?m)^[^#:\n]{1,200}:(?:\d{1,5}|\*):[^:\n]{1,64}:[^:\n]{1,64}:([^\s:]{4,128})$",
        2.0,
    ),
    exact(
        "Htpasswd.Password",
        &["$apr1$", "$2y$", "{sha}"],
        r"(?m)^[^\s:]{1,64}:(\$apr1\$\S{20,}|\$2y\$\S{40,}|\{SHA\}\S{20,})$",
        3.0,
    ),
    vague(
        "Credential",
        &["passwd", "api_key", "apikey", "api-key", "password", "secret", "token"],
        r#"(?i)(?:passwd|api[_-]?key|password|secret(?:[_-]?key)?|(?:access|auth)[_-]?token)["']?\s*[:=]\s*["']?([^\s"'`<>(){}$,;]{20,120})(?:["'`,;\s]|$)"#,
        4.0,
    ),
    vague(
        "Password.in.Settings",
        &["password", "passwd", "pwd"],
        r#"(?im)^[ \t"'-]*[a-z0-9_.-]{0,40}(?:password|passwd|pwd)["']?\s*[:=]\s*["']?([^\s"'`<>(){}$,;#]{6,64})["']?,?\s*$"#,
        2.5,
    ),
];
