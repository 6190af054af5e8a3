//! Secrets made when the test runs: none stands in this repository.

mod elsewhere;
mod service;

use proptest::prelude::*;

use super::*;

/// Characters without a pattern, `count` of those of `alphabet`.
fn noise(alphabet: &str, count: usize) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9e37_79b9_u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            letters[(state >> 16) as usize % letters.len()]
        })
        .collect()
}

const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ234567";
const MIXED: &str = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LETTERS: &str = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";

/// A kind, where it lies, and a text that holds it.
fn samples() -> Vec<(&'static str, &'static str, String)> {
    let mixed = |count| noise(MIXED, count);
    let hex = |count| noise(HEX, count);
    let uuid = || {
        let digits = hex(32);
        let part = |from: usize, to: usize| digits[from..to].to_owned();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    };
    let begin = |what: &str| format!("-----{} {what}PRIVATE KEY-----\n{}\n", "BEGIN", mixed(64));
    vec![
        ("Private.Key", "root/.ssh/id_rsa", begin("RSA ")),
        ("Private.Key", "root/.ssh/id_ed25519", begin("OPENSSH ")),
        ("Private.Key", "app/key.pem", begin("")),
        ("Private.Key", "app/key.ppk", format!("PuTTY-User-Key-File-{}: ssh-rsa\n", 2)),
        (
            "XML.Signature.Private.Key",
            "app/key.xml",
            format!("<RSAKey{}><Modulus>x</Modulus><D>y</D>", "Value"),
        ),
        ("AWS.Manager.ID", "app/x.txt", format!("id={}{}", "AKIA", noise(UPPER, 16))),
        (
            "AWS.Secret.Key",
            "root/.aws/credentials",
            format!("aws_secret_access_key = {}\n", mixed(40)),
        ),
        ("AWS.MWS.Key", "app/x", format!("amzn.mws.{}", uuid())),
        ("Facebook.Endpoint.Secret", "app/x", format!("EAACEdEose0{}{}", "cBA", mixed(20))),
        ("Facebook.Client.Secret", "app/.env", format!("FACEBOOK_APP_SECRET={}", hex(32))),
        ("Twitter.Secret.Key", "app/.env", format!("TWITTER_SECRET={}", mixed(40))),
        ("LinkedIn.Secret.Key", "app/.env", format!("LINKEDIN_SECRET={}", mixed(16))),
        ("Github.Token", "app/x", format!("{}_{}", "ghp", mixed(36))),
        ("Github.Fine.Token", "app/x", format!("github_{}_{}", "pat", mixed(60))),
        ("Github.Secret", "app/.env", format!("GITHUB_TOKEN={}", mixed(40))),
        ("Gitlab.Token", "app/x", format!("{}-{}", "glpat", mixed(20))),
        ("Bitbucket.Token", "app/x", format!("{}{}", "ATBB", mixed(32))),
        ("Square.Product.ID", "app/x", format!("{}-{}", "sq0idp", mixed(22))),
        ("Square.OAuth.Secret", "app/x", format!("{}-{}", "sq0csp", mixed(43))),
        ("Square.Access.Token", "app/x", format!("{}{}", "EAAA", mixed(60))),
        ("Stripe.Access.Key", "app/x", format!("sk_{}_{}", "live", mixed(24))),
        ("Slack.API.tokens", "app/x", format!("{}-{}", "xoxb", noise("0123456789", 24))),
        (
            "Slack.Webhook",
            "app/x",
            format!("https://hooks.slack.com/services/T{}/B{}/{}", mixed(9), mixed(9), mixed(24)),
        ),
        (
            "Teams.Webhook",
            "app/x",
            format!(
                "https://a.webhook.office.com/webhookb2/{}@{}/IncomingWebhook/{}/x",
                uuid(),
                uuid(),
                hex(32)
            ),
        ),
        (
            "Discord.Webhook",
            "app/x",
            format!("https://discord.com/api/webhooks/{}/{}", noise("123456789", 18), mixed(68)),
        ),
        ("Telegram.Bot.Token", "app/x", format!("{}:AA{}", noise("123456789", 9), mixed(33))),
        ("Google.API.Key", "app/x", format!("{}{}", "AIza", mixed(35))),
        ("Google.OAuth.Secret", "app/x", format!("{}-{}", "GOCSPX", mixed(28))),
        (
            "GCP.Service.Account",
            "app/account.json",
            format!(r#"{{"type":"service_account","private_key_id":"{}"}}"#, hex(40)),
        ),
        ("Azure.Storage.Key", "app/x", format!("AccountKey={}==", mixed(86))),
        (
            "Azure.Shared.Access.Signature",
            "app/x",
            format!("https://a.blob/x?sv=2020-01-01&st=1&sig={}%3D", mixed(43)),
        ),
        ("Azure.Client.Secret", "app/x", format!("{}8Q~{}", mixed(3), mixed(34))),
        ("SendGrid.API.Key", "app/x", format!("{}.{}.{}", "SG", mixed(22), mixed(43))),
        ("Twilio.API.Key", "app/x", format!("{}{}", "SK", hex(32))),
        ("Heroku.API.Key", "app/.env", format!("HEROKU_API_KEY={}", uuid())),
        ("MailChimp.API.Key", "app/x", format!("{}-us{}", hex(32), 12)),
        ("Mailgun.API.Key", "app/.env", format!("MAILGUN_API=key-{}", mixed(32))),
        ("NPM.Token", "root/.npmrc", format!("//registry.npmjs.org/:_authToken={}", uuid())),
        ("PyPI.Token", "root/.pypirc", format!("token = pypi-{}{}", "AgE", mixed(80))),
        ("Crates.Token", "root/.cargo/credentials", format!("token = \"{}{}\"", "cio", mixed(32))),
        ("RubyGems.Token", "app/x", format!("{}_{}", "rubygems", hex(48))),
        (
            "Docker.Config.Auth",
            "root/.docker/config.json",
            format!(r#"{{"auths":{{"r.io":{{"auth":"{}"}}}}}}"#, mixed(24)),
        ),
        ("Dockercfg.Auth", "root/.dockercfg", format!(r#"{{"r.io":{{"auth":"{}"}}}}"#, mixed(24))),
        ("Build.Password", "$History", format!("|1 DB_PASSWORD={} /bin/sh -c make", mixed(9))),
        ("Chpasswd.Password", "$History", format!("RUN echo 'root:{}' | chpasswd", mixed(9))),
        ("Docker.Hub.Token", "app/x", format!("dckr_{}_{}", "pat", mixed(27))),
        (
            "Kubernetes.Client.Key",
            "root/.kube/config",
            format!("    client-key-data: {}\n", mixed(200)),
        ),
        (
            "JSON.Web.Token",
            "app/.env",
            format!("T=eyJ{}.eyJ{}.{}", mixed(20), mixed(40), mixed(43)),
        ),
        ("Vault.Token", "root/.vault-token", format!("{}.{}", "hvs", mixed(90))),
        ("Terraform.Cloud.Token", "app/x", format!("{}.atlasv1.{}", mixed(14), mixed(67))),
        ("Databricks.Token", "app/x", format!("{}{}", "dapi", hex(32))),
        ("DigitalOcean.Token", "app/x", format!("dop_{}_{}", "v1", hex(64))),
        ("HuggingFace.Token", "app/x", format!("{}_{}", "hf", noise(LETTERS, 34))),
        ("OpenAI.API.Key", "app/x", format!("sk-{}T3{}{}", mixed(20), "BlbkFJ", mixed(20))),
        ("Anthropic.API.Key", "app/x", format!("sk-{}-api03-{}", "ant", mixed(95))),
        ("Shopify.Token", "app/x", format!("{}_{}", "shpat", hex(32))),
        ("Atlassian.Token", "app/x", format!("{}{}", "ATATT3", mixed(180))),
        ("NewRelic.Key", "app/x", format!("{}-{}", "NRAK", noise(UPPER, 27))),
        ("Datadog.Key", "app/.env", format!("DD_API_KEY={}", hex(32))),
        ("Grafana.Token", "app/x", format!("{}_{}_{}", "glsa", mixed(32), hex(8))),
        ("Sentry.Token", "app/x", format!("{}_{}", "sntrys", mixed(60))),
        ("Pulumi.Token", "app/x", format!("{}-{}", "pul", hex(40))),
        ("Postman.Key", "app/x", format!("{}-{}-{}", "PMAK", hex(24), hex(34))),
        ("Linear.Key", "app/x", format!("lin_{}_{}", "api", mixed(40))),
        ("PlanetScale.Password", "app/x", format!("{}_pw_{}", "pscale", mixed(43))),
        (
            "Age.Secret.Key",
            "app/x",
            format!("AGE-SECRET-KEY-{}{}", 1, noise("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
        ),
        (
            "Minisign.Secret.Key",
            "app/x",
            format!("untrusted comment: minisign encrypted secret key\n{}\n", mixed(212)),
        ),
        ("Ansible.Vault", "app/x.yml", format!("$ANSIBLE_{};1.1;AES256\n6162\n", "VAULT")),
        ("Database.URL", "app/settings.yml", format!("url: postgres://shop:{}@db/shop", mixed(12))),
        (
            "Netrc.Password",
            "root/.netrc",
            format!("machine r.io login me password {}\n", mixed(12)),
        ),
        ("Pgpass.Password", "root/.pgpass", format!("db:5432:shop:me:{}\n", mixed(12))),
        (
            "Htpasswd.Password",
            "etc/nginx/.htpasswd",
            format!("me:$apr1${}${}\n", mixed(8), mixed(22)),
        ),
        (
            "Shadow.Password",
            "etc/shadow",
            format!("root:*:19000:0:::::\nme:$6${}${}:19000:0:99999:7:::\n", mixed(16), mixed(86)),
        ),
        ("Credential", "app/.env", format!("API_KEY={}", mixed(40))),
        ("Password.in.Settings", "app/settings.yaml", format!("db:\n  password: {}\n", mixed(10))),
    ]
}

#[test]
fn every_kind_is_found_and_cloaked() {
    let samples = [samples(), service::samples()].concat();
    let missed: Vec<_> = samples
        .iter()
        .map(|(kind, path, text)| (kind, search(path, text.as_bytes())))
        .filter(|(kind, found)| !found.iter().any(|secret| secret.kind == **kind))
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
    for (kind, path, text) in &samples {
        let found = search(path, text.as_bytes());
        let hit = found.iter().find(|secret| secret.kind == *kind).unwrap();
        assert!(hit.evidence.ends_with("...") || hit.evidence.starts_with("-----BEGIN"), "{hit:?}");
        assert!(hit.evidence.len() < 40, "{hit:?}");
    }
    for kind in KINDS.iter() {
        assert!(samples.iter().any(|(name, ..)| *name == kind.name), "no sample of {}", kind.name);
    }
    assert!(KINDS.len() >= 90);
}

#[test]
fn the_same_texts_elsewhere_are_none() {
    let key = format!("-----{} PRIVATE KEY-----\n{}\n", "BEGIN", noise(MIXED, 64));
    for path in [
        "app/node_modules/crypto/test/key.pem",
        "usr/lib/python3/dist-packages/x/tests/key.pem",
        "usr/share/doc/openssl/key.pem",
        "app/readme.md",
        "usr/local/lib/python3.12/test/certdata/keycert.pem",
        "usr/local/lib/python3.12/ssl.py",
        "usr/local/go/src/crypto/tls/testdata/example-key.pem",
        "usr/local/go/src/crypto/tls/example_test.go",
        "usr/lib/google-cloud-sdk/platform/gslib/tests/test_data/test.json",
        "app/node_modules/crypto/index.js",
        "app/third_party/requests/tests/server.key",
        "usr/lib/google-cloud-sdk/third_party/urllib3/dummyserver/certs/server.key",
        "app/tests/keys.py",
    ] {
        let entry = Entry { path, size: key.len() as u64, mode: 0o644 };
        assert!(!wants(&entry), "{path}");
    }
    for (path, text) in [
        ("app/.env", "API_KEY=your-key-goes-here-please-insert".to_owned()),
        ("app/.env", "PASSWORD=${DB_PASSWORD}".to_owned()),
        ("app/settings.yml", "password: changeme".to_owned()),
        ("app/settings.yml", "password: /run/secrets/password".to_owned()),
        ("app/settings.yml", "url: postgres://shop:${PASSWORD}@db/shop".to_owned()),
        ("app/node_modules/x/config.json", format!("{{\"secret\": \"{}\"}}", noise(MIXED, 40))),
        ("app/.env", "URL=https://me:${PASSWORD}@example.org".to_owned()),
        ("app/.env", "URL=https://example.org:8443/a@b.c".to_owned()),
        ("app/notes.txt", "curl -u me:$PASSWORD https://example.org".to_owned()),
        ("app/settings.yml", format!("checksum: {}", noise(HEX, 32))),
        ("app/settings.yml", format!("  token: {}", noise(MIXED, 40))),
        ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n".to_owned()),
        ("app/x", format!("AKIA{}", "A".repeat(16))),
        // The next line is another setting.
        ("app/.env", format!("DB_PASSWORD=\nSTORE=shop-{}\n", noise(MIXED, 24))),
        ("app/settings.yml", format!("password:\n  {}:\n", noise(MIXED, 12))),
        ("$History", "RUN /bin/sh -c cd \"$OLDPWD\" && PWD=/srv/application make".to_owned()),
        ("$History", "ENV POSTGRES_PASSWORD_FILE=/run/secrets/password".to_owned()),
        ("$History", "RUN echo \"root:$PASSWORD\" | chpasswd".to_owned()),
        ("app/x", format!("id: AKIA{}EXAMPLE", noise(UPPER, 9))),
        (
            "app/config/database.php",
            format!("'password' => env('DB_PASSWORD', '{}'),", noise(MIXED, 12)),
        ),
        ("app/config/database.php", format!("// 'password' => '{}',", noise(MIXED, 12))),
        ("app/src/form.php", format!("$password = '{}';", noise(MIXED, 12))),
        ("app/settings.yml", "first_pass: true\nsecond_pass: /run/secrets/pass\n".to_owned()),
        ("app/key.pub", "-----BEGIN PUBLIC KEY-----\nMIIB\n".to_owned()),
    ] {
        assert_eq!(search(path, text.as_bytes()), [], "{path}: {text}");
    }
}

/// Reports show the environment and the commands of an image.
#[test]
fn texts_are_shown_without_their_secrets() {
    let (password, token) = (noise(MIXED, 16), noise(MIXED, 36));
    let text = format!("curl -u me:{password} a && curl -u me:{password} b # ghp_{token} é");
    let (start, beginning) = (&password[..4], &token[..4]);
    assert_eq!(
        cloaked_in("$History", &text),
        format!("curl -u me:{start}... a && curl -u me:{start}... b # ghp_{beginning}... é")
    );
    assert_eq!(cloaked_in("$EnvVariables", "MODE=secret é"), "MODE=secret é");
}

/// The first of them ends where a password may be no longer.
#[test]
fn a_secret_that_begins_in_another_and_ends_behind_it() {
    let (password, token) = (noise(MIXED, 30), noise(MIXED, 40));
    let text = format!("RUN (export DB_PASSWORD={password}:figd_{token})");
    let shown = cloaked_in("$History", &text);
    assert_eq!(shown, format!("RUN (export DB_PASSWORD={}...)", &password[..8]));
}

/// One that is repeated counts once, and hides no other.
#[test]
fn a_secret_that_is_repeated() {
    let (password, token) = (noise(MIXED, 16), noise(MIXED, 36));
    let text = format!("{} # ghp_{token}", format!("curl -u me:{password} a\n").repeat(2 * MOST));
    assert_eq!(search("$History", text.as_bytes()).len(), 2);
    let shown = cloaked_in("$History", &text);
    assert!(!shown.contains(&password) && !shown.contains(&token), "{shown}");
}

/// Each way in which a password gets into the steps of a build.
#[test]
fn passwords_of_a_build() {
    let password = noise(MIXED, 10);
    for text in [
        format!("/bin/sh -c #(nop)  ENV ADMIN_PASSWORD={password}"),
        format!("ENV ADMIN_PASSWORD={password}"),
        format!("ARG NPM_PASSWORD={password}"),
        format!("RUN |2 A=b REGISTRY_PASSWORD={password} /bin/sh -c make # buildkit"),
        format!("RUN /bin/sh -c export PGPASSWORD='{password}' && psql"),
        format!("RUN /bin/sh -c echo 'root:{password}' | chpasswd"),
    ] {
        let shown = cloaked_in("$History", &text);
        assert!(shown.contains("...") && !shown.contains(&password), "{shown}");
        assert_eq!(search("$History", text.as_bytes()).len(), 1, "{text}");
    }
    for path in ["app/run.sh", "root/.profile"] {
        let text = format!("export DB_PASSWORD={password}\n");
        assert_eq!(search(path, text.as_bytes()).len(), 1, "{path}");
    }
}

/// In code only what is a secret without doubt.
#[test]
fn secrets_in_code() {
    let token = format!("ghp_{}", noise(MIXED, 36));
    for path in ["app/settings.py", "srv/shop/src/index.js", "root/main.go"] {
        let entry = Entry { path, size: 100, mode: 0o644 };
        assert!(wants(&entry), "{path}");
        let found = search(path, format!("token = \"{token}\"\n").as_bytes());
        assert_eq!(found.len(), 1, "{path}");
        let password = format!("password = \"{}\"\n", noise(MIXED, 24));
        assert_eq!(search(path, password.as_bytes()), [], "{path}");
    }
}

/// Accounts without a password have something in its place.
#[test]
fn passwords_of_accounts() {
    let (salt, hash) = (noise(MIXED, 16), noise(MIXED, 86));
    for (path, field, expected) in [
        ("etc/shadow", format!("$6${salt}${hash}"), 1),
        ("etc/shadow-", format!("$y$j9T${salt}${}", noise(MIXED, 43)), 1),
        ("etc/shadow", format!("!$6$rounds=5000${salt}${hash}"), 1),
        ("etc/passwd", noise(MIXED, 13), 1),
        ("etc/shadow", "*".to_owned(), 0),
        ("etc/shadow", "!".to_owned(), 0),
        ("etc/shadow", "!!".to_owned(), 0),
        ("etc/shadow", String::new(), 0),
        ("etc/passwd", "x".to_owned(), 0),
        ("srv/shadow", format!("$6${salt}${hash}"), 0),
    ] {
        let text = format!("root:*:1::::::\nme:{field}:19000:0:99999:7:::\n");
        assert_eq!(search(path, text.as_bytes()).len(), expected, "{path}: {field}");
    }
}

/// As editors of Windows write them.
#[test]
fn settings_with_two_bytes_a_character() {
    let text = format!("\u{feff}password: {}\r\n", noise(MIXED, 16));
    let wide = |write: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(write).collect::<Vec<u8>>();
    for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes), text.clone().into_bytes()] {
        let mut facts = Facts::default();
        let entry = Entry { path: "app/settings.yml", size: bytes.len() as u64, mode: 0o644 };
        read(&entry, &bytes, &mut facts);
        assert_eq!(facts.secrets.len(), 1, "{bytes:?}");
    }
}

#[test]
fn key_stores() {
    let mut facts = Facts::default();
    let jks = [&[0xfe, 0xed, 0xfe, 0xed][..], &[0; 40]].concat();
    for (path, found) in [("app/shop.jks", 1), ("etc/ssl/certs/java/cacerts", 0)] {
        facts.secrets.clear();
        read(&Entry { path, size: 44, mode: 0o644 }, &jks, &mut facts);
        assert_eq!(facts.secrets.len(), found, "{path}");
    }
}

proptest! {
    /// Nothing panics, and what is told of a text is shorter than the text.
    #[test]
    fn any_text(text in "\\PC{0,400}") {
        for secret in search("app/.env", text.as_bytes()) {
            prop_assert!(secret.evidence.len() <= 40);
        }
    }
}
