//! Groups of artifacts that are built without Maven, so that no properties in
//! them tell it, and whose manifests name a module instead.

/// By the beginning of the artifact's name; the first one that fits counts.
const FAMILIES: &[(&str, &str)] = &[
    ("bcmail-", "org.bouncycastle"),
    ("bcpg-", "org.bouncycastle"),
    ("bcpkix-", "org.bouncycastle"),
    ("bcprov-", "org.bouncycastle"),
    ("bctls-", "org.bouncycastle"),
    ("bcutil-", "org.bouncycastle"),
    ("grpc-", "io.grpc"),
    ("kotlin-reflect", "org.jetbrains.kotlin"),
    ("kotlin-stdlib", "org.jetbrains.kotlin"),
    ("lucene-", "org.apache.lucene"),
    ("micrometer-", "io.micrometer"),
    ("spring-amqp", "org.springframework.amqp"),
    ("spring-batch-", "org.springframework.batch"),
    ("spring-boot", "org.springframework.boot"),
    ("spring-cloud-", "org.springframework.cloud"),
    ("spring-data-", "org.springframework.data"),
    ("spring-hateoas", "org.springframework.hateoas"),
    ("spring-integration-", "org.springframework.integration"),
    ("spring-kafka", "org.springframework.kafka"),
    ("spring-ldap-", "org.springframework.ldap"),
    ("spring-rabbit", "org.springframework.amqp"),
    ("spring-security-", "org.springframework.security"),
    ("spring-session-", "org.springframework.session"),
    ("spring-webflow", "org.springframework.webflow"),
    ("spring-ws-", "org.springframework.ws"),
];

/// By the whole name of the artifact.
const ARTIFACTS: &[(&str, &str)] = &[
    ("ant", "org.apache.ant"),
    ("bc-fips", "org.bouncycastle"),
    ("c3p0", "com.mchange"),
    ("commons-beanutils", "commons-beanutils"),
    ("commons-codec", "commons-codec"),
    ("commons-collections", "commons-collections"),
    ("commons-fileupload", "commons-fileupload"),
    ("commons-httpclient", "commons-httpclient"),
    ("commons-io", "commons-io"),
    ("commons-lang", "commons-lang"),
    ("commons-logging", "commons-logging"),
    ("commons-net", "commons-net"),
    ("derby", "org.apache.derby"),
    ("gson", "com.google.code.gson"),
    ("guava", "com.google.guava"),
    ("h2", "com.h2database"),
    ("hsqldb", "org.hsqldb"),
    ("jackson-core-asl", "org.codehaus.jackson"),
    ("jackson-mapper-asl", "org.codehaus.jackson"),
    ("jdom2", "org.jdom"),
    ("json", "org.json"),
    ("kafka-clients", "org.apache.kafka"),
    ("libfb303", "org.apache.thrift"),
    ("libthrift", "org.apache.thrift"),
    ("log4j", "log4j"),
    ("mysql-connector-j", "com.mysql"),
    ("mysql-connector-java", "mysql"),
    ("oro", "oro"),
    ("postgresql", "org.postgresql"),
    ("reactor-core", "io.projectreactor"),
    ("reactor-netty", "io.projectreactor.netty"),
    ("reactor-netty-core", "io.projectreactor.netty"),
    ("reactor-netty-http", "io.projectreactor.netty"),
    ("rhino", "org.mozilla"),
    ("serializer", "xalan"),
    ("spring-aop", "org.springframework"),
    ("spring-aspects", "org.springframework"),
    ("spring-beans", "org.springframework"),
    ("spring-binding", "org.springframework.webflow"),
    ("spring-context", "org.springframework"),
    ("spring-context-indexer", "org.springframework"),
    ("spring-context-support", "org.springframework"),
    ("spring-core", "org.springframework"),
    ("spring-expression", "org.springframework"),
    ("spring-instrument", "org.springframework"),
    ("spring-jcl", "org.springframework"),
    ("spring-jdbc", "org.springframework"),
    ("spring-jms", "org.springframework"),
    ("spring-messaging", "org.springframework"),
    ("spring-orm", "org.springframework"),
    ("spring-oxm", "org.springframework"),
    ("spring-r2dbc", "org.springframework"),
    ("spring-security-oauth", "org.springframework.security.oauth"),
    ("spring-security-oauth2", "org.springframework.security.oauth"),
    ("spring-security-oauth2-autoconfigure", "org.springframework.security.oauth.boot"),
    ("spring-test", "org.springframework"),
    ("spring-tx", "org.springframework"),
    ("spring-web", "org.springframework"),
    ("spring-webflux", "org.springframework"),
    ("spring-webmvc", "org.springframework"),
    ("spring-websocket", "org.springframework"),
    ("spring-xml", "org.springframework.ws"),
    ("tink", "com.google.crypto.tink"),
    ("xalan", "xalan"),
    ("xercesImpl", "xerces"),
    ("xml-apis", "xml-apis"),
    ("xstream", "com.thoughtworks.xstream"),
];

/// The group of an artifact that is known by its name.
pub(super) fn of(artifact: &str) -> Option<&'static str> {
    let family = || FAMILIES.iter().find(|(beginning, _)| artifact.starts_with(beginning));
    let known = ARTIFACTS.iter().find(|(name, _)| *name == artifact).or_else(family);
    known.map(|(_, group)| *group)
}

/// The name of a part of Tomcat, whose files are called otherwise: the bundle
/// of `catalina.jar` is `org.apache.tomcat-catalina`.
pub(super) fn of_tomcat(bundle: &str) -> Option<String> {
    let part = bundle.strip_prefix("org.apache.tomcat-").filter(|part| !part.is_empty())?;
    let group = if part.starts_with("embed-") { "tomcat.embed" } else { "tomcat" };
    Some(format!("org.apache.{group}:tomcat-{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_name_counts_before_its_beginning() {
        for (artifact, expected) in [
            ("spring-security-web", Some("org.springframework.security")),
            ("spring-security-oauth2-client", Some("org.springframework.security")),
            ("spring-security-oauth2", Some("org.springframework.security.oauth")),
            ("spring-boot", Some("org.springframework.boot")),
            ("grpc-netty-shaded", Some("io.grpc")),
            ("spring", None),
            ("", None),
        ] {
            assert_eq!(of(artifact), expected, "{artifact}");
        }
    }

    #[test]
    fn nothing_is_named_twice() {
        for table in [FAMILIES, ARTIFACTS] {
            let sorted = table.is_sorted_by(|(one, _), (other, _)| {
                one.to_ascii_lowercase() < other.to_ascii_lowercase()
            });
            assert!(sorted, "{table:?}");
        }
    }
}
