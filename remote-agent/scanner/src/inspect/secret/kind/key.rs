//! Keys that sign and decrypt.

use super::{Kind, exact};

pub(super) const KINDS: &[Kind] = &[
    exact(
        "Private.Key",
        &["private key", "putty-user-key-file"],
        // Between the lines stand headers; in JSON, line ends are written out.
        r"-----BEGIN (?:(?:EC|PGP|DSA|RSA|OPENSSH|SSH2|ENCRYPTED) )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\r)*(?:[^-]{0,200}\n|(?:[A-Za-z-]{2,30}: [^\n]{0,200}\n\s*){1,5})?\s*[A-Za-z0-9+/=]{16}|PuTTY-User-Key-File-[23]: ",
        0.0,
    ),
    exact("XML.Signature.Private.Key", &["<rsakeyvalue>"], r"<RSAKeyValue>[\s\S]{0,4000}?<D>", 0.0),
    exact(
        "Kubernetes.Client.Key",
        &["client-key-data"],
        r"client-key-data:\s*([A-Za-z0-9+/]{100,}={0,2})",
        3.5,
    ),
    // As secrets of Kubernetes and variables hold keys: the beginning of each kind in base64.
    exact(
        "Private.Key",
        &["ls0tls1crudjti"],
        r"\b(LS0tLS1CRUdJTi(?:BQUklWQVRFIEtFWS|BSU0EgUFJJVkFURSBLRVkt|BFQyBQUklWQVRFIEtFWS|BEU0EgUFJJVkFURSBLRVkt|BPUEVOU1NIIFBSSVZBVEUgS0VZ|BFTkNSWVBURUQgUFJJVkFURSBLRVkt|BQR1AgUFJJVkFURSBLRVkg)[A-Za-z0-9+/]{60,}={0,2})",
        0.0,
    ),
    exact(
        "Age.Secret.Key",
        &["age-secret-key-1"],
        r"\b(AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})\b",
        3.0,
    ),
    exact(
        "Minisign.Secret.Key",
        &["minisign encrypted secret key"],
        r"minisign encrypted secret key\s*\n([A-Za-z0-9+/=]{100,})",
        3.0,
    ),
    exact("Ansible.Vault", &["$ansible_vault"], r"\$ANSIBLE_VAULT;[0-9.]+;AES256", 0.0),
    exact(
        "WireGuard.Private.Key",
        &["privatekey", "presharedkey"],
        r"(?m)^\s*(?:PrivateKey|PresharedKey)\s*=\s*([A-Za-z0-9+/]{43}=)\s*$",
        4.0,
    ),
];
