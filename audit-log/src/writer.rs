//! Writer: append records, rotate segments, sign checkpoints.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::checkpoint::Checkpoint;
use crate::checkpoint::SigningKey;
use crate::checkpoint::is_origin;
use crate::digest::Digest;
use crate::error::AppendError;
use crate::error::OpenError;
use crate::error::StorageError;
use crate::line;
use crate::record::Event;
use crate::record::Record;
use crate::recover::Tail;
use crate::recover::recover;
use crate::segment;
use crate::segment::CHECKPOINT;
use crate::segment::LINE_BYTES_MAX;
use crate::segment::RECOVERY;
use crate::storage::Lock;
use crate::storage::SegmentFile;
use crate::storage::Storage;
use crate::tree::Tree;
use crate::tree::TreeDocument;
use crate::tree::leaf_hash;

/// How a log is written.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Settings {
    /// The log's name, which is also the name of its key. A URL without scheme is usual.
    pub origin: String,
    /// A segment that would grow past this is closed and a new one begun.
    pub segment_bytes_max: u64,
    /// A record whose line would be longer is refused.
    pub line_bytes_max: usize,
}

impl Settings {
    /// Settings for a log of this name: segments of 64 MiB, lines of 32 MiB at most.
    #[must_use]
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            segment_bytes_max: 64 * 1024 * 1024,
            line_bytes_max: LINE_BYTES_MAX,
        }
    }
}

/// How far a log is written: all lines up to and including one.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position(u64);

impl Position {
    /// How many lines there are up to here.
    #[must_use]
    pub const fn lines(self) -> u64 {
        self.0
    }
}

/// Appends to a log. It is the only one that has it open.
///
/// [`append`](Self::append) makes one write and no sync. To wait for the disk without keeping
/// other appends out, take a [`sync_handle`](Self::sync_handle) under the lock that guards the
/// writer, let go of the lock, and call [`SyncHandle::sync`]; the same with
/// [`prepare_checkpoint`](Self::prepare_checkpoint) and [`PreparedCheckpoint::write`].
///
/// After any failure of the disk everything is refused, because what the file then holds is not
/// known; a new opening finds out.
#[derive(Debug)]
pub struct Writer {
    storage: Arc<dyn Storage>,
    settings: Settings,
    key: Option<SigningKey>,
    shared: Arc<Shared>,
    segment: Segment,
    tree: Tree,
    /// The hash of the last line.
    head: Digest,
    buffer: Vec<u8>,
    _lock: Box<dyn Lock>,
}

/// What a writer shares with the handles that it has given out.
#[derive(Debug, Default)]
struct Shared {
    poisoned: AtomicBool,
    /// The size of the newest checkpoint that was written; held while one is being written.
    checkpoint: Mutex<u64>,
}

impl Shared {
    fn poison<E>(&self, error: E) -> E {
        self.poisoned.store(true, Ordering::Release);
        error
    }

    fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
struct Segment {
    file: Arc<dyn SegmentFile>,
    bytes: u64,
}

impl Writer {
    /// Opens a log, makes it when there is none, and recovers it after a crash: a line that was
    /// not written whole is cut, and a [`Recovery`](crate::record::Recovery) at `now_us` says so.
    ///
    /// # Errors
    /// When another writer has it open, when it is damaged in any other way, when it is shorter
    /// than its newest checkpoint, and when the disk fails.
    pub fn open(
        storage: Arc<dyn Storage>,
        settings: Settings,
        key: Option<SigningKey>,
        now_us: u64,
    ) -> Result<Self, OpenError> {
        if !is_origin(&settings.origin) {
            return Err(OpenError::Origin {
                origin: settings.origin,
            });
        }
        let lock = storage.lock().map_err(locked)?;
        let public = key.as_ref().map(|key| key.verifying_key(&settings.origin));
        let tail = recover(&*storage, &settings.origin, public.as_ref())?;
        let segment = open_segment(&*storage, &settings.origin, key.as_ref(), &tail)?;
        let mut writer = Self {
            storage,
            settings,
            key,
            shared: Arc::default(),
            segment,
            tree: tail.tree,
            head: tail.head,
            buffer: Vec::with_capacity(BUFFER_BYTES),
            _lock: lock,
        };
        for cut in tail.cuts {
            writer.append(&Record::gateway(now_us, Event::Recovery(cut)))?;
        }
        // Lines of a program that was killed may not have reached the disk yet.
        writer.sync()?;
        writer.storage.remove(RECOVERY)?;
        Ok(writer)
    }

    /// Writes one record as the next line and says where it stands. It is durable once a sync
    /// has covered that position.
    ///
    /// # Errors
    /// When the record has no form as a line or is too long, nothing was written and the writer
    /// goes on. When the disk fails, the writer refuses everything from then on.
    pub fn append(&mut self, record: &Record) -> Result<Position, AppendError> {
        if self.shared.is_poisoned() {
            return Err(AppendError::Poisoned);
        }
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES);
        line::encode(record, self.tree.size(), &self.head, &mut self.buffer)
            .ok_or(AppendError::Encode)?;
        let limit = self.settings.line_bytes_max.min(LINE_BYTES_MAX);
        if self.buffer.len() > limit {
            return Err(AppendError::TooLong {
                bytes: self.buffer.len(),
                limit,
            });
        }
        let hash = leaf_hash(&self.buffer);
        self.buffer.push(b'\n');
        let length = self.buffer.len() as u64;
        if self.segment.bytes > 0 && self.segment.bytes + length > self.settings.segment_bytes_max {
            self.rotate()?;
        }
        let poison = |error| self.shared.poison(error);
        self.segment.file.append(&self.buffer).map_err(poison)?;
        self.segment.bytes += length;
        self.tree.push(hash);
        self.head = hash;
        Ok(self.position())
    }

    /// How far the log is written.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position(self.tree.size())
    }

    /// Whether the writer has failed and refuses everything.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.shared.is_poisoned()
    }

    /// A handle that makes durable what is written so far.
    #[must_use]
    pub fn sync_handle(&self) -> SyncHandle {
        SyncHandle {
            file: Arc::clone(&self.segment.file),
            position: self.position(),
            shared: Arc::clone(&self.shared),
        }
    }

    /// Returns when everything appended so far is on the disk.
    ///
    /// # Errors
    /// When the disk fails; the writer then refuses everything.
    pub fn sync(&self) -> Result<Position, AppendError> {
        self.sync_handle().sync()
    }

    /// Takes down what a checkpoint over all lines so far will say.
    #[must_use]
    pub fn prepare_checkpoint(&self) -> PreparedCheckpoint {
        let checkpoint = Checkpoint {
            origin: self.settings.origin.clone(),
            size: self.tree.size(),
            root: self.tree.root(),
        };
        PreparedCheckpoint {
            storage: Arc::clone(&self.storage),
            sync: self.sync_handle(),
            note: checkpoint.encode(self.key.as_ref()),
        }
    }

    /// Makes everything durable and writes a checkpoint over it, signed when there is a key.
    ///
    /// # Errors
    /// When the disk fails; the writer then refuses everything.
    pub fn checkpoint(&self) -> Result<Position, AppendError> {
        self.prepare_checkpoint().write()
    }

    /// Writes a last checkpoint and lets other writers in.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn close(self) -> Result<Position, AppendError> {
        self.checkpoint()
    }

    /// Closes the segment and begins another. A crash between the steps leaves at most true
    /// statements about the lines before, which the next rotation here writes again.
    fn rotate(&mut self) -> Result<(), AppendError> {
        let first = self.tree.size();
        let prepared = self.prepare_checkpoint();
        prepared.write()?;
        let mut state = serde_json::to_vec(&TreeDocument::new(&self.tree, self.head))
            .map_err(|_| AppendError::Encode)?;
        state.push(b'\n');
        let poison = |error| self.shared.poison(error);
        self.storage
            .replace(&segment::tree_name(first), &state)
            .map_err(poison)?;
        let note = prepared.note.as_bytes();
        self.storage
            .replace(&segment::note_name(first), note)
            .map_err(poison)?;
        let name = segment::segment_name(first);
        let file = self.storage.open_segment(&name, true).map_err(poison)?;
        self.segment = Segment { file, bytes: 0 };
        Ok(())
    }
}

/// Makes durable what was written when it was taken, outside any lock.
#[derive(Clone)]
pub struct SyncHandle {
    file: Arc<dyn SegmentFile>,
    position: Position,
    shared: Arc<Shared>,
}

impl SyncHandle {
    /// Everything up to here is durable once [`sync`](Self::sync) has returned.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Returns when everything up to [`position`](Self::position) is on the disk.
    ///
    /// # Errors
    /// When the disk fails; the writer then refuses everything.
    pub fn sync(&self) -> Result<Position, AppendError> {
        if self.shared.is_poisoned() {
            return Err(AppendError::Poisoned);
        }
        self.file
            .sync()
            .map_err(|error| self.shared.poison(error))?;
        Ok(self.position)
    }
}

impl fmt::Debug for SyncHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SyncHandle")
            .field("position", &self.position)
            .finish()
    }
}

/// A checkpoint that is not written yet.
#[derive(Debug)]
pub struct PreparedCheckpoint {
    storage: Arc<dyn Storage>,
    sync: SyncHandle,
    note: String,
}

impl PreparedCheckpoint {
    /// The text that will be written, such as for a witness.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// Makes the lines durable, then puts the checkpoint in place of the one before it. One
    /// that is older than the one in place is left.
    ///
    /// # Errors
    /// When the disk fails; the writer then refuses everything.
    pub fn write(&self) -> Result<Position, AppendError> {
        let position = self.sync.sync()?;
        let shared = &self.sync.shared;
        let mut newest = shared
            .checkpoint
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *newest <= position.lines() {
            self.storage
                .replace(CHECKPOINT, self.note.as_bytes())
                .map_err(|error| shared.poison(error))?;
            *newest = position.lines();
        }
        Ok(position)
    }
}

/// A log has a checkpoint before it has a segment, so that one without is known to be damaged.
fn open_segment(
    storage: &dyn Storage,
    origin: &str,
    key: Option<&SigningKey>,
    tail: &Tail,
) -> Result<Segment, StorageError> {
    let Some(first) = tail.segment else {
        let empty = Checkpoint {
            origin: origin.to_owned(),
            size: 0,
            root: tail.tree.root(),
        };
        storage.replace(CHECKPOINT, empty.encode(key).as_bytes())?;
        let file = storage.open_segment(&segment::segment_name(0), true)?;
        return Ok(Segment { file, bytes: 0 });
    };
    let file = storage.open_segment(&segment::segment_name(first), false)?;
    Ok(Segment {
        file,
        bytes: tail.bytes,
    })
}

fn locked(error: StorageError) -> OpenError {
    if error.source.kind() == io::ErrorKind::WouldBlock {
        return OpenError::Locked { path: error.path };
    }
    OpenError::Storage(error)
}

/// What the line buffer keeps between records; a longer line gives its memory back.
const BUFFER_BYTES: usize = 16 * 1024;
