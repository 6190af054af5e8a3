//! Passwords, by where they stand and how they are written.

use super::{Kind, exact, vague};

pub(super) const KINDS: &[Kind] = &[
    exact(
        "Docker.Config.Auth",
        &["auths"],
        r#""auths"\s*:\s*\{[\s\S]{0,4000}?"auth"\s*:\s*"([A-Za-z0-9+/]{8,}={0,2})""#,
        2.5,
    ),
    // The same in a secret of Kubernetes. A list of nobody is shorter.
    exact(
        "Docker.Config.Auth",
        &[".dockerconfigjson"],
        r#"\.dockerconfigjson["']?\s*:\s*["']?([A-Za-z0-9+/]{40,}={0,2})"#,
        3.5,
    ),
    // The form before it, without a list.
    exact("Dockercfg.Auth", &["auth"], r#""auth"\s*:\s*"([A-Za-z0-9+/]{8,}={0,2})""#, 2.5),
    vague(
        "Database.URL",
        &[
            "postgres",
            "mysql",
            "mariadb",
            "mongodb",
            "amqp",
            "redis",
            "mssql",
            "clickhouse",
            "jdbc:",
        ],
        r#"(?i)\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|amqps?|rediss?|mssql|clickhouse)(?:\+[a-z0-9]+)?://[^\s:/@"']{0,64}:([^\s/@"']{4,128})@[^\s/"']|\bjdbc:[^\s"'<>]{1,300}[?&;]password=([^\s&;"'<>]{4,128})"#,
        2.0,
    ),
    // Proxies, remote repositories, `.git-credentials`.
    vague(
        "URL.Password",
        &["http://", "https://", "ftp://", "ftps://", "sftp://", "smtp://", "smtps://", "ldap://"],
        r#"(?i)\b(?:https?|s?ftps?|smtps?|ldaps?)://[^\s:/@"'<>]{1,64}:([^\s:/@"'<>]{6,128})@[a-z0-9\[]"#,
        2.5,
    ),
    vague(
        "Authorization.Header",
        &["authorization"],
        r#"(?i)authorization["']?\s*[:=]\s*["']?(?:basic|bearer|token)\s+([a-z0-9+/=._~-]{16,2000})"#,
        3.5,
    ),
    vague(
        "Curl.Password",
        &["curl"],
        r#"\bcurl\b[^\n]{0,300}?\s(?:-u\s*|--user[\s=]+)["']?[^\s:"'$]{1,64}:([^\s"'$]{6,128})"#,
        2.5,
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
    // An account that is locked, `!` before its hash, has a password all the same; `*`, `!` and
    // `x` alone are none. Hashes have a form, or the thirteen characters of the oldest.
    exact(
        "Shadow.Password",
        &[":"],
        r"(?m)^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?:!{0,2}(\$[a-z0-9-]{1,12}\$[^\s:]{12,300}|[A-Za-z0-9./]{13}):",
        3.0,
    ),
    exact(
        "Htpasswd.Password",
        &["$apr1$", "$2y$", "{sha}"],
        r"(?m)^[^\s:]{1,64}:(\$apr1\$\S{20,}|\$2y\$\S{40,}|\{SHA\}\S{20,})$",
        3.0,
    ),
    vague(
        "Credential",
        &["passwd", "api_key", "apikey", "api-key", "password", "secret", "token", "_pat"],
        r#"(?i)(?:passwd|api[_-]?key|password|secret(?:[_-]?(?:access[_-]?)?key)?|(?:access|auth|api)[_-]?token|[a-z0-9]{2}[_-]token|[a-z0-9]_pat)["']?[ \t]*[:=][ \t]*["']?([^\s"'`<>(){}$,;]{20,120})(?:["'`,;\s]|$)"#,
        4.0,
    ),
    // Digits of sixteen kinds have less in each than letters do. Some stand behind a mark.
    vague(
        "Credential",
        &["api_key", "apikey", "api-key", "secret", "token"],
        r#"(?i)(?:api[_-]?key|secret(?:[_-]?key)?|(?:access|auth|api)[_-]?token)["']?[ \t]*[:=][ \t]*["']?((?:sk-)?[0-9a-f]{30,128})(?:["'`,;\s]|$)"#,
        3.0,
    ),
    vague(
        "Kubernetes.Token",
        &["token:"],
        r#"(?m)^\s*(?:- )?token:\s*["']?([A-Za-z0-9._:-]{16,2000})"#,
        3.5,
    ),
    // What Kubernetes is to keep as it is written: below, or within the same brackets.
    vague(
        "Kubernetes.Secret.Token",
        &["stringdata"],
        r#"(?m)^[ \t]*stringData:[ \t\r]*\n(?:[ \t]+[^\n]*\n|\r?\n){0,60}?[ \t]+["']?token["']?:[ \t]*["']?([A-Za-z0-9._:+/=-]{16,2000})["']?[ \t\r]*$|"stringData"\s*:\s*\{[^{}]{0,4000}?"token"\s*:\s*"([^\s"<>{}$]{16,2000})""#,
        3.5,
    ),
    vague(
        "Password.in.Settings",
        &["password", "passwd", "pwd", "_pass"],
        // A line of its own, or a member of JSON wherever it stands. What stands on the
        // line behind an empty one is another setting.
        r#"(?im)^[ \t"'-]*(?:(?:export|env|arg)[ \t]+|environment="?)?[a-z0-9_.-]{0,40}(?:password|passwd|pwd|_pass)["']?[ \t]*[:=][ \t]*["']?([^\s"'`<>(){}$,;#]{6,64})["']?,?\s*$|[{,]\s*"[a-z0-9_.-]{0,40}(?:password|passwd|pwd|_pass)"\s*:\s*"([^\s"<>{}$]{6,64})""#,
        2.5,
    ),
    // Arguments and variables of a build, wherever they stand in a step.
    vague(
        "Build.Password",
        &["password=", "passwd=", "pwd=", "_pass="],
        r#"(?i)\b[a-z0-9_-]{0,40}(?:password|passwd|pwd|_pass)=["']?([^\s"'`<>(){}$,;#&|]{6,64})"#,
        2.5,
    ),
    vague(
        "Chpasswd.Password",
        &["chpasswd"],
        r#"(?i)\becho\s+(?:-\w+\s+)?["']?[a-z_][a-z0-9_.-]{0,31}:([^\s"'$|]{4,64})["']?\s*\|[^|\n]{0,20}\bchpasswd"#,
        2.0,
    ),
    vague(
        "Connection.String.Password",
        &["password", "pwd"],
        r#"(?i)\b(?:server|data source|host|address|endpoint)\s*=[^"'<>\n]{1,300}?;\s*(?:password|pwd)\s*=\s*([^;"'<>\s]{4,128})"#,
        2.0,
    ),
    vague(
        "XML.Password",
        &["password>", "password\""],
        // An element, a setting with its name beside it, or the attributes of a user.
        r#"(?i)<[a-z0-9_.-]{0,30}password>\s*([^<\s{}$]{6,128})\s*</|(?:key|name)="[^"<>]{0,60}password"\s*(?:value="([^"{}$%]{6,128})"|>\s*([^<\s{}$]{6,128})\s*</)"#,
        2.5,
    ),
    vague(
        "XML.Password",
        &["password=\""],
        r#"(?i)<[^<>]{1,200}\suser(?:name)?="[^"<>]{1,64}"[^<>]{0,200}?\spassword="([^"{}$%]{6,128})""#,
        2.5,
    ),
    exact(
        "WordPress.Password",
        &["db_password"],
        r#"define\s*\(\s*['"](?:DB_PASSWORD|(?:SECURE_)?AUTH_KEY|LOGGED_IN_KEY|NONCE_KEY)['"]\s*,\s*['"]([^'"]{6,128})['"]"#,
        2.5,
    ),
    // What is assigned to a variable or an element, before which nothing is a comment.
    vague(
        "PHP.Password",
        &["password", "passwd", "dbpass"],
        r#"(?im)^[^\n/\#*]{0,200}?(?:\$[a-z_]{0,30}(?:password|passwd|dbpass)|["'][a-z_.-]{0,30}(?:password|passwd)["'][ \t]*\]?)[ \t]*=>?[ \t]*["']([^"'\s<>{}$]{6,128})["']"#,
        2.5,
    ),
    vague(
        "Redis.Password",
        &["requirepass", "masterauth"],
        r"(?m)^\s*(?:requirepass|masterauth)\s+([^\s#]{4,128})",
        2.0,
    ),
];
