//! A copy of a file that nobody else can reach, for who maps it for long:
//! where a mapped file becomes shorter, as when somebody copies another one
//! onto it, whoever looks at what is gone is ended by the kernel.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

/// Copies `file`, which lies at `path`, into a file without a name: beside it,
/// else where temporary files go. Where the file system can, both share what
/// they hold.
pub(super) fn nameless(file: &File, path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    tempfile::tempfile_in(folder)
        .and_then(|copy| filled(copy, file))
        .or_else(|_| filled(tempfile::tempfile()?, file))
}

/// Fills `copy` with what `file` holds now.
fn filled(mut copy: File, mut file: &File) -> io::Result<File> {
    let size = file.metadata()?.len();
    file.rewind()?;
    io::copy(&mut file.take(size), &mut copy)?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::FileExt as _;

    use super::*;

    #[test]
    fn what_becomes_of_the_file_does_not_become_of_the_copy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "content").unwrap();
        let file = File::open(&path).unwrap();
        for _ in 0..2 {
            let copy = nameless(&file, &path).unwrap();
            let mut held = [0; 7];
            copy.read_exact_at(&mut held, 0).unwrap();
            assert_eq!((&held, copy.metadata().unwrap().len()), (b"content", 7));
        }
        let copy = nameless(&file, &path).unwrap();
        fs::write(&path, "").unwrap();
        assert_eq!(copy.metadata().unwrap().len(), 7);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_takes_no_files_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "content").unwrap();
        let copy = nameless(&File::open(&path).unwrap(), &folder.path().join("none/file"));
        assert_eq!(copy.unwrap().metadata().unwrap().len(), 7);
    }
}
