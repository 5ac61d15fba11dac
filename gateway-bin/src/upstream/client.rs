//! The gateway's own statements: text in, rows out, over a connection of its own.

use std::time::Duration;

use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::limits::Limits;
use mysql_proto::row::text::TextRow;
use policy_core::server::Server;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

use super::connect::ConnectRequest;
use super::connect::connect;
use super::error::ConnectError;
use super::error::PacketError;
use super::error::QueryError;
use super::error::text;
use super::packets::Packets;
use super::stream::Stream;

/// One row of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row(Vec<Option<Vec<u8>>>);

impl Row {
    /// A row of these cells; `None` is NULL.
    #[must_use]
    pub fn new(cells: Vec<Option<Vec<u8>>>) -> Self {
        Self(cells)
    }

    /// The bytes of a cell; `None` when it is NULL or there is none at that place.
    #[must_use]
    pub fn bytes(&self, place: usize) -> Option<&[u8]> {
        self.0.get(place).and_then(Option::as_deref)
    }

    /// The text of a cell; `None` also when it is not UTF-8.
    #[must_use]
    pub fn text(&self, place: usize) -> Option<&str> {
        self.bytes(place)
            .and_then(|bytes| str::from_utf8(bytes).ok())
    }
}

/// A connection for statements of the gateway's own.
#[derive(Debug)]
pub struct Client {
    conversation: Conversation<Stream>,
    server: Server,
    version: String,
    offered: Capabilities,
    collation: u8,
    thread_id: u32,
}

impl Client {
    /// Connects and logs in.
    ///
    /// # Errors
    /// When the target cannot be reached, is not trusted, or refuses.
    pub async fn connect(request: &ConnectRequest<'_>) -> Result<Self, ConnectError> {
        let upstream = connect(request).await?;
        let mut limits = Limits::default();
        limits.packet_bytes_max = PACKET_BYTES_MAX;
        let packets = Packets::resume(upstream.stream, upstream.leftover, PACKET_BYTES_MAX);
        let agreement = Agreement::new(upstream.capabilities, limits);
        Ok(Self {
            conversation: Conversation {
                packets,
                agreement,
                whole: true,
            },
            server: upstream.server,
            version: upstream.version,
            offered: upstream.offered,
            collation: upstream.greeted_collation,
            thread_id: upstream.thread_id,
        })
    }

    /// Kind and version of the server.
    #[must_use]
    pub fn server(&self) -> Server {
        self.server
    }

    /// The version as the greeting tells it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the server can do, whether it was asked for or not.
    #[must_use]
    pub fn offered(&self) -> Capabilities {
        self.offered
    }

    /// The server's own collation, as its greeting tells it, or its lowest byte.
    #[must_use]
    pub fn collation(&self) -> u8 {
        self.collation
    }

    /// The server's number of this connection.
    #[must_use]
    pub fn thread_id(&self) -> u32 {
        self.thread_id
    }

    /// Runs one statement and gives all its rows; none for a statement without a result.
    ///
    /// # Errors
    /// When the server refuses it, or the connection fails. After any but the first the connection
    /// is of no further use.
    pub async fn query(&mut self, sql: &str, time_max: Duration) -> Result<Vec<Row>, QueryError> {
        match tokio::time::timeout(time_max, self.conversation.query(sql)).await {
            Ok(done) => done,
            Err(_) => Err(QueryError::TimeOut { limit: time_max }),
        }
    }

    /// Says goodbye, so that the server counts no aborted connection.
    pub async fn quit(mut self) {
        // The server answers by closing; whether it hears us does not matter any more.
        let told = self.conversation.packets.write_command(&[COM_QUIT]);
        drop(tokio::time::timeout(QUIT_TIME_MAX, told).await);
    }
}

/// Statements and answers over any stream.
#[derive(Debug)]
struct Conversation<S> {
    packets: Packets<S>,
    agreement: Agreement,
    /// Whether the last answer was read to its end.
    whole: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    async fn query(&mut self, sql: &str) -> Result<Vec<Row>, QueryError> {
        if !self.whole {
            return Err(QueryError::Stale);
        }
        self.whole = false;
        let mut command = Vec::with_capacity(sql.len().saturating_add(1));
        command.push(COM_QUERY);
        command.extend_from_slice(sql.as_bytes());
        self.packets.write_command(&command).await?;
        let mut tracker = ReplyTracker::new(ReplyKind::Query, self.agreement);
        let mut rows = Vec::new();
        let mut columns = 0;
        let mut bytes: usize = 0;
        loop {
            let payload = self.packets.read().await?;
            bytes = bytes.saturating_add(payload.len());
            if bytes > RESULT_BYTES_MAX {
                return Err(QueryError::TooLarge {
                    limit: RESULT_BYTES_MAX,
                });
            }
            match tracker.next(&payload).map_err(PacketError::from)? {
                Reply::ColumnCount(count) => columns = count,
                Reply::Column(_) | Reply::EndOfDefinitions(_) | Reply::Progress(_) => {}
                Reply::Row(row) => {
                    let cells = TextRow::new(row)
                        .decode(columns)
                        .map_err(PacketError::from)?;
                    let cells = cells.into_iter().map(|cell| cell.map(<[u8]>::to_vec));
                    rows.push(Row(cells.collect()));
                }
                Reply::Ok(end) | Reply::End(end) => {
                    // Of two results nobody could tell whose rows are whose.
                    if end.status.contains(StatusFlags::MORE_RESULTS_EXISTS) {
                        return Err(QueryError::Form);
                    }
                    self.whole = true;
                    return Ok(rows);
                }
                Reply::Err(error) => {
                    self.whole = true;
                    let message = text(&error.message);
                    return Err(QueryError::Server {
                        code: error.code,
                        message,
                    });
                }
                Reply::PrepareOk(_)
                | Reply::Parameter(_)
                | Reply::LocalInfile(_)
                | Reply::Statistics(_) => return Err(QueryError::Form),
            }
        }
    }
}

const COM_QUIT: u8 = 0x01;
const COM_QUERY: u8 = 0x03;
const PACKET_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Far over the catalog of a server with 100,000 tables.
const RESULT_BYTES_MAX: usize = 512 * 1024 * 1024;
const QUIT_TIME_MAX: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
