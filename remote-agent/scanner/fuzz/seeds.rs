//! Writes what fuzzing starts from: for each target a folder with small,
//! sound inputs. `seeds FOLDER`. It stands alone: the scanner carries
//! instruments that only targets can be linked with.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).expect("usage: seeds FOLDER");
    let put = |target: &str, name: &str, content: &[u8]| {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), content)
    };
    let header = header();
    put("rpm", "sqlite", &sqlite(&header))?;
    put("rpm", "ndb", &ndb(&header))?;
    put("rpm", "berkeley", &berkeley(&header))?;
    for (at, (path, content)) in FILES.iter().enumerate() {
        let input = format!("{path}\n{content}");
        put("file", &format!("{at}"), input.as_bytes())?;
        put("layer", &format!("{at}"), &tar(path, content.as_bytes()))?;
    }
    for (at, text) in VERSIONS.iter().enumerate() {
        put("version", &format!("{at}"), text.as_bytes())?;
    }
    for (at, text) in DOCUMENTS.iter().enumerate() {
        put("document", &format!("{at}"), text.as_bytes())?;
    }
    for (at, text) in FEEDS.iter().enumerate() {
        put("feed", &format!("{at}"), text.as_bytes())?;
    }
    for (name, path, content) in binaries() {
        put("file", name, &[path.as_bytes(), b"\n", &content].concat())?;
    }
    for (at, text) in SIGNATURES.iter().enumerate() {
        put("signature", &format!("{at}"), text.as_bytes())?;
    }
    for (at, text) in LISTS.iter().enumerate() {
        put("list", &format!("{at}"), text.as_bytes())?;
    }
    put("database", "magic", b"\0\0PLSDVDB3")?;
    put("database", "size", b"\x08\0\xff\xff\xff\xff")
}

/// Path and content of files that tell something, or hold a secret. The secrets
/// are made up.
const FILES: [(&str, &str); 31] = [
    ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
    ("etc/redhat-release", "Red Hat Enterprise Linux release 8.9 (Ootpa)\n"),
    (
        "var/lib/dpkg/status",
        "Package: a\nStatus: install ok installed\nSource: b (1)\nVersion: 1+b1\n\n",
    ),
    ("var/lib/dpkg/status.d/a", "Package: a\nVersion: 1\nArchitecture: all\n"),
    ("var/lib/dpkg/status.d/a.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\n"),
    ("var/lib/dpkg/info/a.list", "/.\n/usr\n/usr/bin\n/usr/bin/a\n"),
    ("lib/apk/db/installed", "C:Q1\nP:a\nV:1-r0\nA:x86_64\no:b\nF:bin\nR:a\n\n"),
    (
        "root/buildinfo/content_manifests/a.json",
        "{\"content_sets\":[\"rhel-8-for-x86_64-baseos-rpms\"]}",
    ),
    (
        "usr/share/bottlerocket/application-inventory.json",
        "{\"Content\":[{\"Name\":\"a\",\"Version\":\"1\"}]}",
    ),
    ("app/package.json", "{\"name\":\"a\",\"version\":\"1.0.0\"}"),
    (
        "app/package-lock.json",
        "{\"lockfileVersion\":3,\"packages\":{\"node_modules/a\":{\"version\":\"1.0.0\"}}}",
    ),
    ("app/Cargo.lock", "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n"),
    (
        "usr/lib/python3/dist-packages/a-1.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: a\nVersion: 1\n",
    ),
    ("app/composer.lock", "{\"packages\":[{\"name\":\"a/b\",\"version\":\"v1.0.0\"}]}"),
    (
        "app/a.deps.json",
        "{\"runtimeTarget\":{\"name\":\"n\"},\"libraries\":{\"a/1.0.0\":{\"type\":\"package\"}}}",
    ),
    ("app/Gemfile.lock", "GEM\n  remote: r\n  specs:\n    a (1.0.0)\n"),
    (
        "app/pnpm-lock.yaml",
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        version: 1.0.0\npackages:\n  a@1.0.0:\n    resolution: {integrity: x}\n",
    ),
    ("app/yarn.lock", "# yarn lockfile v1\n\na@^1.0.0:\n  version \"1.0.0\"\n"),
    ("app/poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1.0\"\n"),
    (
        "app/pom.xml",
        "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>",
    ),
    ("app/go.mod", "module m\n\nrequire a.example/b v1.0.0\n"),
    ("app/.env", "API_KEY=Zq8xV3nT6mB1cK5rY9wL2pD7sF4hJ0gA\n"),
    ("root/.netrc", "machine r.io login me password Zq8xV3nT6mB1\n"),
    ("root/.docker/config.json", "{\"auths\":{\"r.io\":{\"auth\":\"Zq8xV3nT6mB1cK5rY9wL2pD7\"}}}"),
    ("app/settings.yml", "url: postgres://shop:Zq8xV3nT6mB1@db/shop\npassword: Zq8xV3nT6mB1\n"),
    ("srv/secret.yaml", "kind: Secret\nstringData:\n  token: Zq8xV3nT6mB1cK5rY9wL2pD7\n"),
    ("usr/share/rocks/dpkg.query", "# os-release\nID=ubuntu\n# dpkg-query\nii ,a:amd64,1+b1,b,1\n"),
    ("root/R/4.2/a/DESCRIPTION", "Package: a\nVersion: 1.0\nBuilt: R 4.2.2; ; 2023-01-20; unix\n"),
    (
        "app/pdm.lock",
        "[[package]]\nname = \"a\"\nversion = \"1.0\"\ngroups = [\"default\", \"tls\"]\n",
    ),
    (
        "app/pylock.toml",
        "default-groups = [\"default\"]\n[[packages]]\nname = \"a\"\nversion = \"1.0\"\nmarker = \"'default' in dependency_groups\"\n",
    ),
    ("srv/app.spdx.json", "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[]}"),
];

/// Files that are no text: a name, a path, the content.
fn binaries() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let properties = b"groupId=g\nartifactId=a\nversion=1.0\n";
    let inner = zip("META-INF/maven/g/a/pom.properties", properties);
    let manifest = b"Manifest-Version: 1.0\nImplementation-Title: a\nImplementation-Version: 1.0\n";
    let metadata = b"Metadata-Version: 2.1\nName: a\nVersion: 1\n";
    let package = b"{\"kind\":\"package\",\"name\":\"a\",\"version\":\"1\",\"arch\":\"amd64\"}\n";
    vec![
        ("jar", "app/a.jar", inner.clone()),
        ("jar-in-jar", "app/b.war", zip("WEB-INF/lib/a-1.0.jar", &inner)),
        ("jar-manifest", "app/c.jar", zip("META-INF/MANIFEST.MF", manifest)),
        ("go", "app/go", program(&go_info())),
        (
            "go-old",
            "app/go-old",
            program(b"\xff Go buildinf:\x08\0\0\x04\0\0\0\0\0\0\x10\x04\0\0\0\0\0\0go1.15"),
        ),
        (
            "rust",
            "app/rust",
            program(b"\x78\x01\x01\x1d\0\xe2\xff{\"packages\":[{\"name\":\"a\"}]}"),
        ),
        ("bundle", "app/dotnet", program(&bundle())),
        (
            "pyz",
            "app/a.pyz",
            [b"#!python\n".as_slice(), &zip("a-1.dist-info/METADATA", metadata)].concat(),
        ),
        ("chisel", "var/lib/chisel/manifest.wall", zstd(package)),
        ("words", "usr/sbin/nginx", program(b"\0nginx/1.21.6\0")),
        ("keys", "app/shop.p12", b"\x30\x82\x01\0\x02\x01\x03\x30".to_vec()),
    ]
}

/// A Java archive with one stored entry.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u32).to_le_bytes();
    let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend([size, size].concat());
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(name.as_bytes());
    bytes.extend(content);
    bytes.extend(b"PK\x01\x02");
    bytes
}

/// A program of 64 bit with one segment and one section, both all of it.
fn program(inside: &[u8]) -> Vec<u8> {
    let mut file = vec![0; 512];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[32] = 64;
    file[40] = 128;
    for (at, value) in [(54, 56), (56, 1), (58, 64), (60, 1)] {
        file[at] = value;
    }
    file[64] = 1;
    file[97] = 4;
    file[128 + 24..128 + 26].copy_from_slice(&512u16.to_le_bytes());
    file[128 + 32] = inside.len() as u8;
    file.extend(inside);
    file.resize(file.len().next_multiple_of(512), 0);
    file
}

/// What Go leaves behind since 1.18.
fn go_info() -> Vec<u8> {
    let list = b"0123456789abcdefpath\tm\nmod\tm\tv1.0.0\ndep\ta\tv1.2.3\th1:=\n0123456789abcdef";
    let mut info = b"\xff Go buildinf:\x08\x02".to_vec();
    info.resize(32, 0);
    info.extend(b"\x08go1.20.1");
    info.push(list.len() as u8);
    info.extend(list);
    info
}

/// What a program of .NET has in it that is one file, from its place 512 on: where the header is, the
/// mark, the list of libraries, the header.
fn bundle() -> Vec<u8> {
    let mark = b"\x8b\x12\x02\xb9\x6a\x61\x20\x38\x72\x7b\x93\x02\x14\xd7\xa0\x32\
        \x13\xf5\xb9\xe6\xef\xae\x33\x18\xee\x3b\x2d\xce\x24\xb3\x6a\xae";
    let list = b"{\n  \"runtimeTarget\": {\"name\":\"n\"},\"libraries\":{\"a/1.0.0\":{\"type\":\"package\"}}}";
    let place = 512 + 8 + mark.len();
    let mut bytes = ((place + list.len()) as u64).to_le_bytes().to_vec();
    bytes.extend([mark.as_slice(), list].concat());
    bytes.extend(b"\x06\0\0\0\0\0\0\0\x01\0\0\0\x01a");
    bytes.extend([place, list.len(), 0, 0, 0].iter().flat_map(|told| (*told as u64).to_le_bytes()));
    bytes
}

/// A frame of one block, which is not compressed, of up to 255 bytes.
fn zstd(content: &[u8]) -> Vec<u8> {
    let block = ((content.len() as u32) << 3 | 1).to_le_bytes();
    let head = b"\x28\xb5\x2f\xfd\x20";
    [head.as_slice(), &[content.len() as u8], &block[..3], content].concat()
}

/// Which kind, then the content: a bundle, a payload with annotations, roots.
const SIGNATURES: [&str; 4] = [
    "bundle\n{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":{\"certificate\":{\"rawBytes\":\"MAA=\"},\"tlogEntries\":[{\"logIndex\":\"1\",\"logId\":{\"keyId\":\"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"},\"integratedTime\":\"1700000000\",\"inclusionPromise\":{\"signedEntryTimestamp\":\"MAA=\"},\"canonicalizedBody\":\"e30=\"}]},\"dsseEnvelope\":{\"payloadType\":\"application/vnd.in-toto+json\",\"payload\":\"eyJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiMDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNyJ9fV19\",\"signatures\":[{\"sig\":\"MAA=\"}]}}",
    "payload\n{\"critical\":{\"identity\":{\"docker-reference\":\"r\"},\"image\":{\"docker-manifest-digest\":\"sha256:0707070707070707070707070707070707070707070707070707070707070707\"},\"type\":\"cosign container image signature\"}}\n\ndev.cosignproject.cosign/signature MAA=\0dev.sigstore.cosign/bundle {\"SignedEntryTimestamp\":\"MAA=\",\"Payload\":{\"body\":\"e30=\",\"integratedTime\":1,\"logIndex\":1,\"logID\":\"0707070707070707070707070707070707070707070707070707070707070707\"}}",
    "root\n{\"tlogs\":[{\"publicKey\":{\"rawBytes\":\"MAA=\"}}],\"certificateAuthorities\":[{\"certChain\":{\"certificates\":[{\"rawBytes\":\"MAA=\"}]}}],\"ctlogs\":[]}",
    "key\n\x30\x13\x06\x07",
];

const LISTS: [&str; 2] = [
    "# a list\n0707070707070707070707070707070707070707070707070707070707070707  Miner\n0707070707070707070707070707070707070707070707070707070707070708:68:Worm:73\n",
    "CVE-2024-1\nCVE-2024-2 exp:2025-06-01 # not reachable\n",
];

const VERSIONS: [&str; 6] = [
    "1:2.3-4+deb12u1\n1:2.3~rc1-1\n2",
    "1.2.3-rc.1+build\n1.2.3\n^1.2 || ~2.0",
    "1.0a1.dev2+local\n1!2.0.post1\n>=1.0,!=1.5",
    "1.0-alpha-1\n[1.0,2.0),(,0.5]\n1.0-SNAPSHOT",
    "vers:pypi/>=1.0|!=1.5|<2.0\n1.5\n1.9",
    "v1.2.3-0.20200101000000-abcdefabcdef\n1.2.3_alpha2-r1\n~> 2.2",
];

const DOCUMENTS: [&str; 6] = [
    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{\"type\":\"library\",\"name\":\"a\",\"version\":\"1\",\"purl\":\"pkg:npm/a@1\"}]}",
    "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{\"SPDXID\":\"SPDXRef-a\",\"name\":\"a\",\"versionInfo\":\"1\",\"externalRefs\":[{\"referenceType\":\"purl\",\"referenceLocator\":\"pkg:deb/debian/a@1?distro=debian-12\"}]}]}",
    "SPDXVersion: SPDX-2.3\nPackageName: a\nPackageVersion: 1\nExternalRef: PACKAGE-MANAGER purl pkg:pypi/a@1\n",
    "{\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\",\"@graph\":[{\"type\":\"software_Package\",\"name\":\"a\",\"software_packageUrl\":\"pkg:gem/a@1\"}]}",
    "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"statements\":[{\"vulnerability\":{\"name\":\"CVE-2024-1\"},\"products\":[{\"@id\":\"pkg:npm/a@1\"}],\"status\":\"not_affected\",\"justification\":\"component_not_present\"}]}",
    "{\"document\":{\"category\":\"csaf_vex\",\"csaf_version\":\"2.0\"},\"product_tree\":{},\"vulnerabilities\":[{\"cve\":\"CVE-2024-1\",\"product_status\":{\"known_not_affected\":[\"a\"]}}]}",
];

/// Kind and content of feeds.
const FEEDS: [&str; 7] = [
    "osv\n{\"id\":\"CVE-2024-1\",\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"a\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"2\"}]}]}]}",
    "debian\n{\"a\":{\"CVE-2024-1\":{\"description\":\"d\",\"releases\":{\"bookworm\":{\"status\":\"resolved\",\"fixed_version\":\"1-2\",\"urgency\":\"low\"}}}}}",
    "alpine\n{\"distroversion\":\"v3.18\",\"reponame\":\"main\",\"packages\":[{\"pkg\":{\"name\":\"a\",\"secfixes\":{\"1-r1\":[\"CVE-2024-1\"]}}}]}",
    "kev\n{\"vulnerabilities\":[{\"cveID\":\"CVE-2024-1\",\"dateAdded\":\"2024-01-01\"}]}",
    "kev\ncveID,dateAdded,shortDescription\nCVE-2024-1,2024-01-01,\"a, \"\"b\"\"\"\n",
    "arch\n[{\"name\":\"AVG-1\",\"packages\":[\"a\"],\"status\":\"Fixed\",\"fixed\":\"1-1\",\"issues\":[\"CVE-2024-1\"]}]",
    "fedora\n{\"alias\":\"FEDORA-1\",\"title\":\"CVE-2024-1\",\"type\":\"security\",\"status\":\"stable\",\"release\":{\"id_prefix\":\"FEDORA\",\"version\":\"41\"},\"builds\":[{\"nvr\":\"a-1-1.fc41\"}]}",
];

/// A header of a package with name, version, release, one file.
fn header() -> Vec<u8> {
    const INT32: u32 = 4;
    const STRING: u32 = 6;
    const STRING_ARRAY: u32 = 8;
    let data = b"\0\0\0\0bash\x005.1\x004.el9\0bash-5.1-4.el9.src.rpm\0bash\0/usr/bin/\0";
    let index: [[u32; 4]; 7] = [
        [1000, STRING, 4, 1],
        [1001, STRING, 9, 1],
        [1002, STRING, 13, 1],
        [1044, STRING, 19, 1],
        [1116, INT32, 0, 1],
        [1117, STRING_ARRAY, 42, 1],
        [1118, STRING_ARRAY, 47, 1],
    ];
    let mut header = Vec::new();
    header.extend((index.len() as u32).to_be_bytes());
    header.extend((data.len() as u32).to_be_bytes());
    header.extend(index.iter().flatten().flat_map(|number| number.to_be_bytes()));
    header.extend(data);
    header
}

/// Two pages of 512 bytes: the schema, then a leaf with one row.
fn sqlite(header: &[u8]) -> Vec<u8> {
    const PAGE: usize = 512;
    let mut file = vec![0; PAGE * 2];
    file[..16].copy_from_slice(b"SQLite format 3\0");
    file[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    let mut leaf = |page: usize, head: usize, row: &[u8]| {
        let length = row.len();
        let cell = [&[0x80 | (length >> 7) as u8, (length & 0x7f) as u8, 1][..], row].concat();
        let at = PAGE - cell.len();
        let page = &mut file[page * PAGE..(page + 1) * PAGE];
        page[head] = 13;
        page[head + 4] = 1;
        page[head + 8..head + 10].copy_from_slice(&(at as u16).to_be_bytes());
        page[at..].copy_from_slice(&cell);
    };
    // Types of texts and blobs: twice their length and 13 or 12.
    leaf(0, 100, b"\x06\x17\x1d\x1d\x01\x0dtablePackagesPackages\x02");
    let kind = header.len() * 2 + 12;
    let row = [&[4, 0, 0x80 | (kind >> 7) as u8, (kind & 0x7f) as u8][..], header].concat();
    leaf(1, 0, &row);
    file
}

/// One page of slots, then one blob.
fn ndb(header: &[u8]) -> Vec<u8> {
    const PAGE: usize = 4096;
    let blocks = (16 + header.len() + 12).div_ceil(16);
    let words = |numbers: &[usize]| -> Vec<u8> {
        numbers.iter().flat_map(|number| (*number as u32).to_le_bytes()).collect()
    };
    let mut file = [&b"RpmP"[..], &words(&[0, 1, 1, 2, 0, 0, 0])].concat();
    file.extend([&b"Slot"[..], &words(&[1, PAGE / 16, blocks])].concat());
    while file.len() < PAGE {
        file.extend([&b"Slot"[..], &words(&[0, 0, 0])].concat());
    }
    file.extend([&b"BlbS"[..], &words(&[1, 1, header.len()]), header].concat());
    file.resize(PAGE + blocks * 16, 0);
    file
}

/// A beginning, a page with one pair, and its overflow page.
fn berkeley(header: &[u8]) -> Vec<u8> {
    const PAGE: usize = 512;
    let mut file = vec![0; PAGE * 3];
    file[12..16].copy_from_slice(&0x0006_1561u32.to_le_bytes());
    file[20..24].copy_from_slice(&(PAGE as u32).to_le_bytes());
    file[25] = 8;
    let page = &mut file[PAGE..PAGE * 2];
    page[20] = 2;
    page[25] = 13;
    page[26..28].copy_from_slice(&507u16.to_le_bytes());
    page[28..30].copy_from_slice(&495u16.to_le_bytes());
    page[507..512].copy_from_slice(&[1, 1, 0, 0, 0]);
    page[495..503].copy_from_slice(&[3, 0, 0, 0, 2, 0, 0, 0]);
    page[503..507].copy_from_slice(&(header.len() as u32).to_le_bytes());
    let page = &mut file[PAGE * 2..];
    page[22..24].copy_from_slice(&(header.len() as u16).to_le_bytes());
    page[25] = 7;
    page[26..26 + header.len()].copy_from_slice(header);
    file
}

/// An archive with one file.
fn tar(path: &str, content: &[u8]) -> Vec<u8> {
    let mut head = [0u8; 512];
    head[..path.len()].copy_from_slice(path.as_bytes());
    head[100..108].copy_from_slice(b"0000644\0");
    head[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    head[148..156].fill(b' ');
    head[156] = b'0';
    head[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = head.to_vec();
    archive.extend(content);
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}
