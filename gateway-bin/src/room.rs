//! How much room a read is given: little for a connection that is quiet, more while much comes.

use bytes::BytesMut;

/// The room for one side of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    least: usize,
    most: usize,
    bytes: usize,
}

impl Room {
    pub(crate) const fn new(least: usize, most: usize) -> Self {
        Self {
            least,
            most,
            bytes: least,
        }
    }

    /// Makes room in `buffer`, and says how much there is.
    pub(crate) fn reserve(&self, buffer: &mut BytesMut) -> usize {
        buffer.reserve(self.bytes);
        buffer.capacity().saturating_sub(buffer.len())
    }

    /// So many bytes came into that room: where it was filled, there may be more.
    pub(crate) const fn was_read(&mut self, read: usize, room: usize) {
        if read >= room || read >= self.bytes {
            self.bytes = self.most;
        }
    }

    /// Nothing came for a while: the room is small again, and what is not in use is given back.
    pub(crate) fn rest(&mut self, buffer: &mut BytesMut) {
        self.bytes = self.least;
        if buffer.is_empty() {
            *buffer = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_fills_its_room_is_given_more() {
        let mut room = Room::new(16, 256);
        let mut buffer = BytesMut::new();
        let first = room.reserve(&mut buffer);
        assert!((16..256).contains(&first));
        room.was_read(15, first);
        assert!(room.reserve(&mut buffer) < 256);
        room.was_read(first, first);
        assert!(room.reserve(&mut buffer) >= 256);
    }

    #[test]
    fn a_quiet_connection_keeps_no_room() {
        let mut room = Room::new(16, 256);
        let mut buffer = BytesMut::new();
        room.was_read(16, 16);
        room.reserve(&mut buffer);
        room.rest(&mut buffer);
        assert_eq!(buffer.capacity(), 0);
        assert!(room.reserve(&mut buffer) < 256);
    }

    #[test]
    fn what_was_read_is_kept_when_room_is_given_back() {
        let mut room = Room::new(16, 256);
        let mut buffer = BytesMut::from(&b"half a packet"[..]);
        room.rest(&mut buffer);
        assert_eq!(&buffer[..], b"half a packet");
    }
}
