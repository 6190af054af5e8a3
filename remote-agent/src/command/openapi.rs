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
}
