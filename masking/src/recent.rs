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
    /// Empty for the first few cells.
    slots: Vec<Slot>,
    looked: u32,
    found: u32,
    /// So many cells are not looked for, because values repeated too seldom to be worth it.
    passing: u32,
    /// How many pass when too few are found again.
    pause: u32,
}

/// A masked cell as it stands in a row.
#[derive(Clone, Copy)]
struct Slot {
    tag: u128,
    length: u8,
    shown: [u8; SHOWN_BYTES_MAX],
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
            passing: 0,
            pause: PAUSE_MIN,
        }
    }

    /// What a cell is known by; `None` where it is not to be looked for.
    #[inline]
    pub(crate) fn tag(&mut self, cell: &[u8]) -> Option<Tag> {
        if self.passing > 0 {
            self.passing -= 1;
            return None;
        }
        if cell.len() > CELL_BYTES_MAX {
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
            self.judge();
        }
        self.looked += 1;
        let slot = self.slots.get(place(tag, self.slots.len()))?;
        if slot.tag != tag.0 || slot.length == 0 {
            return None;
        }
        self.found += 1;
        slot.shown.get(..slot.length.into())
    }

    /// Whether it was worth looking: where it was, there is room for more; where not, cells pass for a
    /// while, and ever longer.
    fn judge(&mut self) {
        if self.found >= TRIES / WORTH {
            self.pause = PAUSE_MIN;
            if self.slots.len() < SLOTS_MAX {
                self.slots = vec![Slot::EMPTY; SLOTS_MAX];
            }
        } else {
            self.passing = self.pause;
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
        (self.looked, self.found) = (0, 0);
    }

    /// Keeps a masked cell.
    pub(crate) fn keep(&mut self, tag: Tag, shown: &[u8]) {
        if self.slots.is_empty() && self.looked > CELLS_FEW {
            self.slots.resize(SLOTS_MIN, Slot::EMPTY);
        }
        let place = place(tag, self.slots.len());
        if let (Some(slot), Ok(length)) = (self.slots.get_mut(place), u8::try_from(shown.len()))
            && let Some(room) = slot.shown.get_mut(..shown.len())
        {
            room.copy_from_slice(shown);
            slot.tag = tag.0;
            slot.length = length;
        }
    }
}

impl Slot {
    const EMPTY: Self = Self {
        tag: 0,
        length: 0,
        shown: [0; SHOWN_BYTES_MAX],
    };
}

impl fmt::Debug for Recent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Recent([redacted])")
    }
}

const fn place(tag: Tag, slots: usize) -> usize {
    let [low, high, ..] = tag.0.to_le_bytes();
    // There are a power of two of them.
    u16::from_le_bytes([low, high]) as usize & slots.saturating_sub(1)
}

/// The most cells that are kept of a column, at first and where values repeat.
const SLOTS_MIN: usize = 1024;
const SLOTS_MAX: usize = 4096;

/// Where no more come than these nothing is kept: a small result does not pay for the room.
const CELLS_FEW: u32 = 64;

/// Longer cells are not looked for.
const CELL_BYTES_MAX: usize = 128;

/// Longer ones are not kept.
const SHOWN_BYTES_MAX: usize = 95;

/// After so many cells it is asked whether one in so many was there already: to look for one and to
/// keep it costs about a quarter of what a digest costs.
const TRIES: u32 = 512;
const WORTH: u32 = 4;

/// How many cells pass where it was not, at first and at last.
const PAUSE_MIN: u32 = 16 * TRIES;
const PAUSE_MAX: u32 = 128 * TRIES;

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> Recent {
        Recent::new(RecentKey::new(&MaskKey::new(&[7; 32]).unwrap()))
    }

    /// Behind the first few cells.
    fn recent() -> Recent {
        let mut recent = new();
        looked(&mut recent, 0..CELLS_FEW);
        recent
    }

    #[test]
    fn a_small_result_takes_no_room() {
        let mut recent = new();
        looked(&mut recent, 0..CELLS_FEW);
        assert!(recent.slots.is_empty());
        looked(&mut recent, 0..1);
        assert_eq!(recent.slots.len(), SLOTS_MIN);
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
        assert_eq!(place(twin, SLOTS_MAX), place(one, SLOTS_MAX));
        assert_eq!(recent.find(twin), None);
        recent.keep(twin, b"\x01x");
        assert_eq!(recent.find(one), None);
    }

    #[test]
    fn another_key_knows_cells_by_other_tags() {
        let mut other = Recent::new(RecentKey::new(&MaskKey::new(&[8; 32]).unwrap()));
        assert_ne!(new().tag(b"one"), other.tag(b"one"));
    }

    #[test]
    fn long_cells_are_not_kept() {
        let mut recent = recent();
        assert_eq!(recent.tag(&[b'x'; CELL_BYTES_MAX + 1]), None);
        let tag = recent.tag(b"x").unwrap();
        recent.keep(tag, &[b'x'; SHOWN_BYTES_MAX + 1]);
        assert_eq!(recent.find(tag), None);
        recent.keep(tag, &[b'x'; SHOWN_BYTES_MAX]);
        assert_eq!(recent.find(tag), Some(&[b'x'; SHOWN_BYTES_MAX][..]));
    }

    /// How many of so many cells are looked for.
    fn looked(recent: &mut Recent, cells: impl Iterator<Item = u32>) -> usize {
        let looked = cells.filter(|cell| {
            let tag = recent.tag(cell.to_string().as_bytes());
            if let Some(tag) = tag
                && recent.find(tag).is_none()
            {
                recent.keep(tag, b"\x01x");
            }
            tag.is_some()
        });
        looked.count()
    }

    #[test]
    fn seldom_looks_where_nothing_repeats_and_always_where_much_does() {
        let most = TRIES as usize;
        let (mut distinct, mut alike) = (recent(), recent());
        let all = 20 * PAUSE_MAX;
        let found = looked(&mut distinct, 0..all);
        assert!((20 * most..25 * most).contains(&found), "{found}");
        assert_eq!(distinct.slots.len(), SLOTS_MIN);
        let found = looked(&mut alike, (0..all).map(|cell| cell % 200));
        assert_eq!(found, all as usize);
        assert_eq!(alike.slots.len(), SLOTS_MAX);
    }

    #[test]
    fn looks_again_where_values_begin_to_repeat() {
        let mut recent = recent();
        looked(&mut recent, 0..10 * PAUSE_MAX);
        looked(&mut recent, std::iter::repeat_n(7, PAUSE_MAX as usize + 1));
        assert_eq!(looked(&mut recent, std::iter::repeat_n(7, 1000)), 1000);
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
