//! Where the text goes: a file or a stream, through gzip or as it is, handed over in large pieces.

use std::{
    fs::File,
    io::{self, Write},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};

use super::SampleTarget;
use crate::{clock::Clock, error::Error};

/// Beyond this the text is handed over without waiting for its time.
const PIECE: usize = 256 << 10;

enum Way {
    Plain(Box<dyn Write + Send>),
    Gzip(Box<GzEncoder<Box<dyn Write + Send>>>),
}

/// One output's place.
pub(super) struct Sink {
    way: Way,
    name: String,
    text: Vec<u8>,
    every: Duration,
    clock: Clock,
    flushed: Duration,
}

impl Sink {
    /// Makes the file.
    pub(super) fn open(target: SampleTarget, every: Duration) -> Result<Sink, Error> {
        let (way, name) = match target {
            SampleTarget::Stream(stream) => (Way::Plain(stream), "standard output".to_owned()),
            SampleTarget::File(path) => {
                let file: Box<dyn Write + Send> = match File::create(&path) {
                    Ok(file) => Box::new(file),
                    Err(error) => return Err(Error::SampleFile { path, error }),
                };
                let name = path.display().to_string();
                let way = if path.extension().is_some_and(|extension| extension == "gz") {
                    Way::Gzip(Box::new(GzEncoder::new(file, Compression::default())))
                } else {
                    Way::Plain(file)
                };
                (way, name)
            }
        };
        Ok(Sink {
            way,
            name,
            text: Vec::with_capacity(PIECE + (4 << 10)),
            every,
            clock: Clock::start(),
            flushed: Duration::ZERO,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where text is appended.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    pub(super) fn put(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// Hands the text over, where there is much of it or its time has come.
    pub(super) fn flush_if_due(&mut self) -> io::Result<()> {
        let now = self.clock.elapsed();
        if self.text.len() < PIECE && now < self.flushed + self.every {
            return Ok(());
        }
        self.flushed = now;
        self.hand_over()
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let written = match &mut self.way {
            Way::Plain(out) => out.write_all(&self.text).and_then(|()| out.flush()),
            Way::Gzip(out) => out.write_all(&self.text),
        };
        self.text.clear();
        written
    }

    /// Hands over what is left, and ends the file.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.hand_over()?;
        match &mut self.way {
            Way::Plain(out) => out.flush(),
            Way::Gzip(out) => out.try_finish().and_then(|()| out.get_mut().flush()),
        }
    }
}
