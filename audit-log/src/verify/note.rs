//! A signed note as C2SP specifies it, read strictly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::VerifyingKey;
use crate::error::Problem;
use crate::verify::tree::Hash;

/// What a checkpoint says, after its signatures were checked.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) root: Hash,
}

impl Note {
    /// With keys, one of them must have signed it, and no signature of theirs may be bad.
    pub(super) fn read(bytes: &[u8], keys: &[VerifyingKey]) -> Result<Self, Problem> {
        let note = str::from_utf8(bytes).map_err(|_| Problem::Malformed)?;
        let end = note.find("\n\n").ok_or(Problem::Malformed)?;
        let (text, rest) = note.split_at_checked(end + 1).ok_or(Problem::Malformed)?;
        let signatures = rest.strip_prefix('\n').ok_or(Problem::Malformed)?;
        let mut signed = false;
        for line in signatures.split_inclusive('\n') {
            let line = line.strip_suffix('\n').ok_or(Problem::Malformed)?;
            signed |= signed_by(line, text, keys)?;
        }
        if !signed && !keys.is_empty() {
            return Err(Problem::Unsigned);
        }
        Self::from_text(text).ok_or(Problem::Malformed)
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        if lines.next().is_some() || origin.is_empty() {
            return None;
        }
        let number: u64 = size.parse().ok()?;
        if number.to_string() != size {
            return None;
        }
        let root = STANDARD.decode(root).ok()?.try_into().ok()?;
        Some(Self {
            origin: origin.to_owned(),
            size: number,
            root,
        })
    }
}

/// Whether the line is a good signature by one of the keys; a bad one is an error.
fn signed_by(line: &str, text: &str, keys: &[VerifyingKey]) -> Result<bool, Problem> {
    let rest = line.strip_prefix("\u{2014} ").ok_or(Problem::Malformed)?;
    let (name, signature) = rest.split_once(' ').ok_or(Problem::Malformed)?;
    let signature = STANDARD.decode(signature).map_err(|_| Problem::Malformed)?;
    let (id, signature) = signature.split_first_chunk().ok_or(Problem::Malformed)?;
    let id = u32::from_be_bytes(*id);
    let Some(key) = keys
        .iter()
        .find(|key| key.origin() == name && key.id() == id)
    else {
        return Ok(false);
    };
    let signature = signature.try_into().map_err(|_| Problem::Malformed)?;
    if key.verify(text, signature) {
        Ok(true)
    } else {
        Err(Problem::Signature)
    }
}
