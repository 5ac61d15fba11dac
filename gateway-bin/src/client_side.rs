//! The client's side of a session: its socket, what was read of it, and what it has yet to take.
//!
//! Waiting for the client to take something can be given up at any time without losing a byte, so
//! that a client that does not read holds up nothing but itself.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::client_socket::ClientSocket;
use crate::room::Room;

/// The client's side of a session.
#[derive(Debug)]
pub(crate) struct ClientSide {
    socket: ClientSocket,
    input: BytesMut,
    output: VecDeque<Bytes>,
    /// Some of what was written may still wait within TLS.
    unflushed: bool,
    room: Room,
}

/// What became of a turn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// The client has taken all that it was to take.
    Wrote,
    /// So many bytes were read; none at the end.
    Read(usize),
}

impl ClientSide {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket: ClientSocket::Plain(socket),
            input: BytesMut::new(),
            output: VecDeque::new(),
            unflushed: false,
            room: Room::new(QUIET_READ_BYTES, READ_BYTES),
        }
    }

    /// Appends to what the client is to take.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        self.output.push_back(bytes);
    }

    /// Whether the client has yet to take something.
    pub(crate) fn has_output(&self) -> bool {
        self.unflushed || !self.output.is_empty()
    }

    /// Whether more may be kept for a client that does not read: the rest of a row that was begun.
    pub(crate) fn has_room(&self) -> bool {
        self.output.iter().map(Bytes::len).sum::<usize>() < OUTPUT_BYTES_MAX
    }

    /// Writes all that the client is to take. What was taken when this is given up stays taken.
    ///
    /// # Errors
    /// When the client is gone, or takes nothing for as long as servers wait.
    pub(crate) async fn write(&mut self) -> io::Result<()> {
        self.unflushed = true;
        let written = self.socket.write_parts(&mut self.output, WRITE_TIME_MAX);
        written.await?;
        self.unflushed = false;
        Ok(())
    }

    /// Writes as much as the client takes at once.
    ///
    /// # Errors
    /// When the client is gone.
    pub(crate) async fn write_now(&mut self) -> io::Result<()> {
        if !self.has_output() {
            return Ok(());
        }
        let mut write = pin!(self.write());
        let once = poll_fn(|context| Poll::Ready(write.as_mut().poll(context)));
        match once.await {
            Poll::Ready(written) => written,
            Poll::Pending => Ok(()),
        }
    }

    /// Writes what is left for the client; if nothing is, reads. May be given up at any time.
    ///
    /// # Errors
    /// When the client is gone.
    pub(crate) async fn turn(&mut self, wants_more: bool) -> io::Result<Turn> {
        if self.has_output() {
            self.write().await?;
            return Ok(Turn::Wrote);
        }
        self.read(wants_more).await.map(Turn::Read)
    }

    /// Reads more, if more is wanted; else waits until the client is gone, which reads as the end.
    async fn read(&mut self, wanted: bool) -> io::Result<usize> {
        if !wanted {
            self.socket.closed().await;
            return Ok(0);
        }
        let room = self.room.reserve(&mut self.input);
        let read = self.socket.read_buf(&mut self.input).await?;
        self.room.was_read(read, room);
        Ok(read)
    }

    /// What was read.
    pub(crate) fn take_input(&mut self) -> BytesMut {
        self.input.split()
    }

    /// Gives back the room of a session that has been quiet.
    pub(crate) fn rest(&mut self) {
        self.room.rest(&mut self.input);
    }

    /// Begins TLS within that time; `early` was read too far and belongs to it.
    pub(crate) async fn start_tls(
        &mut self,
        acceptor: TlsAcceptor,
        early: Bytes,
        time_max: Duration,
    ) -> io::Result<()> {
        let plain = std::mem::replace(&mut self.socket, ClientSocket::Gone);
        let accepting = plain.start_tls(acceptor, early);
        self.socket = timeout(time_max, accepting)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(())
    }

    /// Writes what is left, and says goodbye.
    pub(crate) async fn farewell(mut self) {
        let parting = async {
            self.write().await?;
            self.socket.shutdown().await;
            io::Result::Ok(())
        };
        // The client may be gone; nothing is owed to it any more.
        let _: Result<io::Result<()>, _> = timeout(FAREWELL_TIME_MAX, parting).await;
    }
}

/// Room for a command of the usual length.
const QUIET_READ_BYTES: usize = 2 * 1024;
const READ_BYTES: usize = 16 * 1024;
/// As much as one read of a target becomes, and once more.
const OUTPUT_BYTES_MAX: usize = 256 * 1024;

/// A client that takes nothing for so long is gone: the servers' own `net_write_timeout`.
const WRITE_TIME_MAX: Duration = Duration::from_secs(60);

const FAREWELL_TIME_MAX: Duration = Duration::from_secs(10);
