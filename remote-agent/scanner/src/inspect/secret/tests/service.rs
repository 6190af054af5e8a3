//! Samples of what services give out, and of passwords in their settings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{HEX, LETTERS, MIXED, UPPER, noise};

/// As [`super::samples`].
pub(super) fn samples() -> Vec<(&'static str, &'static str, String)> {
    let mixed = |count| noise(MIXED, count);
    let hex = |count| noise(HEX, count);
    let upper = |count| noise(UPPER, count);
    let key = format!("{} PRIVATE KEY-----", "-----BEGIN");
    vec![
        // With headers, and in JSON.
        (
            "Private.Key",
            "root/k.pem",
            format!(
                "{key}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{}\n\n{}\n",
                upper(32),
                mixed(64)
            ),
        ),
        ("Private.Key", "app/key.json", format!("{{\"k\":\"{key}\\n{}\\n\"}}", mixed(64))),
        // In secrets of Kubernetes.
        (
            "Private.Key",
            "srv/tls.yaml",
            format!("data:\n  tls.key: {}\n", STANDARD.encode(format!("{key}\n{}\n", mixed(300)))),
        ),
        (
            "Private.Key",
            "srv/tls.json",
            format!(
                "{{\"tls.key\": \"{}\"}}",
                STANDARD.encode(format!("-----{} RSA PRIVATE KEY-----\n{}\n", "BEGIN", mixed(300)))
            ),
        ),
        (
            "Docker.Config.Auth",
            "srv/registry.yaml",
            format!("data:\n  .dockerconfigjson: {}\n", mixed(80)),
        ),
        (
            "Kubernetes.Secret.Token",
            "srv/secret.yaml",
            format!("kind: Secret\nstringData:\n  user: shop\n\n  token: {}\n", mixed(24)),
        ),
        (
            "Kubernetes.Secret.Token",
            "srv/secret.json",
            format!("{{\"stringData\": {{\"user\": \"shop\", \"token\": \"{}\"}}}}", mixed(24)),
        ),
        (
            "WireGuard.Private.Key",
            "etc/wireguard/wg0.conf",
            format!("PrivateKey = {}=\n", mixed(43)),
        ),
        (
            "AWS.Session.Token",
            "root/.aws/credentials",
            format!("aws_session_token = {}\n", mixed(400)),
        ),
        ("Gitlab.Token", "app/x", format!("{}-64_{}", "glcbt", mixed(20))),
        ("Gitlab.Token", "app/x", format!("{}-{}", "glrtr", mixed(20))),
        ("Gitlab.Token", "app/x", format!("{}-{}", "glffct", mixed(20))),
        ("Slack.API.tokens", "app/x", format!("{}-1-{}", "xoxe", mixed(147))),
        ("Slack.API.tokens", "app/x", format!("{}-{}%2B{}", "xoxd", mixed(60), mixed(60))),
        (
            "Slack.Webhook",
            "app/x",
            format!(
                "https://hooks.slack.com/{}/T{}/A{}/{}/{}",
                "workflows",
                upper(10),
                upper(10),
                noise("0123456789", 18),
                mixed(24)
            ),
        ),
        (
            "Slack.Webhook",
            "app/x",
            format!(
                "https://hooks.slack.com/{}/E{}/{}/{}",
                "triggers",
                upper(10),
                noise("0123456789", 13),
                hex(32)
            ),
        ),
        ("Docker.Hub.Token", "app/x", format!("{}_{}", "dckr_oat", mixed(32))),
        ("HuggingFace.Token", "app/x", format!("{}_{}", "api_org", noise(LETTERS, 34))),
        ("AWS.Bedrock.Key", "app/x", format!("{}{}", "ABSKQmVkcm9ja0FQSUtleS", mixed(110))),
        ("Azure.DevOps.Token", "app/x", format!("{}{}{}", mixed(76), "AZDO", mixed(4))),
        ("Azure.Registry.Password", "app/x", format!("{}+{}{}", mixed(42), "ACR", mixed(6))),
        ("Azure.Search.Key", "app/x", format!("{}{}{}", mixed(42), "AzSe", mixed(6))),
        ("OpenRouter.Key", "app/x", format!("{}-{}", "sk-or-v1", hex(64))),
        ("LangSmith.Key", "app/x", format!("{}_pt_{}_{}", "lsv2", hex(32), hex(10))),
        (
            "Langfuse.Key",
            "app/x",
            format!("{}-{}-{}-{}-{}-{}", "sk-lf", hex(8), hex(4), hex(4), hex(4), hex(12)),
        ),
        ("Clojars.Token", "app/x", format!("{}_{}", "CLOJARS", hex(60))),
        ("Netlify.Token", "app/x", format!("{}_{}", "nfp", mixed(36))),
        ("Prefect.Key", "app/x", format!("{}_{}", "pnu", mixed(36))),
        ("MongoDB.Atlas.Secret", "app/x", format!("{}_{}", "mdb_sa_sk", mixed(40))),
        ("Neon.Key", "app/x", format!("{}_{}", "napi", mixed(64).to_lowercase())),
        ("NPM.Token", "home/me/.npmrc", format!("//npm.example.org/:_auth={}\n", mixed(24))),
        ("NewRelic.Key", "app/x", format!("{}{}", hex(36), "NRAL")),
        ("Vault.Token", "app/.env", format!("VAULT_TOKEN=s.{}", mixed(24))),
        (
            "Discord.Bot.Token",
            "app/.env",
            format!("DISCORD_TOKEN=M{}.{}.{}", mixed(23), mixed(6), mixed(38)),
        ),
        ("Azure.Shared.Access.Key", "app/.env", {
            let place = "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Send";
            format!("BUS={place};SharedAccessKey={}=\n", mixed(43))
        }),
        ("Alibaba.Access.Key", "app/x", format!("{}{}", "LTAI", mixed(20))),
        ("Dynatrace.Token", "app/x", format!("{}.{}.{}", "dt0c01", upper(24), upper(64))),
        ("Brevo.Key", "app/x", format!("{}-{}-{}", "xkeysib", hex(64), mixed(16))),
        ("Heroku.Token", "app/x", format!("{}-{}", "HRKU", mixed(60))),
        (
            "Braintree.Access.Token",
            "app/x",
            format!("access_token$production${}${}", hex(16), hex(32)),
        ),
        ("Stripe.Webhook.Secret", "app/x", format!("{}_{}", "whsec", mixed(32))),
        ("Doppler.Token", "app/x", format!("dp.{}.prd.{}", "st", mixed(43))),
        ("Fly.Token", "app/x", format!("{}_{}", "fm2", mixed(200))),
        ("Notion.Token", "app/x", format!("{}_{}", "ntn", mixed(46))),
        ("Airtable.Token", "app/x", format!("AIRTABLE={}{}.{}", "pat", mixed(14), hex(64))),
        ("Figma.Token", "app/x", format!("{}_{}", "figd", mixed(40))),
        ("Artifactory.Token", "app/x", format!("{}{}", "AKCp", mixed(69))),
        ("SonarQube.Token", "app/x", format!("{}_{}", "sqp", hex(40))),
        ("CircleCI.Token", "app/x", format!("{}_{}_{}", "CCIPAT", mixed(22), hex(40))),
        ("Buildkite.Token", "app/x", format!("{}_{}", "bkua", hex(40))),
        ("Supabase.Token", "app/x", format!("{}_{}", "sbp", hex(40))),
        ("Tailscale.Key", "app/x", format!("{}-auth-{}CNTRL-{}", "tskey", mixed(12), mixed(32))),
        ("EasyPost.Key", "app/x", format!("{}{}", "EZAK", mixed(54))),
        ("ReadMe.Key", "app/x", format!("{}_{}", "rdme", mixed(70).to_lowercase())),
        ("Replicate.Token", "app/x", format!("{}_{}", "r8", mixed(37))),
        ("Groq.API.Key", "app/x", format!("{}_{}", "gsk", mixed(52))),
        ("Perplexity.API.Key", "app/x", format!("{}-{}", "pplx", mixed(48))),
        ("xAI.API.Key", "app/x", format!("{}-{}", "xai", mixed(80))),
        ("Mapbox.Token", "app/x", format!("sk.eyJ{}.{}", mixed(60), mixed(22))),
        ("Firebase.Server.Key", "app/x", format!("AAAA{}:{}{}", mixed(7), "APA91b", mixed(134))),
        ("Okta.Token", "app/.env", format!("OKTA_API_TOKEN=00{}", mixed(40))),
        ("Cloudflare.Token", "app/.env", format!("CLOUDFLARE_API_TOKEN={}", mixed(40))),
        ("Snyk.Token", "app/.env", {
            let all = hex(32);
            let parts = [&all[..8], &all[8..12], &all[12..16], &all[16..20], &all[20..]];
            format!("SNYK_TOKEN={}", parts.join("-"))
        }),
        (
            "Connection.String.Password",
            "app/web.config",
            format!("<add connectionString=\"Server=db;User Id=sa;Password={};\" />", mixed(12)),
        ),
        (
            "XML.Password",
            "root/.m2/settings.xml",
            format!("<!-- a --><password>{}</password>", mixed(12)),
        ),
        (
            "WordPress.Password",
            "srv/wp-config.php",
            format!("define( 'DB_PASSWORD', '{}' );", mixed(12)),
        ),
        (
            "XML.Password",
            "root/.nuget/NuGet/NuGet.Config",
            format!("<add key=\"ClearTextPassword\" value=\"{}\" />", mixed(12)),
        ),
        (
            "PHP.Password",
            "srv/www/LocalSettings.php",
            format!("<?php\n$wgDBpassword = \"{}\";\n", mixed(12)),
        ),
        (
            "PHP.Password",
            "etc/phpmyadmin/config.inc.php",
            format!("<?php\n$cfg['Servers'][$i]['password'] = '{}';\n", mixed(12)),
        ),
        (
            "PHP.Password",
            "srv/sites/default/settings.php",
            format!("<?php $databases = ['default' => ['password' => '{}']];\n", mixed(12)),
        ),
        ("Password.in.Settings", "app/.env", format!("DB_PASS={}\n", mixed(12))),
        // Where the images of languages have people put their programs.
        ("Password.in.Settings", "usr/src/app/.env", format!("DB_PASS={}\n", mixed(12))),
        ("Password.in.Settings", "srv/registry/config.yml", format!("password: {}\n", mixed(12))),
        (
            "Password.in.Settings",
            "etc/systemd/system/shop.service",
            format!("[Service]\nEnvironment=DB_PASSWORD={}\n", mixed(12)),
        ),
        (
            "XML.Password",
            "srv/hibernate.cfg.xml",
            format!("<property name=\"hibernate.connection.password\">{}</property>", mixed(12)),
        ),
        (
            "XML.Password",
            "srv/beans.xml",
            format!("<property name=\"password\" value=\"{}\"/>", mixed(12)),
        ),
        (
            "XML.Password",
            "opt/tomcat/conf/tomcat-users.xml",
            format!("<user username=\"me\" password=\"{}\" roles=\"manager-gui\"/>", mixed(12)),
        ),
        (
            "Database.URL",
            "app/application.properties",
            format!("url=jdbc:postgresql://db/shop?user=me&password={}\n", mixed(12)),
        ),
        (
            "URL.Password",
            "root/.git-credentials",
            format!("https://me:{}@example.org\n", mixed(20)),
        ),
        ("URL.Password", "etc/apt/apt.conf.d/proxy", format!("http://me:{}@proxy:80", mixed(12))),
        ("Authorization.Header", "root/.curlrc", {
            format!("header = \"Authorization: Bearer {}\"\n", mixed(40))
        }),
        ("Curl.Password", "root/.bash_history", format!("curl -sS -u me:{} a\n", mixed(12))),
        ("Curl.Password", "$History", format!("RUN curl --user me:{} a | tar x\n", mixed(12))),
        ("Kubernetes.Token", "root/.kube/config", format!("  user:\n    token: {}\n", mixed(40))),
        ("Credential", "app/.env", format!("AUTH_TOKEN={}", hex(32))),
        ("Credential", "app/.env", format!("SHOP_API_KEY={}-{}", "sk", hex(32))),
        ("Credential", "app/rclone.conf", format!("secret_access_key = {}\n", mixed(40))),
        ("Credential", "app/.env", format!("SHOP_TOKEN={}", mixed(40))),
        ("Credential", "app/.env", format!("DEVOPS_PAT={}", mixed(52))),
        ("Redis.Password", "etc/redis/redis.conf", format!("requirepass {}\n", mixed(16))),
        (
            "Password.in.Settings",
            "app/settings.json",
            format!("{{\"db\":{{\"user\":\"shop\",\"password\":\"{}\"}}}}", noise(LETTERS, 12)),
        ),
    ]
}
