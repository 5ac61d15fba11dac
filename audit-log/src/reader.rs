//! Reader: stream the lines of a log, in order, without checking the chain.

use std::collections::VecDeque;
use std::io;
use std::io::BufRead;
use std::io::Read as _;
use std::sync::Arc;

use crate::error::Problem;
use crate::error::ReadError;
use crate::error::StorageError;
use crate::line;
use crate::record::Record;
use crate::segment;
use crate::segment::LINE_BYTES_MAX;
use crate::segment::VERSION;
use crate::storage::Storage;

/// One line of a log.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Entry {
    /// The segment file.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u64,
    /// The line's number in the log, from 0.
    pub seq: u64,
    /// Microseconds since the Unix epoch.
    pub time_us: u64,
    /// Which session; empty for the gateway as a whole.
    pub session: String,
    /// What it says; `None` when it is of a version that came after this program.
    pub record: Option<Record>,
    /// The line as it stands in the file.
    pub raw: Vec<u8>,
}

/// Gives the lines of all segments in order, and ends after the first error.
///
/// A log may be read while it is written: a last line without a line feed is not given.
pub struct Reader {
    storage: Arc<dyn Storage>,
    segments: VecDeque<u64>,
    current: Option<Current>,
}

struct Current {
    file: String,
    input: Box<dyn BufRead + Send>,
    line: u64,
}

impl Reader {
    /// Reads from the first line on.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn open(storage: Arc<dyn Storage>) -> Result<Self, ReadError> {
        let segments = segment::numbers(&storage.names()?, ".jsonl").into();
        Ok(Self {
            storage,
            segments,
            current: None,
        })
    }

    fn read(&mut self) -> Result<Option<Entry>, ReadError> {
        let mut raw = Vec::new();
        loop {
            let Some(current) = &mut self.current else {
                let Some(first) = self.segments.pop_front() else {
                    return Ok(None);
                };
                self.current = self.enter(first)?;
                continue;
            };
            let failed = |error| StorageError::new("read", &*current.file, error);
            let end = read_line(&mut current.input, &mut raw, LINE_BYTES_MAX).map_err(failed)?;
            current.line += 1;
            let problem = match end {
                LineEnd::Whole => match entry(current, std::mem::take(&mut raw)) {
                    Ok(entry) => return Ok(Some(entry)),
                    Err(problem) => problem,
                },
                LineEnd::Nothing => {
                    self.current = None;
                    continue;
                }
                LineEnd::Torn if self.segments.is_empty() => return Ok(None),
                LineEnd::Torn => Problem::Torn,
                LineEnd::TooLong => Problem::TooLong {
                    limit: LINE_BYTES_MAX,
                },
            };
            return Err(ReadError::Line {
                file: current.file.clone(),
                line: current.line,
                problem,
            });
        }
    }

    fn enter(&self, first: u64) -> Result<Option<Current>, ReadError> {
        let file = segment::segment_name(first);
        let input = self.storage.read(&file)?;
        Ok(input.map(|input| Current {
            file,
            input,
            line: 0,
        }))
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Reader")
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.read().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.segments.clear();
            self.current = None;
        }
        next
    }
}

fn entry(current: &Current, raw: Vec<u8>) -> Result<Entry, Problem> {
    let (head, record) = match line::decode(&raw) {
        Ok((seq, _, record)) => ((seq, record.time_us, record.session.clone()), Some(record)),
        Err(problem) => (newer_head(&raw).ok_or(problem)?, None),
    };
    let (seq, time_us, session) = head;
    Ok(Entry {
        file: current.file.clone(),
        line: current.line,
        seq,
        time_us,
        session,
        record,
        raw,
    })
}

/// What can be read of a line of a version that came after this program.
fn newer_head(raw: &[u8]) -> Option<(u64, u64, String)> {
    let head = line::decode_head(raw)
        .ok()
        .filter(|head| head.v > VERSION)?;
    Some((head.seq, head.time_us, head.session))
}

/// How a line ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LineEnd {
    /// With a line feed, which is not part of the line.
    Whole,
    /// With the file.
    Torn,
    /// There is no more line.
    Nothing,
    /// It is over the limit; what is in the buffer is a part of it.
    TooLong,
}

/// Reads one line into `buffer` in place of what is there.
pub(crate) fn read_line(
    input: &mut impl BufRead,
    buffer: &mut Vec<u8>,
    limit: usize,
) -> io::Result<LineEnd> {
    buffer.clear();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    input.by_ref().take(most).read_until(b'\n', buffer)?;
    Ok(match buffer.last() {
        None => LineEnd::Nothing,
        Some(b'\n') => {
            buffer.pop();
            LineEnd::Whole
        }
        Some(_) if buffer.len() > limit => LineEnd::TooLong,
        Some(_) => LineEnd::Torn,
    })
}
