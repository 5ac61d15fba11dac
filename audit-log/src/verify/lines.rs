//! Lines: walk over all segments in order and read every line strictly.

use std::io::BufRead;
use std::io::Read as _;

use serde::Deserialize;

use crate::digest::Digest;
use crate::error::Problem;
use crate::error::StorageError;
use crate::error::VerifyError;
use crate::record::Event;
use crate::segment;
use crate::segment::LINE_BYTES_MAX;
use crate::segment::VERSION;
use crate::storage::Storage;
use crate::time::rfc3339;
use crate::verify::missing;
use crate::verify::tree::Hash;
use crate::verify::tree::line_hash;

/// What the walk needs of a line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) place: Place,
    pub(super) seq: u64,
    pub(super) prev: Hash,
    pub(super) time_us: u64,
    pub(super) hash: Hash,
}

/// Where a line stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    file: String,
    line: u64,
}

impl Place {
    pub(super) fn bad(&self, problem: Problem) -> VerifyError {
        VerifyError::Line {
            file: self.file.clone(),
            line: self.line,
            problem,
        }
    }
}

/// The lines of all segments.
pub(super) struct Lines<'a> {
    storage: &'a dyn Storage,
    segments: Vec<u64>,
    entered: usize,
    input: Option<Box<dyn BufRead + Send>>,
    place: Place,
    bytes: Vec<u8>,
    torn_bytes: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn open(storage: &'a dyn Storage) -> Result<Self, VerifyError> {
        let segments = segment::numbers(&storage.names()?, ".jsonl");
        let place = Place {
            file: segment::segment_name(0),
            line: 0,
        };
        Ok(Self {
            storage,
            segments,
            entered: 0,
            input: None,
            place,
            bytes: Vec::new(),
            torn_bytes: 0,
        })
    }

    /// The numbers of the first lines of the segments.
    pub(super) fn segments(&self) -> &[u64] {
        &self.segments
    }

    /// The next line, which should have the number `expected`.
    pub(super) fn next(&mut self, expected: u64) -> Result<Option<Line>, VerifyError> {
        loop {
            let Some(input) = &mut self.input else {
                let Some(first) = self.segments.get(self.entered).copied() else {
                    return Ok(None);
                };
                self.enter(first, expected)?;
                continue;
            };
            self.bytes.clear();
            let failed = |error| StorageError::new("read", &*self.place.file, error);
            input
                .take(LINE_BYTES_MAX as u64 + 1)
                .read_until(b'\n', &mut self.bytes)
                .map_err(failed)?;
            if self.bytes.is_empty() {
                self.input = None;
                continue;
            }
            self.place.line += 1;
            if self.bytes.pop_if(|last| *last == b'\n').is_some() {
                return read_strictly(&self.bytes, &self.place).map(Some);
            }
            if self.bytes.len() > LINE_BYTES_MAX {
                return Err(self.place.bad(Problem::TooLong {
                    limit: LINE_BYTES_MAX,
                }));
            }
            if self.entered < self.segments.len() {
                return Err(self.place.bad(Problem::Torn));
            }
            self.torn_bytes = self.bytes.len() as u64;
            self.input = None;
        }
    }

    pub(super) const fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    pub(super) fn torn(&self) -> Option<&Place> {
        (self.torn_bytes > 0).then_some(&self.place)
    }

    fn enter(&mut self, first: u64, expected: u64) -> Result<(), VerifyError> {
        let file = segment::segment_name(first);
        if first != expected {
            let problem = Problem::Sequence {
                expected,
                found: first,
            };
            return Err(VerifyError::File { file, problem });
        }
        let input = self
            .storage
            .read(&file)?
            .ok_or_else(|| missing(file.clone()))?;
        self.input = Some(input);
        self.place = Place { file, line: 0 };
        self.entered += 1;
        Ok(())
    }
}

/// A line as the specification has it, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictLine {
    v: u32,
    seq: u64,
    prev: Digest,
    #[serde(rename = "time", with = "rfc3339")]
    time_us: u64,
    #[serde(default, rename = "session")]
    _session: String,
    #[serde(rename = "event")]
    _event: Event,
}

fn read_strictly(bytes: &[u8], place: &Place) -> Result<Line, VerifyError> {
    let line: StrictLine = serde_json::from_slice(bytes).map_err(|error| {
        place.bad(Problem::NotARecord {
            column: error.column(),
        })
    })?;
    if line.v != VERSION {
        return Err(place.bad(Problem::Version { version: line.v }));
    }
    Ok(Line {
        place: place.clone(),
        seq: line.seq,
        prev: *line.prev.as_bytes(),
        time_us: line.time_us,
        hash: line_hash(bytes),
    })
}
