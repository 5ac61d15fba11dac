//! What a keyed mask gave of late.
//!
//! Values repeat, as those of a parent do in the rows of a join, and a digest or a token costs many
//! times more than to look it up. Kept are masked cells only, under a keyed hash of 128 bits of the
//! clear ones: no clear value stays in memory when its row is gone.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip128::Hasher128;
use siphasher::sip128::SipHasher13;

use crate::key::MaskKey;

/// The secret of the hashes under which cells are kept.
#[derive(Clone, Copy)]
pub(crate) struct RecentKey([u8; 16]);

/// The cells of one column of one result.
pub(crate) struct Recent {
    hasher: SipHasher13,
    /// Empty until the first cell is kept.
    slots: Vec<Slot>,
    looked: u32,
    found: u32,
    /// Whether values repeat too seldom to be worth looking for.
    given_up: bool,
}

/// A masked cell as it stands in a row.
#[derive(Clone, Default)]
struct Slot {
    tag: u128,
    shown: Vec<u8>,
}

/// What a cell is known by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Tag(u128);

impl RecentKey {
    pub(crate) fn new(key: &MaskKey) -> Self {
        let mut secret = [0; 16];
        let digest = key.digest(b'r', b"recent cells");
        for (slot, byte) in secret.iter_mut().zip(digest) {
            *slot = byte;
        }
        Self(secret)
    }
}

impl fmt::Debug for RecentKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecentKey([redacted])")
    }
}

impl Recent {
    pub(crate) fn new(key: RecentKey) -> Self {
        Self {
            hasher: SipHasher13::new_with_key(&key.0),
            slots: Vec::new(),
            looked: 0,
            found: 0,
            given_up: false,
        }
    }

    /// What a cell is known by; `None` where it is not to be looked for.
    #[inline]
    pub(crate) fn tag(&self, cell: &[u8]) -> Option<Tag> {
        if self.given_up || cell.len() > CELL_BYTES_MAX {
            return None;
        }
        let mut hasher = self.hasher;
        hasher.write(cell);
        Some(Tag(hasher.finish128().as_u128()))
    }

    /// The masked cell, if it was kept.
    #[inline]
    pub(crate) fn find(&mut self, tag: Tag) -> Option<&[u8]> {
        if self.looked == TRIES {
            self.given_up = self.found < TRIES / WORTH;
            (self.looked, self.found) = (0, 0);
        }
        self.looked += 1;
        let slot = self.slots.get(place(tag))?;
        if slot.tag != tag.0 || slot.shown.is_empty() {
            return None;
        }
        self.found += 1;
        Some(&slot.shown)
    }

    /// Keeps a masked cell.
    pub(crate) fn keep(&mut self, tag: Tag, shown: &[u8]) {
        if shown.len() > CELL_BYTES_MAX {
            return;
        }
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, Slot::default());
        }
        if let Some(slot) = self.slots.get_mut(place(tag)) {
            slot.tag = tag.0;
            slot.shown.clear();
            slot.shown.extend_from_slice(shown);
        }
    }
}

impl fmt::Debug for Recent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Recent([redacted])")
    }
}

const fn place(tag: Tag) -> usize {
    (tag.0 % SLOTS as u128) as usize
}

/// The most cells that are kept of a column.
const SLOTS: usize = 4096;

/// Longer cells are not kept, nor looked for.
const CELL_BYTES_MAX: usize = 128;

/// After so many cells it is asked whether one in so many was there already.
const TRIES: u32 = 16_384;
const WORTH: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn recent() -> Recent {
        Recent::new(RecentKey::new(&MaskKey::new(&[7; 32]).unwrap()))
    }

    #[test]
    fn gives_what_was_kept_for_that_very_cell() {
        let mut recent = recent();
        let (one, other) = (recent.tag(b"one").unwrap(), recent.tag(b"other").unwrap());
        assert_eq!(recent.find(one), None);
        recent.keep(one, b"\x041234");
        assert_eq!(recent.find(one), Some(&b"\x041234"[..]));
        assert_eq!(recent.find(other), None);
        // Another cell in the same place.
        let twin = Tag(one.0 ^ (1 << 100));
        assert_eq!(place(twin), place(one));
        assert_eq!(recent.find(twin), None);
        recent.keep(twin, b"\x01x");
        assert_eq!(recent.find(one), None);
    }

    #[test]
    fn another_key_knows_cells_by_other_tags() {
        let other = Recent::new(RecentKey::new(&MaskKey::new(&[8; 32]).unwrap()));
        assert_ne!(recent().tag(b"one"), other.tag(b"one"));
    }

    #[test]
    fn long_cells_are_not_kept() {
        let mut recent = recent();
        assert_eq!(recent.tag(&[b'x'; CELL_BYTES_MAX + 1]), None);
        let tag = recent.tag(b"x").unwrap();
        recent.keep(tag, &[b'x'; CELL_BYTES_MAX + 1]);
        assert_eq!(recent.find(tag), None);
    }

    #[test]
    fn gives_up_where_nothing_repeats_and_stays_where_much_does() {
        let (mut distinct, mut alike) = (recent(), recent());
        for number in 0..=TRIES {
            let cell = number.to_string();
            if let Some(tag) = distinct.tag(cell.as_bytes()) {
                assert_eq!(distinct.find(tag), None);
                distinct.keep(tag, b"\x01x");
            }
            let tag = alike.tag(&cell.as_bytes()[..1]).unwrap();
            if alike.find(tag).is_none() {
                alike.keep(tag, b"\x01x");
            }
        }
        assert!(distinct.tag(b"more").is_none());
        assert!(alike.tag(b"more").is_some());
    }

    #[test]
    fn shows_neither_key_nor_cells() {
        let mut recent = recent();
        let tag = recent.tag(b"secret").unwrap();
        recent.keep(tag, b"\x06shown!");
        assert_eq!(format!("{recent:?}"), "Recent([redacted])");
        let key = RecentKey([b'k'; 16]);
        assert_eq!(format!("{key:?}"), "RecentKey([redacted])");
    }
}
