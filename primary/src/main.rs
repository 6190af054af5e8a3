//! The program `palisade-primary`.

use std::process::ExitCode;

fn main() -> ExitCode {
    palisade_primary::command::main()
}
