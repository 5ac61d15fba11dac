//! The examples of client and server talk to each other, and each is short enough to be read.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::TcpListener;
use std::net::TcpStream;

use mysql_proto::handshake::client::ClientLogin;

#[expect(dead_code, reason = "an example has a main of its own")]
#[path = "../examples/client.rs"]
mod client;

#[expect(dead_code, reason = "an example has a main of its own")]
#[path = "../examples/server.rs"]
mod server;

fn ask(sql: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let accepted = listener.accept().unwrap().0;
    let serving = std::thread::spawn(move || server::serve(accepted).map_err(|e| e.to_string()));
    let mut shown = Vec::new();
    client::run(stream, ClientLogin::new(b"a", b"b"), sql, &mut shown).unwrap();
    serving.join().unwrap().unwrap();
    String::from_utf8(shown).unwrap()
}

#[test]
fn the_client_gets_the_row_of_the_server() {
    let shown = ask("SELECT 1");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 4, "{shown}");
    assert_eq!(lines[0], "ColumnCount(1)");
    assert!(lines[1].starts_with("Column("));
    assert!(lines[2].starts_with("Row("));
    assert!(lines[3].starts_with("End("));
}

#[test]
fn a_query_longer_than_what_is_read_at_once_comes_back() {
    let shown = ask(&"x".repeat(10_000));
    assert_eq!(shown.lines().count(), 4);
    assert!(shown.len() > 10_000);
}

#[test]
fn examples_stay_short() {
    for text in [
        include_str!("../examples/client.rs"),
        include_str!("../examples/server.rs"),
    ] {
        assert!(text.lines().count() < 60, "{}", text.lines().count());
    }
}
