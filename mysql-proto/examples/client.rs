//! `client ADDRESS USER PASSWORD SQL`: logs in with `mysql_native_password`, prints one reply.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use mysql_proto::command::Command;
use mysql_proto::exchange::{Agreement, ReplyKind, ReplyTracker};
use mysql_proto::flags::{Capabilities, MariaDbCapabilities};
use mysql_proto::frame::{PacketAssembler, encode_packet};
use mysql_proto::handshake::auth::{AuthReply, MYSQL_NATIVE_PASSWORD};
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::login::{AuthResponse, HandshakeResponse};
use mysql_proto::handshake::scramble::native_password;
use mysql_proto::limits::Limits;
use mysql_proto::types::SequenceId;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, user, password, sql] = &arguments[..] else {
        return Err("usage: client ADDRESS USER PASSWORD SQL".into());
    };
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    let mut assembler = PacketAssembler::new(1 << 24);
    let first = read(&mut stream, &mut assembler)?;
    let greeting = Greeting::decode(&first)?;
    let capabilities = Capabilities::PROTOCOL_41
        | Capabilities::SECURE_CONNECTION
        | Capabilities::PLUGIN_AUTH
        | (Capabilities::DEPRECATE_EOF & greeting.capabilities);
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
    write(&mut stream, &login, SequenceId::new(1))?;
    assembler.expect_sequence(SequenceId::new(2));
    let reply = read(&mut stream, &mut assembler)?;
    let AuthReply::Ok(_) = AuthReply::decode(&reply)? else {
        return Err(String::from_utf8_lossy(&reply).into());
    };
    let mut query = Vec::new();
    Command::Query(sql.as_bytes()).encode(&mut query);
    write(&mut stream, &query, SequenceId::ZERO)?;
    assembler.expect_sequence(SequenceId::new(1));
    let agreement = Agreement::new(capabilities, Limits::default());
    let mut tracker = ReplyTracker::new(ReplyKind::Query, agreement);
    while !tracker.is_ended() {
        println!("{:?}", tracker.next(&read(&mut stream, &mut assembler)?)?);
    }
    Ok(())
}

fn read(
    stream: &mut BufReader<TcpStream>,
    assembler: &mut PacketAssembler,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    loop {
        let mut input = stream.fill_buf()?;
        let before = input.len();
        let packet = assembler.feed(&mut input)?;
        let (payload, used) = (
            packet.map(|packet| packet.payload.to_vec()),
            before - input.len(),
        );
        stream.consume(used);
        match payload {
            Some(payload) => return Ok(payload),
            None if before == 0 => return Err("the server has gone".into()),
            None => {}
        }
    }
}

fn write(
    stream: &mut BufReader<TcpStream>,
    payload: &[u8],
    mut sequence: SequenceId,
) -> std::io::Result<()> {
    let mut out = Vec::new();
    encode_packet(payload, &mut sequence, &mut out);
    stream.get_mut().write_all(&out)
}
