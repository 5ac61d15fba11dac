//! Session tracking: a client that asked gets what the target has on, and what the gateway turned on stays here.

use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::limits::Limits;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::response::ok::SessionChange;

use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;

const ASKS: Capabilities = Capabilities::SESSION_TRACK;

fn pair(more: Capabilities, tracks: [&'static str; 4]) -> Pair {
    let mut pair = Pair::new();
    pair.target.tracks = tracks;
    let login = Login {
        capabilities: Login::default().capabilities | more,
        ..Login::default()
    };
    Pair::ready_with(pair, &login)
}

/// The changes that an answer of this kind tells the client of.
fn told(pair: &mut Pair, text: &str, changes: Vec<SessionChange<'static>>) -> Vec<String> {
    let ok = OkPacket {
        status: StatusFlags::AUTOCOMMIT,
        session_changes: changes,
        ..OkPacket::default()
    };
    let mut payload = Vec::new();
    ok.encode(OkForm::Reply, ASKS, &mut payload);
    pair.target
        .replies
        .push_back(Reply::Payloads(vec![payload]));
    pair.command(&with_byte(3, text.as_bytes()));
    let (_, payload) = pair.packet().expect("an answer");
    assert_eq!(payload[0], 0, "{payload:?}");
    let (_, ok) = OkPacket::decode(&payload, ASKS, &Limits::default()).unwrap();
    let changes = ok.session_changes.iter();
    changes.map(|change| format!("{change:?}")).collect()
}

fn variable(name: &'static [u8], value: &'static [u8]) -> SessionChange<'static> {
    SessionChange::SystemVariable { name, value }
}

#[test]
fn what_only_the_gateway_turned_on_is_not_told() {
    let mut pair = pair(ASKS, ["time_zone", "0", "0", "OFF"]);
    let changes = vec![
        variable(b"time_zone", b"UTC"),
        variable(b"autocommit", b"ON"),
        SessionChange::Schema(b"shop"),
        SessionChange::StateChange(b"1"),
        SessionChange::TransactionState(b"T_______"),
    ];
    let told = told(&mut pair, "SET time_zone = 'UTC'", changes.clone());
    let expected = [&changes[0], &changes[4]];
    assert_eq!(told, expected.map(|change| format!("{change:?}")));
}

#[test]
fn ids_of_transactions_are_not_told_while_anything_is_protected() {
    let mut pair = pair(ASKS, ["*", "1", "1", "STATE"]);
    let gtids = SessionChange::Gtids {
        encoding: 0,
        ids: b"a-b:7",
    };
    assert_eq!(told(&mut pair, "COMMIT", vec![gtids]), [""; 0]);
}

#[test]
fn states_of_transactions_are_turned_off_while_anything_is_protected() {
    let mut pair = Pair::new();
    pair.target.tracks = ["", "0", "0", "CHARACTERISTICS"];
    let login = Login {
        capabilities: Login::default().capabilities | ASKS,
        ..Login::default()
    };
    pair.log_in(&login);
    let own = pair.target.seen.iter().filter_map(|seen| match seen {
        Seen::Own(text) => Some(text.split('=').next().unwrap_or_default()),
        Seen::Command(_) => None,
    });
    let off = "SET SESSION session_track_transaction_info";
    let on = "SET SESSION session_track_system_variables";
    let own: Vec<&str> = own.collect();
    assert!(own[0].starts_with("SELECT @@session_track"), "{own:?}");
    assert_eq!(own[1..3], [off, on]);
}

#[test]
fn a_client_that_did_not_ask_is_told_nothing_and_nothing_is_asked_for_it() {
    let mut pair = Pair::new();
    pair.target.tracks = ["*", "1", "1", "CHARACTERISTICS"];
    pair.log_in(&Login::default());
    let asked =
        |seen: &Seen| matches!(seen, Seen::Own(text) if text.starts_with("SELECT @@session_track"));
    assert!(!pair.target.seen.iter().any(asked));
    pair.target.logged_in = true;
    let changes = vec![
        SessionChange::Schema(b"shop"),
        variable(b"time_zone", b"UTC"),
    ];
    assert_eq!(told(&mut pair, "SET time_zone = 'UTC'", changes), [""; 0]);
}

#[test]
fn a_reset_begins_with_what_the_target_has_on_by_then() {
    let mut pair = pair(ASKS, ["time_zone", "1", "0", "OFF"]);
    pair.target.tracks = ["", "1", "0", "OFF"];
    pair.command(&[0x1f]);
    pair.packet().expect("an OK");
    let changes = vec![
        variable(b"time_zone", b"UTC"),
        SessionChange::Schema(b"shop"),
    ];
    let told = told(&mut pair, "SET time_zone = 'UTC'", changes.clone());
    assert_eq!(told, [format!("{:?}", changes[1])]);
}

#[test]
fn a_target_that_does_not_say_what_it_tracks_ends_the_login() {
    let mut pair = Pair::new();
    pair.target.refuses_own = Some("SELECT @@session_track");
    let login = Login {
        capabilities: Login::default().capabilities | ASKS,
        ..Login::default()
    };
    let got = pair.log_in(&login);
    assert!(got.failure().1.contains("[POSTERN-"), "{got:?}");
}
