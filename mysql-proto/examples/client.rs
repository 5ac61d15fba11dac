//! Logs in with `mysql_native_password`, runs one query and prints its rows.
//!
//! `cargo run -p mysql-proto --example client -- 127.0.0.1:3306 user password 'select 1'`

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use mysql_proto::command::Command;
use mysql_proto::exchange::{Agreement, Reply, ReplyKind, ReplyTracker};
use mysql_proto::flags::{Capabilities, MariaDbCapabilities};
use mysql_proto::frame::{PacketAssembler, encode_packet};
use mysql_proto::handshake::auth::{AuthReply, MYSQL_NATIVE_PASSWORD};
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::login::{AuthResponse, HandshakeResponse};
use mysql_proto::handshake::scramble::native_password;
use mysql_proto::limits::Limits;
use mysql_proto::row::text::TextRow;
use mysql_proto::types::SequenceId;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, user, password, sql] = &arguments[..] else {
        return Err("usage: client ADDRESS USER PASSWORD SQL".into());
    };
    let mut connection = Connection::new(TcpStream::connect(address)?);
    let first = connection.read()?;
    let greeting = Greeting::decode(&first)?;
    let wanted = Capabilities::PROTOCOL_41
        | Capabilities::LONG_PASSWORD
        | Capabilities::SECURE_CONNECTION
        | Capabilities::PLUGIN_AUTH
        | Capabilities::SESSION_TRACK
        | Capabilities::DEPRECATE_EOF;
    let capabilities = wanted & (greeting.capabilities | Capabilities::LONG_PASSWORD);
    let mut login = Vec::new();
    HandshakeResponse {
        capabilities,
        mariadb_capabilities: MariaDbCapabilities::empty(),
        packet_bytes_max: 1 << 24,
        collation: 45,
        user: user.as_bytes(),
        auth_response: AuthResponse::new(&native_password(password.as_bytes(), &greeting.salt)),
        database: None,
        auth_plugin: Some(MYSQL_NATIVE_PASSWORD),
        attributes: Vec::new(),
        zstd_level: None,
    }
    .encode(&mut login)?;
    connection.write(&login, SequenceId::new(1))?;
    connection.assembler.expect_sequence(SequenceId::new(2));
    let reply = connection.read()?;
    let AuthReply::Ok(_) = AuthReply::decode(&reply)? else {
        return Err(format!("login refused: {}", String::from_utf8_lossy(&reply)).into());
    };

    let mut query = Vec::new();
    Command::Query(sql.as_bytes()).encode(&mut query);
    connection.write(&query, SequenceId::ZERO)?;
    connection.assembler.expect_sequence(SequenceId::new(1));
    let agreement = Agreement::new(capabilities, Limits::default());
    let mut tracker = ReplyTracker::new(ReplyKind::Query, agreement);
    while !tracker.is_ended() {
        let packet = connection.read()?;
        let reply = tracker.next(&packet)?;
        let Reply::Row(row) = reply else {
            println!("{reply:?}");
            continue;
        };
        let cells: Vec<_> = TextRow::new(row).cells().collect::<Result<_, _>>()?;
        let cells = cells.iter().map(|cell| cell.unwrap_or(b"NULL"));
        let cells: Vec<_> = cells.map(String::from_utf8_lossy).collect();
        println!("{}", cells.join("\t"));
    }
    Ok(())
}

/// A socket that speaks in packets.
struct Connection {
    stream: TcpStream,
    assembler: PacketAssembler,
    input: Vec<u8>,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            assembler: PacketAssembler::new(1 << 24),
            input: Vec::new(),
        }
    }

    fn read(&mut self) -> Result<Vec<u8>, Box<dyn Error>> {
        loop {
            let mut rest = &self.input[..];
            let packet = self.assembler.feed(&mut rest)?;
            let payload = packet.map(|packet| packet.payload.to_vec());
            let used = self.input.len() - rest.len();
            self.input.drain(..used);
            if let Some(payload) = payload {
                return Ok(payload);
            }
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk)? {
                0 => return Err("the server has closed the connection".into()),
                read => self.input.extend(chunk.iter().take(read)),
            }
        }
    }

    fn write(&mut self, payload: &[u8], sequence: SequenceId) -> std::io::Result<()> {
        let mut out = Vec::new();
        encode_packet(payload, &mut sequence.clone(), &mut out);
        self.stream.write_all(&out)
    }
}
