//! Sealing: a reader around a reader, so that whoever takes streams need not know.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use age::Encryptor;
use age::stream::StreamWriter;
use zstd::stream::write::Encoder;

use crate::seal::recipient::Recipients;

/// As the repository compresses: a dump shrinks to a quarter at the speed of two disks.
const LEVEL: i32 = 3;

/// Read from the source at once: a piece of age is 64 KiB, and zstd's own window is filled in a few.
const PIECE: usize = 128 * 1024;

/// What comes out is what `zstd | age` would write of the source.
pub struct Sealing<R> {
    plain: R,
    /// Nothing once the end was written.
    pipe: Option<Encoder<'static, StreamWriter<Out>>>,
    out: Out,
    /// How much of `out` was given away.
    given: usize,
    piece: Vec<u8>,
}

/// What the pipe has written and nobody has read yet.
#[derive(Clone, Default)]
struct Out(Rc<RefCell<Vec<u8>>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<R: Read> Sealing<R> {
    /// Seals what `plain` gives until its end.
    pub fn new(plain: R, to: &Recipients) -> io::Result<Self> {
        let out = Out::default();
        let encryptor = Encryptor::with_recipients(to.each()).map_err(io::Error::other)?;
        let mut pipe = Encoder::new(encryptor.wrap_output(out.clone())?, LEVEL)?;
        pipe.include_checksum(true)?;
        Ok(Self { plain, pipe: Some(pipe), out, given: 0, piece: vec![0; PIECE] })
    }

    /// Takes one piece of the source, or writes the end.
    fn advance(&mut self) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let count = loop {
            match self.plain.read(&mut self.piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if count > 0 {
            return pipe.write_all(&self.piece[..count]);
        }
        if let Some(pipe) = self.pipe.take() {
            pipe.finish()?.finish()?;
        }
        Ok(())
    }
}

impl<R: Read> Read for Sealing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            {
                let mut out = self.out.0.borrow_mut();
                if self.given < out.len() {
                    let count = buffer.len().min(out.len() - self.given);
                    buffer[..count].copy_from_slice(&out[self.given..self.given + count]);
                    self.given += count;
                    return Ok(count);
                }
                out.clear();
                self.given = 0;
            }
            if self.pipe.is_none() {
                return Ok(0);
            }
            self.advance()?;
        }
    }
}
