//! The program `palisade-agent`.

use std::process::ExitCode;

fn main() -> ExitCode {
    palisade_agent::command::main()
}
