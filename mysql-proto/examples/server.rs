//! Takes one client without asking who it is, and answers each query with one row.
//!
//! `cargo run -p mysql-proto --example server`, then connect to the address that it prints.

#![expect(clippy::print_stdout, reason = "an example shows where it listens")]

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use mysql_proto::command::Command;
use mysql_proto::flags::{Capabilities, MariaDbCapabilities, StatusFlags};
use mysql_proto::frame::{PacketAssembler, encode_packet};
use mysql_proto::handshake::greeting::{Greeting, Salt};
use mysql_proto::handshake::login::ClientHello;
use mysql_proto::limits::Limits;
use mysql_proto::response::column::{ColumnDefinition, encode_column_count};
use mysql_proto::response::eof::EofPacket;
use mysql_proto::response::err::{ErrPacket, SqlState};
use mysql_proto::response::ok::{OkForm, OkPacket};
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::types::{ColumnType, SequenceId};

const OFFERED: Capabilities = Capabilities::PROTOCOL_41
    .union(Capabilities::SECURE_CONNECTION)
    .union(Capabilities::PLUGIN_AUTH)
    .union(Capabilities::LONG_PASSWORD)
    .union(Capabilities::DEPRECATE_EOF);

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    serve(listener.accept()?.0)
}

fn serve(mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let mut greeting = Vec::new();
    Greeting {
        server_version: b"8.4.0-example",
        connection_id: 1,
        salt: Salt::from_random([b'x'; 20]), // a real server draws it
        capabilities: OFFERED,
        mariadb_capabilities: MariaDbCapabilities::empty(),
        collation: 45,
        status: StatusFlags::AUTOCOMMIT,
        auth_plugin: b"mysql_native_password",
    }
    .encode(&mut greeting)?;
    send(&mut stream, &[greeting], SequenceId::ZERO)?;
    let limits = Limits::default();
    let mut assembler = PacketAssembler::new(limits.packet_bytes_max);
    assembler.expect_sequence(SequenceId::new(1));
    let mut agreed = None;
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk)?;
        let mut input = chunk.get(..read).unwrap_or_default();
        if input.is_empty() {
            return Ok(());
        }
        while let Some(packet) = assembler.feed(&mut input)? {
            let next = packet.sequence.next();
            let packets = match agreed {
                None => {
                    let ClientHello::Login(login) = ClientHello::decode(packet.payload, &limits)?
                    else {
                        return Err("the client asks for TLS".into());
                    };
                    agreed = Some(login.capabilities & OFFERED);
                    vec![ok(OkForm::Reply, OFFERED)]
                }
                Some(capabilities) => answer(Command::decode(packet.payload)?, capabilities),
            };
            send(&mut stream, &packets, next)?;
            assembler.expect_sequence(SequenceId::ZERO);
        }
    }
}

fn answer(command: Command<'_>, capabilities: Capabilities) -> Vec<Vec<u8>> {
    let Command::Query(sql) = command else {
        let mut error = Vec::new();
        ErrPacket::new(1047, SqlState::CONNECTION, &b"only queries here"[..]).encode(&mut error);
        return vec![error];
    };
    let (mut count, mut column, mut row) = (Vec::new(), Vec::new(), Vec::new());
    encode_column_count(1, &mut count);
    ColumnDefinition::computed(&b"you said"[..], ColumnType::VarString).encode(&mut column);
    TextRowBuilder::new(&mut row).push(Some(sql));
    if capabilities.contains(Capabilities::DEPRECATE_EOF) {
        return vec![count, column, row, ok(OkForm::End, capabilities)];
    }
    let mut eof = Vec::new();
    EofPacket::default().encode(&mut eof);
    vec![count, column, eof.clone(), row, eof]
}

fn ok(form: OkForm, capabilities: Capabilities) -> Vec<u8> {
    let mut out = Vec::new();
    OkPacket::default().encode(form, capabilities, &mut out);
    out
}

fn send(stream: &mut TcpStream, payloads: &[Vec<u8>], first: SequenceId) -> std::io::Result<()> {
    let (mut sequence, mut out) = (first, Vec::new());
    for payload in payloads {
        encode_packet(payload, &mut sequence, &mut out);
    }
    stream.write_all(&out)
}
