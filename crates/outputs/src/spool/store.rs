//! Where segments lie: a small interface over a folder, with a twin in memory. Everything that the disk can refuse is in
//! here, so that tests can refuse it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use hashbrown::HashMap;

/// Numbered append-only segments, and small files that are replaced as a whole.
pub(crate) trait Store: Send {
    /// Numbers of all segments, in any order.
    fn segments(&self) -> io::Result<Vec<u64>>;
    /// Adds to the end of a segment, which it makes if need be. After an error the end may be torn.
    fn append(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()>;
    /// Bytes `from..to` of a segment; fewer where it ends before.
    fn read(&self, segment: u64, from: u64, to: u64) -> io::Result<Vec<u8>>;
    /// Cuts a segment at `length`.
    fn truncate(&mut self, segment: u64, length: u64) -> io::Result<()>;
    /// Puts these bytes in a segment's place, wholly or not at all.
    fn replace(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()>;
    /// Removes a segment.
    fn remove(&mut self, segment: u64) -> io::Result<()>;
    /// Puts a small file in its place, wholly or not at all.
    fn save(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// A small file, if it is there.
    fn load(&self, name: &str) -> io::Result<Option<Vec<u8>>>;
}

/// Segments in memory: with no folder configured, the same log runs on this.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore {
    segments: HashMap<u64, Vec<u8>>,
    files: HashMap<String, Vec<u8>>,
}

impl Store for MemoryStore {
    fn segments(&self) -> io::Result<Vec<u64>> {
        Ok(self.segments.keys().copied().collect())
    }

    fn append(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        self.segments
            .entry(segment)
            .or_default()
            .extend_from_slice(bytes);
        Ok(())
    }

    fn read(&self, segment: u64, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let bytes = self
            .segments
            .get(&segment)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let end = usize::try_from(to).unwrap_or(usize::MAX).min(bytes.len());
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(end);
        Ok(bytes[start..end].to_vec())
    }

    fn truncate(&mut self, segment: u64, length: u64) -> io::Result<()> {
        if let Some(bytes) = self.segments.get_mut(&segment) {
            bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        Ok(())
    }

    fn replace(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        self.segments.insert(segment, bytes.to_vec());
        Ok(())
    }

    fn remove(&mut self, segment: u64) -> io::Result<()> {
        self.segments.remove(&segment);
        Ok(())
    }

    fn save(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn load(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files.get(name).cloned())
    }
}

/// Segments as files `NNNNNNNNNNNN.seg` of one folder. Not synced: they must outlive the process, not the machine.
#[derive(Debug)]
pub(crate) struct DiskStore {
    folder: PathBuf,
    open: Option<(u64, File)>,
}

impl DiskStore {
    /// On this folder, which it makes if need be.
    pub(crate) fn open(folder: &Path) -> io::Result<DiskStore> {
        fs::create_dir_all(folder)?;
        Ok(DiskStore {
            folder: folder.to_owned(),
            open: None,
        })
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.folder.join(format!("{segment:012}.seg"))
    }
}

/// Writes beside the file, then renames over it: a reader sees the old or the new, never a part.
pub(crate) fn put_in_place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // A half-written neighbour would only hold space that a full disk needs; the error that counts is the first one.
        let _removed = fs::remove_file(&beside);
    }
    written
}

impl Store for DiskStore {
    fn segments(&self) -> io::Result<Vec<u64>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number: Option<u64> = name
                .to_str()
                .and_then(|name| name.strip_suffix(".seg"))
                .and_then(|stem| stem.parse().ok());
            found.extend(number);
        }
        Ok(found)
    }

    fn append(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(segment);
        let file = match &mut self.open {
            Some((number, file)) if *number == segment => file,
            slot => {
                let file = OpenOptions::new().create(true).append(true).open(path)?;
                &mut slot.insert((segment, file)).1
            }
        };
        file.write_all(bytes)
    }

    fn read(&self, segment: u64, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.path(segment))?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn truncate(&mut self, segment: u64, length: u64) -> io::Result<()> {
        OpenOptions::new()
            .write(true)
            .open(self.path(segment))?
            .set_len(length)
    }

    fn replace(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        self.open = None;
        put_in_place(&self.path(segment), bytes)
    }

    fn remove(&mut self, segment: u64) -> io::Result<()> {
        if self
            .open
            .as_ref()
            .is_some_and(|(number, _)| *number == segment)
        {
            self.open = None;
        }
        fs::remove_file(self.path(segment))
    }

    fn save(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        put_in_place(&self.folder.join(name), bytes)
    }

    fn load(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
