//! What stands in settings and is no secret.

use super::{LETTERS, noise, search};

#[test]
fn texts_and_templates_are_none() {
    let word = noise(LETTERS, 12);
    for (path, text) in [
        ("app/locales/de.json", format!("{{\"password\":\"{word}\"}}")),
        ("app/pom.xml", "<password>${env.PASSWORD}</password>".to_owned()),
        (
            "opt/maven/conf/settings.xml",
            format!("<servers>\n<!-- server\n<password>{word}</password>\n--></servers>"),
        ),
        ("srv/wp-config-sample.php", "define( 'DB_PASSWORD', 'password_here' );".to_owned()),
        (
            "srv/wp-config-sample.php",
            "define( 'AUTH_KEY', 'put your unique phrase here' ); // DB_PASSWORD".to_owned(),
        ),
        ("etc/redis/redis.conf", format!("# requirepass {word}\n")),
        ("app/web.config", "Server=db;User Id=sa;Password=$(Password);".to_owned()),
        ("usr/src/app/node_modules/x/.env", format!("PASSWORD={word}")),
        ("root/go/pkg/mod/x@v1/config.yml", format!("password: {word}")),
        ("root/.cargo/registry/src/index/x-1/settings.toml", format!("password = \"{word}\"")),
        ("usr/share/x/settings.ini", format!("password = {word}")),
        ("app/schema.json", "{\"password\":\"string\"}".to_owned()),
        // What stands behind is nothing that Kubernetes is to keep.
        ("srv/secret.yaml", format!("stringData:\n  user: shop\ntoken: {word}{word}\n")),
        ("srv/secret.yaml", "stringData:\n  token: {{ .Values.token | quote }}\n".to_owned()),
        ("srv/secret.yaml", "stringData:\n  token: ${SERVICE_ACCOUNT_TOKEN}\n".to_owned()),
    ] {
        assert_eq!(search(path, text.as_bytes()), [], "{path}: {text}");
    }
}
