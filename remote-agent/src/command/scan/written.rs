//! Where the forms of the result go.

use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use palisade_scanner::Report;
use palisade_scanner::report::output::TableStyle;

use super::args::{Form, ScanArgs};

/// The narrowest table.
const NARROW: usize = 80;

/// Forms with their files; at most one without.
#[derive(Debug)]
pub(super) struct Forms(Vec<Form>);

impl Forms {
    /// Gives the files of `--output` to the forms without one, in turn.
    pub(super) fn new(args: &ScanArgs) -> Result<Self> {
        Self::paired(args.format.clone(), &args.output)
    }

    fn paired(mut forms: Vec<Form>, files: &[PathBuf]) -> Result<Self> {
        let mut files = files.iter();
        for form in forms.iter_mut().filter(|form| form.file.is_none()) {
            form.file = files.next().cloned();
        }
        if let Some(file) = files.next() {
            bail!("--output {}: there is no --format for it", file.display());
        }
        if forms.iter().filter(|form| form.file.is_none()).count() > 1 {
            bail!("only one format can go to standard output: give the others an --output");
        }
        for (at, form) in forms.iter().enumerate() {
            let earlier = forms.iter().take(at);
            if let Some(file) = &form.file
                && earlier.clone().any(|other| other.file.as_ref() == Some(file))
            {
                bail!("two formats go to {}", file.display());
            }
        }
        Ok(Self(forms))
    }

    pub(super) fn write(&self, report: &Report, target: &str, layers: bool) -> Result<()> {
        for Form { format, file } in &self.0 {
            let style = match file {
                Some(_) => TableStyle { layers, ..TableStyle::default() },
                None => terminal(layers),
            };
            let write = |out: &mut dyn Write| report.write(*format, target, style, out);
            if let Some(file) = file {
                put(file, write).with_context(|| format!("cannot write {}", file.display()))?;
            } else {
                standard_output(write).context("cannot write to standard output")?;
            }
        }
        Ok(())
    }
}

/// Writes to standard output, past the library's handle: that takes what was never written,
/// because nothing can be written there, for written. Who reads may stop when it has enough.
fn standard_output(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(fs::File::from(io::stdout().as_fd().try_clone_to_owned()?));
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// How a table looks on standard output: as wide as it gets where the output
/// goes to another program.
fn terminal(layers: bool) -> TableStyle {
    let is_terminal = std::io::stdout().is_terminal();
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    TableStyle {
        width: is_terminal.then(|| columns.unwrap_or(NARROW).max(NARROW)),
        // https://no-color.org
        colour: is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        layers,
    }
}

/// Writes the file whole or not at all.
fn put(file: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let into = |file: fs::File| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    };
    // Devices and pipes are written to as they are.
    if fs::metadata(file).is_ok_and(|found| !found.is_file()) {
        return into(fs::File::options().write(true).open(file)?);
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = file.with_file_name(name);
    into(fs::File::create(&partial)?)?;
    fs::rename(&partial, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(forms: &[&str], files: &[&str]) -> Result<Vec<Option<String>>> {
        let forms = forms.iter().map(|form| form.parse().unwrap()).collect();
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        let file = |form: &Form| form.file.as_ref().map(|file| file.display().to_string());
        Ok(Forms::paired(forms, &files)?.0.iter().map(file).collect())
    }

    #[test]
    fn files_go_to_forms_in_turn() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(paired(&["table"], &[]).unwrap(), [None]);
        assert_eq!(paired(&["sarif", "table"], &["a"]).unwrap(), [some("a"), None]);
        assert_eq!(
            paired(&["sarif=x", "json", "table"], &["a"]).unwrap(),
            [some("x"), some("a"), None]
        );
        assert_eq!(paired(&["table", "sarif"], &["a", "b"]).unwrap(), [some("a"), some("b")]);
        for (forms, files) in [
            (&["table"][..], &["a", "b"][..]),
            (&["table", "json"], &[]),
            (&["table=a", "json=a"], &[]),
        ] {
            assert!(paired(forms, files).is_err(), "{forms:?} {files:?}");
        }
    }
}
