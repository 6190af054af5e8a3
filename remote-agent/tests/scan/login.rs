use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::fixture::Place;

type Config<'a> = Box<dyn Fn(&str) -> Value + 'a>;
/// What is kept, what is set beside it, and as whom the registry is asked.
type Case<'a> = (Config<'a>, &'a [(&'a str, &'a str)], Option<&'a str>);

/// A registry without images that wants to know who asks, and who asked.
fn registry() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &seen);
        }
    });
    (address, asked)
}

fn answer(mut stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(bytes) => head.extend_from_slice(&part[..bytes]),
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    let who = fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let status = match who {
        Some((_, who)) => {
            seen.lock().unwrap().push(who.to_owned());
            "404 Not Found"
        }
        None => {
            "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"shop\"\r\n\
                 WWW-Authenticate: Bearer realm=\"ADDRESS/token\",service=\"shop\""
        }
    };
    let address = format!("http://{}", stream.local_addr().unwrap());
    let status = status.replace("ADDRESS", &address);
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).unwrap();
}

/// Who asks for an image with this configuration and these variables, where `ADDRESS` stands for
/// the registry, and what is said.
fn asks(config: impl Fn(&str) -> Value, variables: &[(&str, &str)]) -> (Option<String>, String) {
    let (address, asked) = registry();
    let place = Place::new();
    fs::create_dir(place.path("docker")).unwrap();
    place.write("docker/config.json", &config(&address.to_string()).to_string());
    let bin = place.path("bin");
    fs::create_dir(&bin).unwrap();
    let keeper = "#!/bin/sh\nread -r server\n[ \"$1\" = get ] && [ \"$server\" = $KNOWN ] &&\n\
                  echo '{\"ServerURL\":\"\",\"Username\":\"kept\",\"Secret\":\"kept-secret\"}' && exit\n\
                  echo 'credentials not found in native keychain'; exit 1\n";
    place.write("bin/docker-credential-shop", keeper);
    let program = place.path("bin/docker-credential-shop");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let output = place
        .command(&[&format!("http://{address}/shop/orders:v1"), "--log", "debug"])
        .env("DOCKER_CONFIG", place.path("docker"))
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("KNOWN", address.to_string())
        .envs(
            variables
                .iter()
                .map(|(name, value)| (*name, value.replace("ADDRESS", &address.to_string()))),
        )
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let asked = asked.lock().unwrap();
    let who = asked.first().map(|who| match who.strip_prefix("Basic ") {
        Some(pair) => String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap(),
        None => who.clone(),
    });
    (who, said)
}

#[test]
fn the_login_that_docker_keeps_is_used() {
    let secrets = ["file-secret", "kept-secret", "flag-secret"].map(|s| (s, STANDARD.encode(s)));
    let auth = |address: &str| json!({(address): {"auth": STANDARD.encode("file:file-secret")}});
    let flags =
        [("PALISADE_REGISTRY_USERNAME", "flag"), ("PALISADE_REGISTRY_PASSWORD", "flag-secret")];
    let variable = json!({"auths": auth("ADDRESS")}).to_string();
    let variable = [("DOCKER_AUTH_CONFIG", variable.as_str())];
    let of_others = [("DOCKER_AUTH_CONFIG", r#"{"auths": {"other.example": {"auth": "x"}}}"#)];
    let cases: [Case<'_>; 10] = [
        (Box::new(|_| json!({})), &variable, Some("file:file-secret")),
        (
            Box::new(|at| json!({"credHelpers": {(at): "shop"}})),
            &variable,
            Some("file:file-secret"),
        ),
        (Box::new(|at| json!({"auths": auth(at)})), &of_others, Some("file:file-secret")),
        (
            Box::new(|at| json!({"auths": {(at): {"registrytoken": "file-secret"}}})),
            &[],
            Some("Bearer file-secret"),
        ),
        (Box::new(|at| json!({"auths": auth(at)})), &[], Some("file:file-secret")),
        (Box::new(|at| json!({"auths": auth(at)})), &flags, Some("flag:flag-secret")),
        (Box::new(|at| json!({"credHelpers": {(at): "shop"}})), &[], Some("kept:kept-secret")),
        (
            Box::new(|at| json!({"auths": auth(at), "credsStore": "shop"})),
            &[("KNOWN", "another")],
            Some("file:file-secret"),
        ),
        (Box::new(|_| json!({"credsStore": "missing"})), &[], None),
        (Box::new(|_| json!({"auths": {"other.example": {"auth": "x"}}})), &[], None),
    ];
    for (config, variables, expected) in cases {
        let (who, said) = asks(&config, variables);
        assert_eq!(who.as_deref(), expected, "{said}");
        for (secret, encoded) in &secrets {
            assert!(!said.contains(secret) && !said.contains(encoded.as_str()), "{said}");
        }
    }
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    let path = elsewhere.path().to_str().unwrap();
    fs::write(path, json!({"auths": {}}).to_string()).unwrap();
    let (who, said) = asks(|at| json!({"auths": auth(at)}), &[("REGISTRY_AUTH_FILE", path)]);
    assert_eq!(who, None, "{said}");
    let broken = [("DOCKER_AUTH_CONFIG", "{\"auths\": \"file-secret\"}")];
    let (who, said) = asks(|at| json!({"auths": auth(at)}), &broken);
    assert_eq!(who.as_deref(), Some("file:file-secret"), "{said}");
    assert!(said.contains("DOCKER_AUTH_CONFIG") && !said.contains("file-secret"), "{said}");
    let (_, said) = asks(|_| json!({"credsStore": "missing"}), &[]);
    assert!(said.contains("docker-credential-missing"), "{said}");
}
