//! `palisade-agent openapi`.

use std::process::ExitCode;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    println!("{}", palisade_controller::document().to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_document_is_that_of_the_program() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/cluster.json");
        let checked_in = std::fs::read_to_string(file).unwrap_or_default();
        let document = palisade_controller::document().to_pretty_json().unwrap() + "\n";
        assert!(checked_in == document, "openapi/cluster.json is old: run `make openapi`");
    }

    #[test]
    fn every_answer_is_described() {
        let document = palisade_controller::document().to_pretty_json().unwrap();
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let described = response["description"].as_str();
                    let described = described.is_some_and(|text| !text.is_empty());
                    assert!(described, "{method} {path} {status}");
                }
            }
        }
    }
}
