//! The file that a whole configuration goes out as and comes in from: lines, packed with
//! gzip. The first says what the file is; then a key and its value, which is JSON, take
//! turns. Clients keep it as it is.

use std::io::{self, Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::{Response, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

use super::attachment::PART;

/// Bytes at most of a file as it is sent.
pub const MOST_PACKED_BYTES: usize = 8 << 20;
/// Bytes at most of its lines.
pub const MOST_BYTES: usize = 32 << 20;

/// Who writes such files.
const PRODUCT: &str = "palisade";
/// How a file that is packed begins.
const GZIP: &[u8] = b"\x1f\x8b";

/// A part of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What is allowed and what is not.
    Policy,
    /// Settings.
    Config,
    /// Who may do what.
    User,
}

impl Section {
    /// Every section.
    pub const ALL: [Self; 3] = [Self::Policy, Self::Config, Self::User];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Config => "config",
            Self::User => "user",
        }
    }

    /// Those that a query asks for; all where it names none. Else the word that is
    /// none.
    pub fn asked_for(query: Option<&str>) -> Result<Vec<Self>, String> {
        let words = query.unwrap_or_default().split(',').map(str::trim);
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        if words.is_empty() || words.contains(&"all") {
            return Ok(Self::ALL.to_vec());
        }
        let known = |word: &&str| {
            let known = Self::ALL.into_iter().find(|section| section.as_str() == *word);
            known.ok_or_else(|| word.chars().take(64).collect::<String>())
        };
        words.iter().map(known).collect()
    }
}

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    product: String,
    version: String,
    created_at: String,
    sections: Vec<String>,
    exported_from_role: String,
}

/// A configuration in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigurationFile {
    /// The version of the program that wrote it.
    pub version: String,
    /// When it was written, RFC 3339.
    pub created_at: String,
    /// Its sections.
    pub sections: Vec<Section>,
    /// The role in the federation of whoever wrote it.
    pub role: String,
    /// Keys and values, in the order in which they are put in force.
    pub entries: Vec<(String, Value)>,
}

/// A file that is no configuration.
#[derive(Debug, Error)]
pub enum ConfigurationFileError {
    /// It cannot be unpacked.
    #[error("The file cannot be unpacked: {0}.")]
    Packed(io::Error),
    /// It is too large.
    #[error("The file has more than {MOST_BYTES} bytes when it is unpacked.")]
    TooLarge,
    /// Its first line is none of ours.
    #[error("The file is no configuration that Palisade exported.")]
    Foreign,
    /// A line is not as it should be.
    #[error("Line {0} of the file is not as it should be.")]
    Line(usize),
}

impl ConfigurationFile {
    /// The value of a key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The bytes of the file.
    pub fn packed(&self) -> io::Result<Vec<u8>> {
        let header = Header {
            product: PRODUCT.to_owned(),
            version: self.version.clone(),
            created_at: self.created_at.clone(),
            sections: self.sections.iter().map(|one| one.as_str().to_owned()).collect(),
            exported_from_role: self.role.clone(),
        };
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        serde_json::to_writer(&mut packed, &header)?;
        for (key, value) in &self.entries {
            write!(packed, "\n{key}\n")?;
            serde_json::to_writer(&mut packed, value)?;
        }
        packed.write_all(b"\n")?;
        packed.finish()
    }

    /// The answer that holds the file: a form with one part, or the file alone.
    pub fn answer(&self, raw: bool) -> io::Result<Response<Bytes>> {
        let packed = self.packed()?;
        if raw {
            return Response::builder()
                .header(header::CONTENT_TYPE, "application/gzip")
                .body(packed.into())
                .map_err(io::Error::other);
        }
        let digits: String =
            self.created_at.chars().filter(char::is_ascii_digit).take(14).collect();
        let boundary = Uuid::new_v4().simple().to_string();
        let mut form = format!(
            "--{boundary}\r\n\
             Content-Disposition: form-data; name=\"{PART}\"; filename=\"NV{digits}.conf.gz\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        form.extend(packed);
        form.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
        Response::builder()
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
            .body(form.into())
            .map_err(io::Error::other)
    }

    /// Reads a file, packed or not.
    pub fn read(file: &[u8]) -> Result<Self, ConfigurationFileError> {
        let mut unpacked = Vec::new();
        if file.starts_with(GZIP) {
            let most = MOST_BYTES as u64 + 1;
            let read = GzDecoder::new(file).take(most).read_to_end(&mut unpacked);
            read.map_err(ConfigurationFileError::Packed)?;
        } else {
            unpacked.extend_from_slice(file);
        }
        if unpacked.len() > MOST_BYTES {
            return Err(ConfigurationFileError::TooLarge);
        }
        let mut lines = unpacked.split(|byte| *byte == b'\n').enumerate();
        let (_, first) = lines.next().ok_or(ConfigurationFileError::Foreign)?;
        let header: Header =
            serde_json::from_slice(first).map_err(|_| ConfigurationFileError::Foreign)?;
        if header.product != PRODUCT {
            return Err(ConfigurationFileError::Foreign);
        }
        let mut entries = Vec::new();
        while let Some((number, key)) = lines.next().filter(|(_, key)| !key.is_empty()) {
            let wrong = || ConfigurationFileError::Line(number + 1);
            let key = std::str::from_utf8(key).map_err(|_| wrong())?;
            let (number, value) = lines.next().ok_or_else(wrong)?;
            let value = serde_json::from_slice(value);
            let value = value.map_err(|_| ConfigurationFileError::Line(number + 1))?;
            entries.push((key.to_owned(), value));
        }
        let known = |name: &String| Section::ALL.into_iter().find(|one| one.as_str() == name);
        Ok(Self {
            version: header.version,
            created_at: header.created_at,
            sections: header.sections.iter().filter_map(known).collect(),
            role: header.exported_from_role,
            entries,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file() -> ConfigurationFile {
        ConfigurationFile {
            version: "1.2.3".to_owned(),
            created_at: "2026-11-28T10:50:41Z".to_owned(),
            sections: vec![Section::Policy, Section::User],
            role: "master".to_owned(),
            entries: vec![
                ("policy/federation".to_owned(), json!("apiVersion: v1\nkind: List\nitems: []\n")),
                ("user/role/auditor".to_owned(), json!({ "name": "auditor", "comment": "ä\n" })),
            ],
        }
    }

    #[test]
    fn a_file_is_read_as_it_was_written_packed_or_not() {
        let packed = file().packed().unwrap();
        assert_eq!(ConfigurationFile::read(&packed).unwrap(), file());
        let mut plain = Vec::new();
        GzDecoder::new(&packed[..]).read_to_end(&mut plain).unwrap();
        assert_eq!(ConfigurationFile::read(&plain).unwrap(), file());
        assert_eq!(file().value("user/role/auditor").unwrap()["name"], "auditor");
    }

    #[test]
    fn an_answer_is_a_form_or_the_file_alone() {
        let raw = file().answer(true).unwrap();
        assert_eq!(ConfigurationFile::read(raw.body()).unwrap(), file());
        let form = file().answer(false).unwrap();
        let kind = form.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert!(kind.starts_with("multipart/form-data; boundary="), "{kind}");
        let head = String::from_utf8_lossy(&form.body()[..200]).into_owned();
        assert!(head.contains("name=\"configuration\"; filename=\"NV20261128105041.conf.gz\""));
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let header = r#"{"product":"palisade","version":"","created_at":"","sections":[],"exported_from_role":""}"#;
        for (text, told) in [
            (String::new(), "no configuration"),
            ("{}\n".to_owned(), "no configuration"),
            (header.replace("palisade", "other"), "no configuration"),
            (format!("{header}\nkey"), "Line 2"),
            (format!("{header}\nkey\n{{"), "Line 3"),
            ("\u{1f}\u{8b}".to_owned(), "no configuration"),
        ] {
            let error = ConfigurationFile::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(told), "{text:?}: {error}");
        }
        let broken = ConfigurationFile::read(b"\x1f\x8b\x08nonsense").unwrap_err();
        assert!(matches!(broken, ConfigurationFileError::Packed(_)), "{broken}");
        assert!(ConfigurationFile::read(header.as_bytes()).unwrap().entries.is_empty());
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        let block = vec![b'x'; 1 << 20];
        for _ in 0..=MOST_BYTES >> 20 {
            packed.write_all(&block).unwrap();
        }
        let error = ConfigurationFile::read(&packed.finish().unwrap()).unwrap_err();
        assert!(matches!(error, ConfigurationFileError::TooLarge), "{error}");
    }

    #[test]
    fn sections_are_asked_for_by_their_words() {
        for (query, expected) in [
            (None, Ok(Section::ALL.to_vec())),
            (Some(""), Ok(Section::ALL.to_vec())),
            (Some("user,all"), Ok(Section::ALL.to_vec())),
            (Some("policy, config"), Ok(vec![Section::Policy, Section::Config])),
            (Some("policy,other"), Err("other".to_owned())),
        ] {
            assert_eq!(Section::asked_for(query), expected, "{query:?}");
        }
    }
}
