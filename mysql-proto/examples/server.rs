//! `server ADDRESS`: takes one client, whoever it is, and answers each query with what it said.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use mysql_proto::flags::Capabilities;
use mysql_proto::handshake::greeting::{Greeting, Salt};
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::response::err::{ErrPacket, SqlState};
use mysql_proto::response::{column::ColumnDefinition, ok::OkPacket, writer::ReplyWriter};
use mysql_proto::types::{ColumnType, SequenceId};
use mysql_proto::{Command, PacketAssembler, limits::Limits};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: server ADDRESS")?;
    serve(TcpListener::bind(address)?.accept()?.0)
}

pub(crate) fn serve(mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let (limits, mut chunk) = (Limits::default(), [0; 4096]);
    let (mut agreed, mut out) = (None, Vec::new());
    let offered = Capabilities::BASIC | Capabilities::DEPRECATE_EOF;
    let greeting = Greeting::new(b"9.7.0-example", Salt::from_random([7; 20]), offered);
    ReplyWriter::new(offered, SequenceId::ZERO, &mut out).greeting(&greeting)?;
    let mut assembler = PacketAssembler::new(limits.packet_bytes_max);
    assembler.expect_sequence(SequenceId::new(1));
    loop {
        stream.write_all(&std::mem::take(&mut out))?;
        let count = stream.read(&mut chunk)?;
        let mut input = chunk.get(..count).unwrap_or_default();
        if input.is_empty() {
            return Ok(());
        }
        while let Some(packet) = assembler.feed(&mut input)? {
            let capabilities = agreed.unwrap_or(offered);
            let mut reply = ReplyWriter::new(capabilities, packet.sequence.next(), &mut out);
            if agreed.is_none() {
                let login = HandshakeResponse::decode(packet.payload, &limits)?;
                agreed = Some(login.capabilities & offered);
                reply.ok(&OkPacket::default());
            } else if let Command::Query(sql) = Command::decode(packet.payload)? {
                reply.columns(&[ColumnDefinition::computed(
                    &b"you said"[..],
                    ColumnType::VarString,
                )]);
                reply.text_row([Some(sql)]);
                reply.end(&OkPacket::default());
            } else {
                reply.err(&ErrPacket::new(
                    1047,
                    SqlState::CONNECTION,
                    &b"only queries here"[..],
                ));
            }
            assembler.expect_sequence(SequenceId::ZERO);
        }
    }
}
