//! What the makers of the formats, and others who read them, say of the documents.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::Place;

/// Models of the formats that refuse what breaks them.
const PACKAGES: [&str; 4] = [
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "pydantic-sarif==0.1.1",
    "spdx-python-model==0.0.6",
    "spdx-tools==0.8.5",
];

const SCRIPT: &str = r"
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif
from spdx_python_model import v3_0_1
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

def text(name):
    with open(name, encoding='utf-8') as file:
        return file.read()

def refused():
    yield 'cyclonedx', JsonStrictValidator(SchemaVersion.V1_6).validate_str(text('a.cdx'))
    Sarif.model_validate_json(text('a.sarif'))
    for name in ('a.spdx.json', 'a.spdx'):
        for one in validate_full_spdx_document(parse_file(name)):
            yield name, one.validation_message
    with open('a.spdx3.json', 'rb') as file:
        objects = v3_0_1.SHACLObjectSet()
        v3_0_1.JSONLDDeserializer().read(file, objects)
    if not list(objects.foreach_type('software_Package')):
        yield 'spdx3', 'no package'

wrong = [(name, reason) for name, reason in refused() if reason]
for name, reason in wrong:
    print(name, str(reason)[:500], file=sys.stderr)
sys.exit(1 if wrong else 0)
";

/// The Python that has the models, installed once. None where they cannot be had.
fn python() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("validators");
    fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let (venv, done) = (home.join("venv"), home.join("done"));
    let python = venv.join("bin/python");
    if !done.exists() {
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&venv);
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--no-input"]).args(PACKAGES);
        for command in [&mut make, &mut install] {
            let output = command.output().ok()?;
            if !output.status.success() {
                println!("{}", String::from_utf8_lossy(&output.stderr));
                return None;
            }
        }
        fs::write(&done, "").unwrap();
    }
    Some(python)
}

#[test]
fn documents_are_what_their_formats_ask_for() {
    let Some(python) = python() else {
        println!("skipped: the models of the formats cannot be installed");
        return;
    };
    let place = Place::new();
    let forms = "cyclonedx=a.cdx,sarif=a.sarif,spdx=a.spdx.json,spdx-tag=a.spdx,spdx3=a.spdx3.json";
    place.done(&["image", "--base-image", "base", "--format", forms]);
    let output =
        Command::new(python).args(["-c", SCRIPT]).current_dir(place.folder()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
