//! Masked rows that keep their length: masked in the chunk in which they came, and passed on in it.

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use masking::error::MaskError;
use masking::stream::InPlace;
use mysql_proto::error::FrameError;
use mysql_proto::frame::HEADER_BYTES;

use crate::relay::Relay;
use crate::relay::RelayError;
use crate::relay::push_bytes;
use crate::relay::rows::MaskedRows;
use crate::relay::rows::Passed;
use crate::relay::rows::not_masked;

/// In front of what rows of a chunk are no longer masked where they lie.
enum Stop {
    /// What is no row, no whole row, or one row too many.
    Other,
    /// A row of so many bytes, of which so many are masked.
    Row { length: usize, masked: usize },
    /// A row of so many bytes that cannot be masked.
    Broken { length: usize, error: MaskError },
    /// A packet with the wrong number.
    OutOfOrder(FrameError),
}

impl Relay {
    /// Masks rows where they lie, up to the first that does not keep its length, which is copied.
    ///
    /// Only the rows that are masked whole are split off and passed on.
    pub(super) fn mask_in_place(
        &mut self,
        rows: &mut MaskedRows,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Option<Passed>, RelayError> {
        let mut chunk: &mut [u8] = input;
        let (length, mut done, mut left) = (chunk.len(), 0, self.rows_left());
        let stop = loop {
            let row = rows.reader.peek(chunk).filter(|beginning| {
                left > 0 && self.tracker.is_row(beginning.first, beginning.length)
            });
            if row.is_none() {
                break Stop::Other;
            }
            let packet = match rows.reader.next_whole(&mut chunk) {
                Ok(Some(packet)) => packet,
                Ok(None) => break Stop::Other,
                Err(error) => break Stop::OutOfOrder(error),
            };
            match rows.masker.mask_in_place(packet.payload) {
                Ok(InPlace::Whole) => {
                    packet.renumber(&mut self.sequence);
                    done = length - chunk.len();
                    left -= 1;
                    self.rows += 1;
                }
                Ok(InPlace::UpTo(masked)) => {
                    let length = packet.payload.len();
                    break Stop::Row { length, masked };
                }
                Err(error) => {
                    let length = packet.payload.len();
                    break Stop::Broken { length, error };
                }
            }
        };
        push_bytes(out, input.split_to(done).freeze());
        match stop {
            Stop::Other => Ok(None),
            Stop::Row { length, masked } => {
                input.advance(HEADER_BYTES);
                let row = input.split_to(length);
                self.copy_row(rows, &row, masked)
            }
            Stop::Broken { length, error } => {
                // It was read, and is not shown.
                input.advance(HEADER_BYTES + length);
                not_masked(&mut rows.writer, error).map(Some)
            }
            Stop::OutOfOrder(error) => Err(error.into()),
        }
    }

    /// Copies a row of which so much is masked already, and masks the rest.
    fn copy_row(
        &mut self,
        rows: &mut MaskedRows,
        row: &[u8],
        masked: usize,
    ) -> Result<Option<Passed>, RelayError> {
        let MaskedRows { masker, writer, .. } = rows;
        let (front, rest) = row.split_at_checked(masked).unwrap_or((&[], row));
        writer.reserve(row.len());
        writer.open();
        writer.payload().extend_from_slice(front);
        let masked = masker
            .mask_part(rest, writer.payload())
            .and_then(|()| masker.end_row());
        if let Err(error) = masked {
            return not_masked(writer, error).map(Some);
        }
        writer.close(&mut self.sequence);
        self.rows += 1;
        Ok(None)
    }
}
