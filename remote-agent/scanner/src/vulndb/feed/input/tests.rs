use std::io::Write as _;

use super::super::tests::Kept;
use super::*;

/// A zip archive of stored and deflated members.
fn zip(members: &[(&str, &[u8], bool)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content, deflated) in members {
        let packed = if *deflated {
            let mut encoder =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        } else {
            content.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let position = archive.len() as u32;
        let method: u16 = if *deflated { 8 } else { 0 };
        let mut common = Vec::new();
        common.extend_from_slice(&[20, 0, 0, 0]);
        common.extend_from_slice(&method.to_le_bytes());
        common.extend_from_slice(&[0; 4]);
        common.extend_from_slice(&crc.sum().to_le_bytes());
        common.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        common.extend_from_slice(&(content.len() as u32).to_le_bytes());
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&common);
        archive.extend_from_slice(&[0; 2]);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(&packed);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&position.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (position, size) = (archive.len() as u32, directory.len() as u32);
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    let count = (members.len() as u16).to_le_bytes();
    archive.extend_from_slice(&[count, count].concat());
    archive.extend_from_slice(&size.to_le_bytes());
    archive.extend_from_slice(&position.to_le_bytes());
    archive.extend_from_slice(&[0; 2]);
    archive
}

/// The records of a file, with their places.
fn records(path: &Path, shape: Shape) -> (Vec<String>, Kept) {
    let mut kept = Kept::default();
    let mut records = Vec::new();
    read(path, shape, &mut kept, &mut |_, place, piece| match piece {
        Piece::Record(bytes) => records.push(format!("{place} {}", String::from_utf8_lossy(bytes))),
        Piece::Member(name, value) => records.push(format!("{place} {name}={}", value.get())),
        Piece::Begin | Piece::End => {}
    })
    .unwrap();
    (records, kept)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn every_packing_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"{\"id\":1}".as_slice();
    let bzip2 = {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    // By xz, of which nothing here writes.
    let xz = hex::decode(
        "fd377a585a000004e6d6b4460200210116000000742fe5a30100077b226964223a317d0084d4ca32\
         8efac5f700012008bb19d9bb1fb6f37d010000000004595a",
    )
    .unwrap();
    for (name, content, place) in [
        ("a.json", text.to_vec(), "a.json"),
        ("a.json.xz", xz, "a.json"),
        ("a.json.gz", gzip(text), "a.json"),
        ("a.json.zst", zstd::encode_all(text, 1).unwrap(), "a.json"),
        ("a.json.bz2", bzip2, "a.json"),
        ("a.zip", zip(&[("b/a.json", text, true), ("x.txt", b"x", false)]), "b/a.json"),
        ("b.zip", zip(&[("a.json", text, false)]), "a.json"),
        ("c.zip", zip(&[("a.json.gz", &gzip(text), false)]), "a.json"),
        ("a.tar", tar(&[("a.json", text), ("x.txt", b"x")]), "a.json"),
        ("a.tar.gz", gzip(&tar(&[("a.json", text)])), "a.json"),
        ("a.tgz", gzip(&tar(&[("a.json", text)])), "a.json"),
        ("a.tzst", zstd::encode_all(tar(&[("a.json", text)]).as_slice(), 1).unwrap(), "a.json"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let (records, kept) = records(&path, Shape::Records);
        assert_eq!(records, [format!("{place} {{\"id\":1}}")], "{name}");
        assert!(kept.malformed.is_empty(), "{name}");
    }
    // A folder holds them all, in order, whatever they are packed in.
    let (all, _) = records(folder.path(), Shape::Records);
    assert_eq!(all.len(), 12);
}

#[test]
fn shapes_of_documents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let arrays = Shape::Arrays(&["list"]);
    for (text, shape, expected) in [
        ("{\"a\":1}", Shape::Records, vec!["{\"a\":1}"]),
        (" \n[1, {\"a\":2}]", Shape::Records, vec!["1", "{\"a\":2}"]),
        ("{\"n\":1,\"list\":[{},2],\"m\":[3]}", arrays, vec!["n=1", "{}", "2", "m=[3]"]),
        ("{\"list\":null}", arrays, vec![]),
        ("[4]", arrays, vec!["4"]),
        ("{\"a\":{\"b\":1},\"c\":2}", Shape::Members, vec!["a={\"b\":1}", "c=2"]),
        ("\u{feff}{}", Shape::Records, vec!["{}"]),
        // Lines, whatever the name is.
        ("{\"a\":1}\n\n{\"a\":2}\n", Shape::Records, vec!["{\"a\":1}", "{\"a\":2}"]),
        // What is empty is an object with some.
        ("{\"list\":{}}", arrays, vec![]),
    ] {
        fs::write(&path, text).unwrap();
        let (records, kept) = records(&path, shape);
        let expected: Vec<String> = expected.iter().map(|line| format!("a.json {line}")).collect();
        assert_eq!(records, expected, "{text}");
        assert!(kept.malformed.is_empty(), "{text}: {:?}", kept.malformed);
    }
}

#[test]
fn what_is_malformed_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    fs::write(&path, "{\"a\":1}\n\nnonsense\n{\"a\":2} x\n[5]\n").unwrap();
    let (read, kept) = records(&path, Shape::Records);
    assert_eq!(read, ["a.jsonl:1 {\"a\":1}", "a.jsonl:4 {\"a\":2}", "a.jsonl:5 5"]);
    let places: Vec<_> = kept.malformed.iter().map(|told| &told[..9]).collect();
    assert_eq!(places, ["a.jsonl:3", "a.jsonl:4"]);
    let path = folder.path().join("b.json");
    for text in [
        "",
        "{\"list\":7}",
        "{\"list\":{\"a\":1}}",
        "7",
        "{\"list\":[1,",
        "[[[",
        &"[".repeat(1 << 20),
    ] {
        fs::write(&path, text).unwrap();
        let (_, kept) = records(&path, Shape::Arrays(&["list"]));
        assert_eq!(kept.malformed.len(), 1, "{:.20} {:?}", text, kept.malformed);
    }
}

/// What stands behind an error cannot be read, unless each line is a document.
#[test]
fn what_follows_an_error_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, cut) in [
        ("a.json", "[{\"a\":1},{\"a\":2}<html>busy</html>", true),
        ("a.json", "[{\"a\":1},{\"a\":", true),
        ("a.json", "{\"a\":1}\nnonsense\n{\"a\":2}\n", true),
        ("a.json", "nonsense", false),
        ("a.jsonl", "{\"a\":1}\nnonsense\n{\"a\":2}\n", false),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let (_, kept) = records(&path, Shape::Records);
        assert_eq!((kept.malformed.len(), kept.cut), (1, cut), "{text}");
    }
}

#[test]
fn damaged_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = zip(&[("a.json", b"{\"id\":1}", false)]);
    let mut flipped = whole.clone();
    flipped[30 + 6 + 1] ^= 1;
    let packed = gzip(&vec![b'1'; 100_000]);
    for (name, content) in [
        ("a.zip", b"no archive".to_vec()),
        ("b.zip", whole[..whole.len() - 30].to_vec()),
        ("c.zip", flipped),
        ("d.json.gz", packed[..packed.len() / 2].to_vec()),
        ("e.json.zst", b"nonsense".to_vec()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let mut kept = Kept::default();
        let result = read(&path, Shape::Records, &mut kept, &mut |_, _, _| {});
        assert!(result.is_err() || !kept.malformed.is_empty(), "{name}");
    }
}

/// As of a vulnerability that is in most products of a vendor.
#[test]
fn a_record_may_be_large() {
    let text = std::io::repeat(b'x').take(80 << 20);
    let text = b"{\"a\":\"".chain(text).chain(&b"\"}"[..]);
    let budget = Budget::new(RECORD_BYTES);
    let mut reader = BufReader::new(Hashed::new(text, budget.clone()));
    let mut content = Document { name: "a.json", reader: &mut reader, budget };
    let mut kept = Kept::default();
    let mut size = 0;
    json::document(&mut content, Shape::Records, &mut kept, &mut |_, _, piece| {
        if let Piece::Record(bytes) = piece {
            size = bytes.len();
        }
    })
    .unwrap();
    assert_eq!((size, kept.malformed), ((80 << 20) + 8, Vec::new()));
}

#[test]
fn a_record_is_bounded() {
    let record = |bytes: usize| format!("\"{}\"", "a".repeat(bytes));
    let text = format!("[{},{},{},{}]", record(900), record(900), record(2000), record(1));
    let budget = Budget::new(1000);
    let hashed = Hashed::new(text.as_bytes(), budget.clone());
    let mut reader = BufReader::with_capacity(16, hashed);
    let mut content = Document { name: "a.json", reader: &mut reader, budget };
    let mut kept = Kept::default();
    let mut records = 0;
    json::document(&mut content, Shape::Records, &mut kept, &mut |_, _, piece| {
        records += u32::from(matches!(piece, Piece::Record(_)));
    })
    .unwrap();
    assert_eq!(records, 2);
    assert!(kept.malformed[0].contains("more than 1000 bytes"), "{:?}", kept.malformed);
}

#[test]
fn xml_is_bounded_and_no_entity_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xml");
    let parse = |text: &str| -> Result<Vec<String>, String> {
        fs::write(&path, text).unwrap();
        let mut found = Ok(Vec::new());
        one_file(&path, is_xml, &mut Kept::default(), &mut |_, document| {
            let mut xml = Xml::new(document);
            found = (|| {
                let mut all = Vec::new();
                while let Some(element) = xml.next(&["r"])? {
                    all.push(format!("{}|{}", element.attribute("k"), element.text()));
                }
                Ok(all)
            })()
            .map_err(|error: XmlError| error.to_string());
            Ok(())
        })
        .unwrap();
        found
    };
    assert_eq!(
        parse(
            "<a><n:r k='1&amp;2'>x &lt; &#65;<![CDATA[<b>]]></n:r><r/><s><r k='3'> y </r></s></a>"
        ),
        Ok(vec!["1&2|x < A<b>".to_owned(), "|".to_owned(), "3|y".to_owned()])
    );
    let entity = "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a><r>&e;</r></a>";
    assert_eq!(parse(entity), Ok(vec!["|".to_owned()]));
    assert!(parse(&format!("<r>{}", "<a>".repeat(1000))).is_err());
    assert!(parse("<r><a></b></r>").is_err());
    assert!(parse("<r>").is_err());
}
