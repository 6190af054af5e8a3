//! A client of the REST API that tests read easily.

use anyhow::{Context, Result, ensure};
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// One server, with the session of one user when logged in.
#[derive(Clone, Debug)]
pub struct Rest {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    headers: HeaderMap,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The call, for messages.
    call: String,
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The JSON of a success; null for an empty body.
    pub fn ok(self) -> Result<Value> {
        ensure!(self.status == StatusCode::OK, "{}: {} {}", self.call, self.status, self.text);
        if self.text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&self.text).with_context(|| format!("{}: {}", self.call, self.text))
    }

    /// The numeric code of an error body.
    pub fn code(&self) -> Option<u64> {
        serde_json::from_str::<Value>(&self.text).ok()?.get("code")?.as_u64()
    }

    /// Fails unless it is an error of this status and numeric code in the
    /// usual shape.
    pub fn expect(&self, status: u16, code: u64) -> Result<()> {
        ensure!(
            self.status.as_u16() == status && self.code() == Some(code),
            "{}: expected {status} code {code}, got {} {}",
            self.call,
            self.status,
            self.text
        );
        let body: Value = serde_json::from_str(&self.text)?;
        for key in ["error", "message"] {
            ensure!(body[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {body}");
        }
        Ok(())
    }
}

impl Rest {
    /// A client that trusts any certificate, as the clients of this API do.
    pub fn new(base: &str) -> Result<Self> {
        crate::install_tls_provider();
        let http = reqwest::Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .timeout(std::time::Duration::from_mins(1))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, base: base.to_owned(), token: None, headers: HeaderMap::new() })
    }

    /// Logs in; later calls carry the session.
    pub async fn login(&mut self, user: &str, password: &str) -> Result<Value> {
        let body = json!({ "password": { "username": user, "password": password } });
        let answer = self.post("/v1/auth", &body).await?.ok()?;
        let token = answer["token"]["token"].as_str().context("a login without a token")?;
        self.token = Some(token.to_owned());
        Ok(answer)
    }

    /// The token of the session.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The same server with another token, or none.
    #[must_use]
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(Into::into), ..self.clone() }
    }

    /// The same server with a header more on each call.
    pub fn with_header(&self, name: &str, value: &str) -> Result<Self> {
        let mut other = self.clone();
        other.headers.append(HeaderName::from_bytes(name.as_bytes())?, value.parse()?);
        Ok(other)
    }

    /// Any call; the body is sent as it is.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Result<Answer> {
        self.send_with(method, path, &[], body).await
    }

    /// Any call with further headers.
    pub async fn send_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Answer> {
        self.send_bytes(method, path, headers, body.map(String::into_bytes)).await
    }

    /// Any call with further headers and a body that need not be text.
    pub async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Answer> {
        let call = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.headers(self.headers.clone());
        if let Some(token) = &self.token {
            request = request.header("X-Auth-Token", token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.with_context(|| call.clone())?;
        let headers = answer.headers().clone();
        let status = answer.status();
        let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            // It has no end: its head is the answer.
            return Ok(Answer { call, status, headers, text: String::new() });
        }
        let bytes = answer.bytes().await?;
        let packed = headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip");
        let text = if packed {
            std::io::read_to_string(flate2::read::GzDecoder::new(&*bytes))?
        } else {
            // What is no text is for `download`.
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Answer { call, status, headers, text })
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    /// GET of what is no text: the kind of the answer, and its bytes.
    pub async fn download(&self, path: &str) -> Result<(String, Vec<u8>)> {
        let mut request = self.http.get(format!("{}{path}", self.base));
        request = request.headers(self.headers.clone());
        if let Some(token) = &self.token {
            request = request.header("X-Auth-Token", token);
        }
        let answer = request.send().await.with_context(|| format!("GET {path}"))?;
        ensure!(answer.status() == StatusCode::OK, "GET {path}: {}", answer.status());
        let kind = answer.headers().get("content-type").context("no content type")?;
        let kind = kind.to_str()?.to_owned();
        Ok((kind, answer.bytes().await?.to_vec()))
    }

    /// The sum of a metric over its labels; zero while it was never set.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let text = self.get("/metrics").await?.text;
        let of = |line: &str| {
            let (named, value) = line.rsplit_once(' ')?;
            let rest = named.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('{')).then(|| value.parse::<f64>().ok())?
        };
        Ok(text.lines().filter_map(of).sum())
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, path, None).await
    }
}
