//! A small client of the binary protocol, so that the demo can prepare a statement as drivers do.
//!
//! The command line clients of MySQL and MariaDB speak the text protocol only.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Buf;
use bytes::BytesMut;
use mysql_proto::command::Command;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::limits::Limits;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::value::Value;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::Execute;
use mysql_proto::statement::StatementId;
use mysql_proto::statement::encode_parameters;
use mysql_proto::types::ColumnType;
use mysql_proto::types::SequenceId;
use mysql_proto::types::ValueType;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use crate::config::target::DatabaseUser;
use crate::config::target::TargetSettings;
use crate::upstream::connect::ConnectRequest;
use crate::upstream::connect::connect;
use crate::upstream::stream::Stream;

/// Prepares a statement with one integer parameter, executes it, and gives its rows as text.
///
/// # Errors
/// The connection fails, or a statement is refused, with the server's words.
pub async fn run(
    target: &TargetSettings,
    user: &Arc<DatabaseUser>,
    sql: &str,
    parameter: i64,
) -> anyhow::Result<Vec<String>> {
    let work = async {
        let mut request = ConnectRequest::own(target, user);
        request.client_capabilities = Capabilities::empty();
        let upstream = connect(&request).await.context("cannot log in")?;
        let limits = Limits::default();
        let mut conversation = Conversation {
            assembler: PacketAssembler::new(limits.packet_bytes_max),
            agreement: Agreement::new(upstream.capabilities, limits),
            input: upstream.leftover,
            stream: upstream.stream,
        };
        let statement = conversation.prepare(sql).await?;
        let rows = conversation.execute(statement, parameter).await?;
        conversation.send(&Command::Quit).await?;
        Ok(rows)
    };
    tokio::time::timeout(TIME_MAX, work)
        .await
        .context("no answer in time")?
}

struct Conversation {
    stream: Stream,
    input: BytesMut,
    assembler: PacketAssembler,
    agreement: Agreement,
}

impl Conversation {
    async fn prepare(&mut self, sql: &str) -> anyhow::Result<StatementId> {
        self.send(&Command::StmtPrepare(sql.as_bytes())).await?;
        let mut tracker = ReplyTracker::new(ReplyKind::Prepare, self.agreement);
        let mut statement = None;
        while !tracker.is_ended() {
            let payload = self.read().await?;
            match tracker.next(&payload)? {
                Reply::PrepareOk(prepared) => statement = Some(prepared.statement_id),
                Reply::Err(error) => return Err(refusal(error.code, &error.message)),
                // The parameters and columns are told again with the result.
                Reply::Parameter(_) | Reply::Column(_) | Reply::EndOfDefinitions(_) => {}
                Reply::Ok(_)
                | Reply::ColumnCount(_)
                | Reply::Row(_)
                | Reply::End(_)
                | Reply::LocalInfile(_)
                | Reply::Statistics(_)
                | Reply::Progress(_) => anyhow::bail!("not the reply to a prepare"),
            }
        }
        statement.context("the statement was not prepared")
    }

    async fn execute(
        &mut self,
        statement_id: StatementId,
        parameter: i64,
    ) -> anyhow::Result<Vec<String>> {
        let value_type = ValueType {
            column_type: ColumnType::LongLong,
            unsigned: false,
        };
        let mut parameters = Vec::new();
        let encoded = encode_parameters(&[(value_type, Value::Int(parameter))], &mut parameters);
        anyhow::ensure!(encoded, "the parameter cannot be sent");
        let execute = Execute {
            statement_id,
            cursor: CursorFlags::empty(),
            iterations: 1,
            parameters: &parameters,
        };
        self.send(&Command::StmtExecute(execute)).await?;
        let mut tracker = ReplyTracker::new(ReplyKind::Execute, self.agreement);
        let mut types = Vec::new();
        let mut rows = Vec::new();
        while !tracker.is_ended() {
            let payload = self.read().await?;
            match tracker.next(&payload)? {
                Reply::Column(column) => types.push(column.value_type()),
                Reply::Row(row) => {
                    let cells = BinaryRow::new(row, types.len())?.decode(&types)?;
                    let cells: Vec<String> = cells.iter().map(shown).collect();
                    rows.push(cells.join("  "));
                }
                Reply::Err(error) => return Err(refusal(error.code, &error.message)),
                Reply::ColumnCount(_) | Reply::EndOfDefinitions(_) | Reply::End(_) => {}
                Reply::Ok(_)
                | Reply::PrepareOk(_)
                | Reply::Parameter(_)
                | Reply::LocalInfile(_)
                | Reply::Statistics(_)
                | Reply::Progress(_) => anyhow::bail!("not a result with rows"),
            }
        }
        Ok(rows)
    }

    async fn send(&mut self, command: &Command<'_>) -> anyhow::Result<()> {
        let mut payload = Vec::new();
        command.encode(&mut payload);
        let mut sequence = SequenceId::ZERO;
        let mut bytes = Vec::new();
        encode_packet(&payload, &mut sequence, &mut bytes);
        self.assembler.expect_sequence(sequence);
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await?;
        Ok(())
    }

    async fn read(&mut self) -> anyhow::Result<Vec<u8>> {
        loop {
            let mut rest: &[u8] = &self.input;
            let packet = self.assembler.feed(&mut rest)?;
            let payload = packet.map(|packet| packet.payload.to_vec());
            let used = self.input.len().saturating_sub(rest.len());
            self.input.advance(used);
            if let Some(payload) = payload {
                return Ok(payload);
            }
            let read = self.stream.read_buf(&mut self.input).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
        }
    }
}

fn refusal(code: u16, message: &[u8]) -> anyhow::Error {
    anyhow::anyhow!("ERROR {code}: {}", String::from_utf8_lossy(message))
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::DateTime(time) => format!("{:04}-{:02}-{:02}", time.year, time.month, time.day),
        Value::Time(time) => format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

const TIME_MAX: Duration = Duration::from_secs(20);
