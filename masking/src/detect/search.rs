//! A text of any length that comes in pieces: searched in windows, in bounded memory.

use mysql_proto::charset::Charset;

use crate::cell::CELL_BYTES_MAX;
use crate::detect::Counts;
use crate::detect::DetectorSet;
use crate::detect::hide::Hidden;
use crate::detect::hide::Hiding;
use crate::detect::hide::Look;
use crate::detect::units::Units;

/// How much of a text is searched at once.
const WINDOW_BYTES: usize = CELL_BYTES_MAX;

/// How much at the end of a window is searched again with the next one: what begins in front of
/// that is found if it shows within so many bytes what it is.
const HELD_BYTES: usize = 16 * 1024;

/// A find that ends so close to the end of its window may go on behind it.
const NEAR_BYTES: usize = 64;

/// How much of what was given out is kept, to see what stands before the rest.
const KEPT_BYTES: usize = 64;

/// Hides what detectors find in one text that comes in pieces.
///
/// As many bytes come out as go in, but later: up to 64 KiB are held back. A text that is not
/// longer than that is searched as a whole, so how it is cut does not matter; in a longer one that
/// is cut into windows at the same places however it comes.
#[derive(Debug)]
pub struct Search {
    look: Look,
    window: Vec<u8>,
    /// How much of the window was given out already.
    given: usize,
    /// Where a find goes on that had not ended where its window did: from there all is hidden, up
    /// to the next quote.
    goes_on: Option<usize>,
    hiding: Hiding,
    counts: Counts,
    /// Whether something came that cannot be read: all is hidden from there on.
    is_blind: bool,
}

impl Search {
    /// A search of a text in this character set.
    #[must_use]
    pub fn new(set: DetectorSet, charset: Charset, is_json: bool) -> Self {
        Self::of(Look {
            set,
            units: Units::of(charset),
            is_json,
        })
    }

    pub(crate) fn of(look: Look) -> Self {
        Self {
            look,
            window: Vec::new(),
            given: 0,
            goes_on: None,
            hiding: Hiding::default(),
            counts: Counts::default(),
            is_blind: false,
        }
    }

    /// What was found up to now.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes the next piece, and appends what can be shown.
    pub fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        let whole = piece.len() / self.look.units.width() * self.look.units.width();
        let readable = piece.get(..whole).unwrap_or_default();
        self.is_blind |= !self.look.can_read(readable);
        while !piece.is_empty() {
            if self.window.len() >= WINDOW_BYTES {
                self.turn(out);
            }
            let room = WINDOW_BYTES.saturating_sub(self.window.len());
            let (head, tail) = piece.split_at(room.min(piece.len()));
            self.window.extend_from_slice(head);
            piece = tail;
        }
    }

    /// The text has ended: appends the rest of it.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.go_on();
        let hidden = self.hide(usize::MAX);
        if !hidden.settled {
            self.blank(self.window.len());
        }
        out.extend_from_slice(self.window.get(self.given..).unwrap_or_default());
        self.window.clear();
        self.given = 0;
        self.goes_on = None;
    }

    /// Hides what begins in the window, and gives out all but what is held.
    fn turn(&mut self, out: &mut Vec<u8>) {
        self.go_on();
        let Look { units, .. } = self.look;
        let cut = self.boundary(self.window.len().saturating_sub(HELD_BYTES));
        let hidden = self.hide(cut / units.width());
        if !hidden.settled {
            self.blank(cut);
        }
        let near = self.window.len().saturating_sub(NEAR_BYTES);
        if hidden.end * units.width() >= near {
            self.goes_on = Some(self.window.len());
        }
        out.extend_from_slice(self.window.get(self.given..cut).unwrap_or_default());
        let keep = self.boundary(cut.saturating_sub(KEPT_BYTES));
        self.window.drain(..keep);
        self.given = cut - keep;
        self.goes_on = self.goes_on.map(|from| from.saturating_sub(keep));
    }

    fn hide(&mut self, before: usize) -> Hidden {
        self.hiding
            .hide(self.look, &mut self.window, before, &mut self.counts)
    }

    /// Hides all that was not given out, up to there: hiding did not come to an end.
    fn blank(&mut self, end: usize) {
        let Look { units, .. } = self.look;
        for index in self.given / units.width()..end / units.width() {
            units.write(&mut self.window, index, b'*');
        }
    }

    /// Where the text may be cut, there or one byte before.
    fn boundary(&mut self, at: usize) -> usize {
        let Look { units, .. } = self.look;
        let read = self.hiding.read(units, &self.window);
        if units.is_boundary(read.at(at / units.width())) {
            at
        } else {
            at.saturating_sub(1)
        }
    }

    /// Hides what belongs to a find of the window before.
    fn go_on(&mut self) {
        if self.is_blind {
            let hidden = self.window.get_mut(self.given..);
            hidden.unwrap_or_default().fill(b'*');
        }
        let Some(from) = self.goes_on.take() else {
            return;
        };
        let Look { units, .. } = self.look;
        let read = self.hiding.read(units, &self.window);
        let start = from / units.width();
        let left = read.len().saturating_sub(start);
        let quote = read.run(start, left, |byte| byte != b'"');
        let is_over = read.at(quote) == b'"';
        let mut end = quote;
        while is_over && end > start && read.before(end) == b'\\' {
            end -= 1;
        }
        for index in start..end {
            units.write(&mut self.window, index, b'*');
        }
        if !is_over {
            self.goes_on = Some(self.window.len());
        }
    }
}
