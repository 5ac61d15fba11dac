//! `client ADDRESS USER PASSWORD SQL`: logs in, runs one query and prints each packet of the reply.

use std::error::Error;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use mysql_proto::frame::encode_packet;
use mysql_proto::handshake::client::{ClientLogin, LoginStep};
use mysql_proto::types::SequenceId;
use mysql_proto::{Command, PacketAssembler, ReplyTracker};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, user, password, sql] = &arguments[..] else {
        return Err("usage: client ADDRESS USER PASSWORD SQL".into());
    };
    let login = ClientLogin::new(user.as_bytes(), password.as_bytes());
    run(TcpStream::connect(address)?, login, sql, std::io::stdout())
}

pub(crate) fn run(
    stream: TcpStream,
    mut login: ClientLogin<'_>,
    sql: &str,
    mut shown: impl Write,
) -> Result<(), Box<dyn Error>> {
    let (mut stream, mut assembler) = (BufReader::new(stream), PacketAssembler::new(1 << 24));
    let mut tracker: Option<ReplyTracker> = None;
    while !tracker.as_ref().is_some_and(ReplyTracker::is_ended) {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        let Some(packet) = assembler.feed(&mut &byte[..])? else {
            continue;
        };
        let (mut sequence, mut answer) = (packet.sequence.next(), Vec::new());
        if let Some(tracker) = &mut tracker {
            writeln!(shown, "{:?}", tracker.next(packet.payload)?)?;
            continue;
        }
        match login.handle(packet.payload)? {
            LoginStep::Send(payload) => encode_packet(&payload, &mut sequence, &mut answer),
            LoginStep::Done(agreement) => {
                let (command, mut payload) = (Command::Query(sql.as_bytes()), Vec::new());
                command.encode(&mut payload);
                sequence = SequenceId::ZERO;
                encode_packet(&payload, &mut sequence, &mut answer);
                tracker = command
                    .reply_kind()
                    .map(|kind| ReplyTracker::new(kind, agreement));
            }
            LoginStep::Wait | LoginStep::StartTls(_) => {}
        }
        stream.get_mut().write_all(&answer)?;
        assembler.expect_sequence(sequence);
    }
    Ok(())
}
