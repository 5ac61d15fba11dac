//! What a target has yet to take.
//!
//! Waiting for it can be given up at any time without losing a byte, so that a target that does not
//! read, as in the midst of a file while it waits for a lock, keeps nobody from stopping its statement.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::io::IoSlice;
use std::pin::pin;
use std::task::Poll;

use bytes::Buf;
use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;

/// What a target has yet to take.
#[derive(Debug, Default)]
pub(crate) struct TargetOut {
    parts: VecDeque<Bytes>,
    /// Some of what was written may still wait within TLS.
    unflushed: bool,
}

impl TargetOut {
    /// Appends to it.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        self.parts.push_back(bytes);
        self.unflushed = true;
    }

    /// Whether the target has taken all of it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.unflushed && self.parts.is_empty()
    }

    /// Forgets it.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Writes all of it. When this is given up, what was not taken is kept. When the target is gone,
    /// nothing is: the next read says so.
    pub(crate) async fn write(&mut self, stream: &mut (impl AsyncWrite + Unpin)) {
        if self.try_write(stream).await.is_err() {
            self.clear();
        }
    }

    /// Writes as much as the target takes at once.
    pub(crate) async fn write_now(&mut self, stream: &mut (impl AsyncWrite + Unpin)) {
        if self.is_empty() {
            return;
        }
        let mut write = pin!(self.write(stream));
        poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_ready())).await;
    }

    async fn try_write(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        while !self.parts.is_empty() {
            let slices: Vec<IoSlice<'_>> =
                self.parts.iter().map(|part| IoSlice::new(part)).collect();
            let mut written = stream.write_vectored(&slices).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            while let Some(part) = self.parts.front_mut()
                && written > 0
            {
                let taken = written.min(part.len());
                part.advance(taken);
                written -= taken;
                if part.is_empty() {
                    self.parts.pop_front();
                }
            }
        }
        stream.flush().await?;
        self.unflushed = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    fn filled(parts: &[&'static [u8]]) -> TargetOut {
        let mut out = TargetOut::default();
        for part in parts {
            out.push(Bytes::from_static(part));
        }
        out
    }

    #[tokio::test]
    async fn what_is_not_taken_is_kept_whole_and_in_order() {
        let (mut ours, mut theirs) = tokio::io::duplex(5);
        let mut out = filled(&[b"abc", b"defg", b"hij"]);
        out.write_now(&mut ours).await;
        assert!(!out.is_empty());
        let mut read = Vec::new();
        while !out.is_empty() {
            let mut buffer = [0; 2];
            let count = theirs.read(&mut buffer).await.unwrap();
            read.extend_from_slice(&buffer[..count]);
            out.write_now(&mut ours).await;
        }
        drop(ours);
        theirs.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"abcdefghij");
    }

    #[tokio::test]
    async fn nothing_is_kept_for_a_target_that_is_gone() {
        let (mut ours, theirs) = tokio::io::duplex(2);
        let mut out = filled(&[b"abcdef"]);
        out.write_now(&mut ours).await;
        drop(theirs);
        out.write(&mut ours).await;
        assert!(out.is_empty());
    }
}
