//! Scripted answers at the other end of a pipe.

use mysql_proto::flags::Capabilities;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::err::SqlState;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::types::SequenceId;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::DuplexStream;

use super::*;

const CAPABILITIES: Capabilities = Capabilities::DEPRECATE_EOF;

/// Answers one command with these payloads.
async fn answer(server: &mut DuplexStream, payloads: &[Vec<u8>]) {
    let mut header = [0; 4];
    server.read_exact(&mut header).await.unwrap();
    assert_eq!(header[3], 0, "a command has the number zero");
    let mut command = vec![0; usize::from(header[0])];
    server.read_exact(&mut command).await.unwrap();
    let mut sequence = SequenceId::new(1);
    let mut bytes = Vec::new();
    for payload in payloads {
        encode_packet(payload, &mut sequence, &mut bytes);
    }
    server.write_all(&bytes).await.unwrap();
}

fn pipe() -> (Conversation<DuplexStream>, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let conversation = Conversation {
        packets: Packets::new(ours, 1 << 20),
        agreement: Agreement::new(CAPABILITIES, Limits::default()),
        whole: true,
    };
    (conversation, theirs)
}

fn column() -> Vec<u8> {
    let mut payload = Vec::new();
    for text in ["def", "", "", "", "a", ""] {
        payload.push(u8::try_from(text.len()).unwrap());
        payload.extend_from_slice(text.as_bytes());
    }
    // Twelve bytes follow: collation, length, type, flags, decimals, filler.
    payload.extend_from_slice(&[12, 45, 0, 4, 0, 0, 0, 0xfd, 0, 0, 0, 0, 0]);
    payload
}

fn end(form: OkForm, status: StatusFlags) -> Vec<u8> {
    let mut payload = Vec::new();
    OkPacket {
        status,
        ..OkPacket::default()
    }
    .encode(form, CAPABILITIES, &mut payload);
    payload
}

fn error() -> Vec<u8> {
    let mut payload = Vec::new();
    ErrPacket::new(1064, SqlState::ACCESS, &b"no"[..]).encode(&mut payload);
    payload
}

#[tokio::test]
async fn rows_come_with_their_nulls() {
    let (mut client, mut server) = pipe();
    let done = end(OkForm::End, StatusFlags::AUTOCOMMIT);
    let payloads = [
        vec![1],
        column(),
        b"\x02hi".to_vec(),
        vec![0xfb],
        vec![0],
        done,
    ];
    let (rows, ()) = tokio::join!(client.query("select"), answer(&mut server, &payloads));
    let cells: Vec<_> = rows
        .unwrap()
        .iter()
        .map(|row| row.text(0).map(str::to_owned))
        .collect();
    assert_eq!(cells, [Some("hi".to_owned()), None, Some(String::new())]);
}

#[tokio::test]
async fn a_refused_statement_leaves_the_connection_usable() {
    let (mut client, mut server) = pipe();
    let payloads = [error()];
    let (refused, ()) = tokio::join!(client.query("x"), answer(&mut server, &payloads));
    assert!(matches!(
        refused,
        Err(QueryError::Server { code: 1064, .. })
    ));
    let payloads = [end(OkForm::Reply, StatusFlags::AUTOCOMMIT)];
    let (rows, ()) = tokio::join!(client.query("set"), answer(&mut server, &payloads));
    assert_eq!(rows.unwrap(), Vec::<Row>::new());
}

#[tokio::test]
async fn an_error_in_the_midst_of_rows_is_an_error() {
    let (mut client, mut server) = pipe();
    let payloads = [vec![1], column(), b"\x02hi".to_vec(), error()];
    let (refused, ()) = tokio::join!(client.query("x"), answer(&mut server, &payloads));
    assert!(matches!(refused, Err(QueryError::Server { .. })));
}

#[tokio::test]
async fn a_row_of_another_width_ends_the_connection() {
    let (mut client, mut server) = pipe();
    let payloads = [vec![1], column(), b"\x02hi\x02hi".to_vec()];
    let (refused, ()) = tokio::join!(client.query("x"), answer(&mut server, &payloads));
    assert!(matches!(
        refused,
        Err(QueryError::Packet(PacketError::Decode(_)))
    ));
    assert!(matches!(client.query("y").await, Err(QueryError::Stale)));
}

#[tokio::test]
async fn a_second_result_is_refused() {
    let (mut client, mut server) = pipe();
    let payloads = [end(OkForm::Reply, StatusFlags::MORE_RESULTS_EXISTS)];
    let (refused, ()) = tokio::join!(client.query("x"), answer(&mut server, &payloads));
    assert!(matches!(refused, Err(QueryError::Form)));
    assert!(matches!(client.query("y").await, Err(QueryError::Stale)));
}

#[tokio::test]
async fn a_server_that_goes_away_is_an_error() {
    let (mut client, server) = pipe();
    drop(server);
    assert!(matches!(
        client.query("x").await,
        Err(QueryError::Packet(_))
    ));
}
