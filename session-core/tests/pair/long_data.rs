//! Parameters that are sent ahead: short ones wait for their EXECUTE, long ones pass as they come, and
//! no other EXECUTE finds any of it.
//!
//! The pair itself compares what each EXECUTE finds at the target with what its intent tells.

use audit_log::Event as Written;
use audit_log::statement::ParameterValue;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::frame::PHYSICAL_BYTES_MAX;
use mysql_proto::frame::encode_packet;
use mysql_proto::types::SequenceId;
use policy_core::approval::Binding;
use proptest::prelude::*;
use session_core::event::ApprovalAnswer;
use session_core::event::Event;
use session_core::session::Session;

use crate::approvals;
use crate::pair::Cut;
use crate::pair::Did;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::failure;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::world;

/// More than is kept of one parameter.
const LONG: usize = 70_000;

const INSERT: &str = "INSERT INTO shop.orders (id, total) VALUES (?, ?)";
/// Needs an approval.
const UPDATE: &str = "UPDATE shop.payments SET amount = ? WHERE id = ?";

fn long(id: u32, parameter: u16, data: &[u8]) -> Vec<u8> {
    let mut payload = with_byte(0x18, &id.to_le_bytes());
    payload.extend(parameter.to_le_bytes());
    payload.extend_from_slice(data);
    payload
}

fn execute(id: u32, rest: &[u8]) -> Vec<u8> {
    let mut payload = with_byte(0x17, &id.to_le_bytes());
    payload.extend_from_slice(&[0, 1, 0, 0, 0]);
    payload.extend_from_slice(rest);
    payload
}

/// Two texts: the first was sent ahead.
const AHEAD: &[u8] = b"\0\x01\xfd\0\xfd\0\x01b";
/// Two texts: both were.
const BOTH: &[u8] = b"\0\x01\xfd\0\xfd\0";
/// Two texts: none was.
const INLINE: &[u8] = b"\0\x01\xfd\0\xfd\0\x01a\x01b";

fn reset(id: u32) -> Vec<u8> {
    with_byte(0x1a, &id.to_le_bytes())
}

fn close(id: u32) -> Vec<u8> {
    with_byte(0x19, &id.to_le_bytes())
}

fn prepare(pair: &mut Pair, id: u32, text: &str) {
    let (parameters, definitions) = (2, vec![]);
    let prepared = Reply::Prepared {
        id,
        parameters,
        definitions,
    };
    pair.prepare(text, prepared).prepared();
}

/// A session in which statement 5 is prepared.
fn ready() -> Pair {
    let mut pair = Pair::ready();
    prepare(&mut pair, 5, INSERT);
    pair
}

/// The bytes of the commands with this first byte that the target saw.
fn seen(pair: &Pair, byte: u8) -> Vec<Vec<u8>> {
    let commands = pair.commands_seen();
    let of_it = commands.iter().filter(|command| command[0] == byte);
    of_it.map(|command| command[1..].to_vec()).collect()
}

/// How much data the target saw.
fn passed(pair: &Pair) -> usize {
    seen(pair, 0x18).iter().map(|piece| piece.len() - 6).sum()
}

fn parameters(pair: &Pair) -> Vec<&ParameterValue> {
    let intents = pair.written().into_iter().filter_map(|event| match event {
        Written::Intent(intent) if &*intent.command == "stmt_execute" => Some(intent),
        _ => None,
    });
    let parameters = intents.flat_map(|intent| &intent.parameters);
    parameters.map(|parameter| &parameter.value).collect()
}

#[test]
fn a_short_value_waits_for_its_execute() {
    let mut pair = ready();
    pair.command(&long(5, 0, b"12"));
    pair.command(&long(5, 0, b"34"));
    assert_eq!(pair.commands_seen().len(), 1, "nothing before the decision");
    assert_eq!(pair.unread(), b"");
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
    let seen = pair.commands_seen();
    assert_eq!(seen[1..], [long(5, 0, b"1234"), execute(5, AHEAD)]);
    let told = ParameterValue::Clear(b"1234".to_vec().into());
    assert_eq!(*parameters(&pair)[0], told);
    // It served one EXECUTE.
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
        .is_failure(1835, "[POSTERN-PROTOCOL]");
    assert_eq!(pair.own_resets, 0);
}

#[test]
fn an_empty_value_is_sent_ahead_too() {
    let mut pair = ready();
    pair.command(&long(5, 0, b""));
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen()[1], long(5, 0, b""));
}

#[test]
fn a_long_value_passes_as_it_comes_and_its_digest_is_recorded() {
    let mut pair = ready();
    let mut whole = Vec::new();
    for piece in [LONG - 9, 8, LONG, 0, 1] {
        let piece: Vec<u8> = (0..piece).map(|at| at.to_le_bytes()[0]).collect();
        pair.command(&long(5, 1, &piece));
        whole.extend_from_slice(&piece);
        assert_eq!(passed(&pair), whole.len());
    }
    pair.command(&long(5, 0, b"kept"));
    assert_eq!(pair.unread(), b"");
    pair.ask(&execute(5, BOTH), ReplyKind::Execute).ok();
    assert_eq!(passed(&pair), whole.len() + 4);
    let told = parameters(&pair);
    assert!(matches!(told[1], ParameterValue::Digest(_)), "{told:?}");
    pair.ask(&execute(5, INLINE), ReplyKind::Execute).ok();
    assert_eq!(pair.own_resets, 0);
}

#[test]
fn what_is_kept_is_told_from_what_passes_by_its_length_alone() {
    let (most, mut digests) = (64 * 1024, Vec::new());
    for pieces in [1, 2, most] {
        let mut pair = ready();
        for piece in vec![b'x'; most].chunks(most / pieces) {
            pair.command(&long(5, 0, piece));
        }
        assert_eq!(passed(&pair), 0, "in {pieces}");
        pair.command(&long(5, 0, b"x"));
        assert_eq!(passed(&pair), most + 1);
        pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
        digests.push(parameters(&pair)[0].clone());
    }
    assert!(digests.windows(2).all(|two| two[0] == two[1]));
}

#[test]
fn a_packet_of_many_frames_passes_as_it_comes() {
    for length in [
        2 * PHYSICAL_BYTES_MAX - 7,
        2 * PHYSICAL_BYTES_MAX - 6,
        2 * PHYSICAL_BYTES_MAX + 5,
    ] {
        let mut pair = ready();
        let mut wire = Vec::new();
        let payload = long(5, 0, &vec![b'x'; length]);
        encode_packet(&payload, &mut SequenceId::ZERO.clone(), &mut wire);
        let mut came = 0;
        for chunk in wire.chunks(1 << 20) {
            pair.send_bytes(chunk);
            came += chunk.len();
            // A header a frame, and what stands in front of the data.
            assert!(came - passed(&pair) <= 32, "{came} of {length}");
        }
        assert_eq!(passed(&pair), length);
        pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
        pair.ask(&[0x0e], ReplyKind::Ok).ok();
    }
}

#[test]
fn a_value_is_the_same_however_it_is_cut() {
    for cut in [Cut::Single, Cut::Seed(5)] {
        let mut pair = ready().cut(cut);
        pair.command(&long(5, 0, &vec![b'x'; LONG]));
        pair.command(&long(5, 1, b""));
        pair.command(&long(77, 1, b"of no statement"));
        pair.ask(&execute(5, BOTH), ReplyKind::Execute).ok();
        assert_eq!(passed(&pair), LONG);
    }
}

#[test]
fn a_packet_that_the_target_would_not_take_is_none() {
    let mut pair = Pair::new();
    pair.target_bytes_max = 1 << 20;
    let mut pair = Pair::ready_with(pair, &Login::default());
    prepare(&mut pair, 5, INSERT);
    pair.command(&long(5, 0, &vec![b'x'; (1 << 20) - 8]));
    // In pieces it is the target that says so, at the EXECUTE.
    pair.command(&long(5, 0, b"more"));
    let refusal = Reply::Err(1105, "longer than max_allowed_packet");
    pair.target.replies.push_back(refusal);
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
        .is_failure(1105, "longer than max_allowed_packet");
    let whole = long(5, 0, &vec![b'x'; 1 << 20]);
    pair.send_bytes(&[7, 0, 0x10, 0]);
    pair.send_bytes(&whole[..9]);
    pair.send_bytes(&whole[9..1 << 20]);
    assert!(pair.unread().is_empty() && !pair.session.is_closed());
    pair.send_bytes(&whole[1 << 20..]);
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 1);
    failure(&payload).is_failure(1153, "bigger than the 1048575 bytes");
    assert!(pair.session.is_closed());
}

#[test]
fn frames_out_of_order_end_the_session() {
    let mut pair = ready();
    let mut wire = Vec::new();
    let payload = long(5, 0, &vec![b'x'; PHYSICAL_BYTES_MAX]);
    encode_packet(&payload, &mut SequenceId::ZERO.clone(), &mut wire);
    let second = 4 + PHYSICAL_BYTES_MAX;
    pair.send_bytes(&wire[..second]);
    wire[second + 3] = 9;
    pair.send_bytes(&wire[second..]);
    let (_, payload) = pair.packet().unwrap();
    failure(&payload).is_failure(1156, "[POSTERN-PROTOCOL]");
    assert!(pair.session.is_closed());
}

#[test]
fn what_is_of_no_statement_or_parameter_is_dropped() {
    let mut pair = ready();
    pair.command(&long(77, 0, &vec![b'x'; LONG]));
    pair.command(&with_byte(0x18, b"\x05\0\0\0\0"));
    pair.command(&long(5, 2, &vec![b'x'; LONG]));
    assert_eq!(pair.unread(), b"");
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
        .is_failure(1210, "[POSTERN-STATEMENT]");
    assert_eq!((passed(&pair), pair.own_resets), (0, 0));
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.command(&long(5, 2, b"of no parameter"));
    assert_eq!(pair.own_resets, 1, "the target has no use for the other");
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
        .is_failure(1210, "[POSTERN-STATEMENT]");
    assert_eq!((passed(&pair), pair.own_resets), (LONG, 1));
    pair.ask(&execute(5, INLINE), ReplyKind::Execute).ok();
}

#[test]
fn only_so_much_is_kept() {
    let mut config = world::config(None);
    config.limits.packet_bytes_max = 100_000;
    let mut pair = Pair::ready_with(Pair::over("9.7.4", config), &Login::default());
    prepare(&mut pair, 5, INSERT);
    prepare(&mut pair, 6, INSERT);
    pair.command(&long(5, 0, &[b'x'; 60_000]));
    pair.command(&long(6, 0, &[b'x'; 60_000]));
    pair.ask(&execute(6, AHEAD), ReplyKind::Execute)
        .is_failure(1153, "[POSTERN-LIMIT]");
    // A value that passes takes hardly any of it, however long it is.
    pair.command(&long(5, 0, &[b'x'; 60_000]));
    for _ in 0..10 {
        pair.command(&long(5, 0, &[b'x'; 90_000]));
    }
    pair.command(&long(6, 0, &[b'x'; 60_000]));
    pair.ask(&execute(6, AHEAD), ReplyKind::Execute).ok();
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
    assert_eq!(passed(&pair), 1_080_000);
}

#[test]
fn minus_one_means_the_last_for_data_too() {
    let mut pair = Pair::mariadb();
    prepare(&mut pair, 5, INSERT);
    pair.command(&long(u32::MAX, 0, &vec![b'x'; LONG]));
    assert!(seen(&pair, 0x18)[0].starts_with(b"\x05\0\0\0"));
    pair.ask(&execute(u32::MAX, AHEAD), ReplyKind::Execute).ok();
}

/// After each of these, which the client sends for it, an EXECUTE finds nothing of before.
#[track_caller]
fn forgets(pair: &mut Pair, resets: usize) {
    assert_eq!(pair.own_resets, resets);
    assert!(pair.target.ahead.is_empty(), "the target has it");
    pair.target.replies.clear();
    pair.ask(&execute(5, INLINE), ReplyKind::Execute).ok();
    pair.command(&long(5, 0, &vec![b'y'; LONG]));
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
    assert_eq!(pair.own_resets, resets, "once is enough");
}

#[test]
fn a_refused_execute_leaves_nothing_at_the_target() {
    let mut pair = ready();
    for length in [9, LONG] {
        pair.command(&long(5, 0, &vec![b'x'; length]));
        // The second value is missing.
        pair.ask(&execute(5, b"\0\x01\xfd\0\xfd\0"), ReplyKind::Execute)
            .is_failure(1835, "[POSTERN-PROTOCOL]");
        assert_eq!(
            pair.unread(),
            b"",
            "the answer to a reset is not the client's"
        );
    }
    forgets(&mut pair, 1);
}

#[test]
fn an_execute_that_waits_for_an_approval_leaves_nothing_at_the_target() {
    let mut pair = Pair::ready();
    prepare(&mut pair, 5, UPDATE);
    pair.approve = |_| ApprovalAnswer::Pending {
        ticket: "APR-1".to_owned(),
        text: "Soon.".to_owned(),
    };
    for last in [b'x', b'y'] {
        pair.command(&long(5, 0, &vec![b'x'; LONG]));
        pair.command(&long(5, 0, &[last]));
        pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
            .is_failure(1227, "[POSTERN-APPROVAL APR-1]");
    }
    assert!(pair.target.ahead.is_empty() && pair.own_resets == 2);
    let [first, second] = &*pair.requests else {
        panic!("two requests");
    };
    let digest = |binding: &Binding| binding.digest();
    assert_ne!(digest(&first.binding), digest(&second.binding));
    assert!(first.parameters[0].contains("70001 bytes, SHA-256 "));
    assert_ne!(first.parameters, second.parameters);
    pair.approve = approvals::granted;
    forgets(&mut pair, 2);
}

#[test]
fn an_approval_binds_a_value_however_it_was_sent() {
    let mut pair = Pair::ready();
    prepare(&mut pair, 5, UPDATE);
    let value = vec![b'x'; LONG];
    let mut inline = b"\0\x01\xfd\0\xfd\0\xfd".to_vec();
    inline.extend_from_slice(&u32::try_from(LONG).unwrap().to_le_bytes()[..3]);
    inline.extend_from_slice(&value);
    inline.extend_from_slice(b"\x01b");
    pair.approve = approvals::granted;
    pair.ask(&execute(5, &inline), ReplyKind::Execute).ok();
    pair.command(&long(5, 0, &value));
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
    assert_eq!(pair.requests[0].binding, pair.requests[1].binding);
}

#[test]
fn what_an_approval_lets_run_finds_its_value_and_goes_without_attributes() {
    let mut login = Login::default();
    login.capabilities |= Capabilities::QUERY_ATTRIBUTES;
    let mut pair = Pair::ready_with(Pair::new(), &login);
    prepare(&mut pair, 5, UPDATE);
    pair.approve = approvals::granted;
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    let two = b"\0\x01\xfd\0\0\xfd\0\0";
    let with = [b"\x03", &two[..], b"\xfd\0\x01n\x01b\x01v"].concat();
    let without = [b"\x02", &two[..], b"\x01b"].concat();
    let of = |rest: &[u8]| {
        let mut payload = execute(5, rest);
        payload[5] = 8;
        payload
    };
    pair.ask(&of(&with), ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen().last(), Some(&&of(&without)[..]));
    assert!(pair.target.ahead.is_empty());
}

#[test]
fn an_execute_that_is_not_recorded_leaves_nothing_at_the_target() {
    let mut pair = ready();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.fails_at = Some(pair.records + 1);
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
        .is_failure(1105, "[POSTERN-AUDIT]");
    pair.fails_at = None;
    forgets(&mut pair, 1);
}

#[test]
fn an_execute_that_fails_at_the_target_leaves_nothing_there() {
    for length in [9, LONG] {
        let mut pair = ready();
        pair.command(&long(5, 0, &vec![b'x'; length]));
        pair.target.replies.push_back(Reply::Err(1062, "duplicate"));
        pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
            .is_failure(1062, "duplicate");
        forgets(&mut pair, 1);
    }
}

#[test]
fn an_execute_whose_time_is_over_leaves_nothing_at_the_target() {
    let mut pair = ready();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.target.replies.push_back(Reply::Silence);
    pair.command(&execute(5, AHEAD));
    pair.command(&long(5, 0, &vec![b'y'; LONG]));
    assert_eq!(passed(&pair), LONG, "not before the reply has ended");
    pair.pass_to_deadline();
    let mut late = Vec::new();
    let payload = crate::target::err(1317, "interrupted");
    encode_packet(&payload, &mut SequenceId::ZERO.next(), &mut late);
    pair.target_says(&late);
    pair.answer(ReplyKind::Execute)
        .is_failure(3024, "[POSTERN-LIMIT]");
    assert_eq!(pair.own_resets, 1);
    // What came behind it is for the next.
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
    assert_eq!(passed(&pair), 2 * LONG);
}

#[test]
fn a_reset_by_the_client_forgets_it_everywhere() {
    for length in [9, LONG] {
        let mut pair = ready();
        pair.command(&long(5, 0, &vec![b'x'; length]));
        pair.ask(&reset(5), ReplyKind::Ok).ok();
        pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
            .is_failure(1835, "[POSTERN-PROTOCOL]");
        forgets(&mut pair, 0);
    }
}

#[test]
fn a_reset_that_fails_is_not_believed() {
    let mut pair = ready();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.target.reset_replies = [Reply::Err(1317, "interrupted")].into();
    pair.ask(&reset(5), ReplyKind::Ok).failure();
    // The gateway's own fails, too: the statement may not be used, and the session is over.
    assert!(pair.session.is_closed());
    assert!(pair.written_names().contains(&"security_event"));
}

#[test]
fn a_kill_that_comes_late_may_hit_the_reset_once() {
    let mut pair = ready();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.target
        .replies
        .push_back(Reply::Err(1317, "interrupted"));
    let hit = Reply::Err(1317, "interrupted");
    pair.target.reset_replies.push_front(hit);
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
        .is_failure(1317, "interrupted");
    forgets(&mut pair, 2);
}

#[test]
fn only_so_much_waits_at_the_target() {
    let mut config = world::config(None);
    config.limits.long_data_bytes_max = 200_000;
    let mut pair = Pair::ready_with(Pair::over("9.7.4", config), &Login::default());
    prepare(&mut pair, 5, INSERT);
    prepare(&mut pair, 6, INSERT);
    pair.command(&long(6, 0, &[b'x'; 100_000]));
    pair.command(&long(5, 0, &[b'x'; 100_000]));
    assert_eq!((passed(&pair), pair.own_resets), (100_000, 0));
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
        .is_failure(1153, "[POSTERN-LIMIT]");
    for piece in [60_000, 30_000, 10_000] {
        pair.command(&long(6, 1, &vec![b'x'; piece]));
    }
    assert_eq!(pair.own_resets, 1, "it is forgotten at once");
    pair.ask(&execute(6, BOTH), ReplyKind::Execute)
        .is_failure(1153, "[POSTERN-LIMIT]");
    forgets(&mut pair, 1);
}

#[test]
fn a_close_and_a_reset_of_the_connection_need_no_more() {
    let mut pair = ready();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.command(&close(5));
    prepare(&mut pair, 5, INSERT);
    forgets(&mut pair, 0);
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    prepare(&mut pair, 5, INSERT);
    forgets(&mut pair, 0);
}

#[test]
fn another_login_finds_nothing_of_it() {
    let mut pair = ready();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.change_user("shop", "token-of-agent", "").ok();
    pair.target.logged_in = true;
    assert!(pair.did.contains(&Did::Disconnect));
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    assert_eq!(passed(&pair), 0);
    prepare(&mut pair, 5, INSERT);
    forgets(&mut pair, 0);
}

#[test]
fn a_reset_of_the_gateways_own_closes_the_cursor() {
    let mut pair = Pair::ready();
    let text = "SELECT id FROM shop.orders WHERE total IN (?, ?)";
    prepare(&mut pair, 5, text);
    pair.target.replies.push_back(Reply::Cursor {
        definitions: vec![crate::target::column("shop.orders", "id")],
        warnings: 0,
    });
    let mut with_cursor = execute(5, INLINE);
    with_cursor[5] = 1;
    pair.ask(&with_cursor, ReplyKind::Execute).rows();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.ask(&execute(5, b"\0\x01\xfd\0\xfd\0"), ReplyKind::Execute)
        .is_failure(1835, "[POSTERN-PROTOCOL]");
    assert_eq!(pair.own_resets, 1);
    let fetch = with_byte(0x1c, b"\x05\0\0\0\x01\0\0\0");
    pair.ask(&fetch, ReplyKind::Fetch)
        .is_failure(1421, "[POSTERN-CURSOR]");
}

#[test]
fn pieces_behind_a_running_command_wait_for_it() {
    let mut pair = ready();
    pair.target.replies.push_back(Reply::Silence);
    pair.command(&with_byte(3, b"SELECT id FROM shop.orders"));
    for _ in 0..8 {
        pair.command(&long(5, 0, &[b'x'; 10_000]));
    }
    assert_eq!(passed(&pair), 0);
    assert!(
        !Session::wants_client(&pair.session),
        "its socket keeps more"
    );
    let mut late = Vec::new();
    let payload = crate::target::err(1317, "interrupted");
    encode_packet(&payload, &mut SequenceId::ZERO.next(), &mut late);
    pair.target_says(&late);
    pair.answer(ReplyKind::Query).failure();
    assert_eq!(passed(&pair), 80_000);
    assert!(Session::wants_client(&pair.session));
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute).ok();
}

#[test]
fn a_client_that_vanishes_leaves_whole_packets() {
    let mut pair = ready();
    let whole = long(5, 0, &vec![b'x'; 1 << 20]);
    pair.send_bytes(&[7, 0, 0x10, 0]);
    pair.send_bytes(&whole[..500_000]);
    let complete: usize = seen(&pair, 0x18).iter().map(|piece| piece.len() - 6).sum();
    assert_eq!(complete, 500_000 - 7);
    pair.tell(Event::ClientGone);
    assert!(pair.session.is_closed() && pair.session.parts_from_target());
    assert_eq!(pair.written_names().last(), Some(&"connection_closed"));
}

#[test]
fn a_target_that_closes_in_the_midst_of_it_is_told_of() {
    let half = |pair: &mut Pair| {
        pair.send_bytes(&[7, 0, 0x10, 0]);
        pair.send_bytes(&long(5, 0, &vec![b'x'; 500_000]));
    };
    let mut pair = ready();
    half(&mut pair);
    pair.tell(Event::ServerGone);
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 0);
    failure(&payload).is_failure(1927, "[POSTERN-TARGET]");
    let mut pair = ready();
    half(&mut pair);
    let mut last = Vec::new();
    let payload = crate::target::err(1053, "shutdown");
    encode_packet(&payload, &mut SequenceId::ZERO.clone(), &mut last);
    pair.target_says(&last);
    let (_, payload) = pair.packet().unwrap();
    failure(&payload).is_failure(1053, "[POSTERN-TARGET]");
}

#[test]
fn a_packet_that_never_ends_is_an_idle_session() {
    let mut pair = ready();
    pair.send_bytes(&[7, 0, 0x10, 0]);
    pair.send_bytes(&long(5, 0, &vec![b'x'; 500_000]));
    pair.pass_to_deadline();
    let (_, payload) = pair.packet().unwrap();
    failure(&payload).is_failure(4031, "[POSTERN-IDLE]");
    assert!(pair.session.is_closed());
}

#[test]
fn a_long_value_that_a_mask_showed_is_not_written() {
    let stars = "*".repeat(LONG);
    let words = "word ".repeat(LONG / 5);
    for (value, refused) in [
        (format!("[\"{words}\", \"[redacted]\"]"), true),
        (format!("[\"{words}\", \"real\"]"), false),
        (format!("{words}\"[redacted]\""), false),
        (stars, false),
    ] {
        let mut pair = ready();
        pair.command(&long(5, 1, value.as_bytes()));
        let got = pair.ask(&execute(5, b"\0\x01\xfd\0\xfd\0\x01a"), ReplyKind::Execute);
        if refused {
            assert!(got.failure().1.contains("masked value"), "{got:?}");
            forgets(&mut pair, 1);
        } else {
            got.ok();
        }
    }
}

#[test]
fn a_policy_that_changed_since_is_not_asked_about_what_has_passed() {
    let mut pair = ready();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.policy = std::sync::Arc::new(world::compiled());
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute)
        .is_failure(1105, "changed while a parameter was sent ahead");
    forgets(&mut pair, 1);
}

#[test]
fn what_a_reset_reports_late_is_read_back() {
    let mut pair = ready();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    let claims = Reply::Claims {
        variable: "sql_mode",
        value: "ANSI_QUOTES",
    };
    pair.target.reset_replies.push_front(claims);
    pair.target.replies.push_back(Reply::Err(1062, "duplicate"));
    pair.ask(&execute(5, AHEAD), ReplyKind::Execute).failure();
    let own = pair.target.seen.last();
    assert!(matches!(own, Some(crate::target::Seen::Own(text)) if text.starts_with("SELECT @@")));
    forgets(&mut pair, 1);
}

#[test]
fn a_change_that_is_still_to_be_asked_for_explains_what_a_reset_reports() {
    let mut pair = ready();
    let sets = Reply::Sets {
        variable: "sql_mode",
        value: "ANSI_QUOTES",
    };
    pair.query_with("SET sql_mode = 'ANSI_QUOTES'", sets.clone())
        .ok();
    pair.command(&long(5, 0, &vec![b'x'; LONG]));
    pair.target.reset_replies.push_front(sets);
    // Of no parameter: what the target has is forgotten.
    pair.command(&long(5, 9, b"x"));
    assert!(pair.own_resets == 1 && !pair.session.is_closed());
    let got = pair.query("SELECT \"nothing\" FROM shop.orders");
    assert!(got.failure().1.contains("POSTERN-UNKNOWN-NAME"), "{got:?}");
}

#[derive(Clone, Debug)]
enum Step {
    Data(u32, u16, usize),
    Execute(u32, usize),
    Reply(bool),
    Reset(u32),
    Close(u32),
    Prepare(u32),
    Approve(bool),
    Policy,
    FailRecord(usize),
    Query,
    ResetConnection,
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 1..4_u32;
    prop_oneof![
        8 => (id(), 0..3_u16, 0..4_usize).prop_map(|(id, at, size)| {
            Step::Data(id, at, [0, 9, 40_000, LONG][size])
        }),
        8 => (id(), 0..4_usize).prop_map(|(id, form)| Step::Execute(id, form)),
        3 => any::<bool>().prop_map(Step::Reply),
        1 => id().prop_map(Step::Reset),
        1 => id().prop_map(Step::Close),
        3 => id().prop_map(Step::Prepare),
        2 => any::<bool>().prop_map(Step::Approve),
        1 => Just(Step::Policy),
        1 => (1..4_usize).prop_map(Step::FailRecord),
        1 => Just(Step::Query),
        1 => Just(Step::ResetConnection),
    ]
}

fn run(pair: &mut Pair, step: Step) {
    match step {
        Step::Data(id, parameter, length) => {
            let value = vec![b'a' + u8::try_from(parameter).unwrap(); length];
            pair.command(&long(id, parameter, &value));
        }
        Step::Execute(id, form) => {
            let forms = [AHEAD, BOTH, INLINE, b"\0\x01\xfd\0\xfd\0\x01a"];
            pair.command(&execute(id, forms[form]));
        }
        Step::Reply(true) => pair.target.replies.clear(),
        Step::Reply(false) => pair.target.replies.push_back(Reply::Err(1062, "duplicate")),
        Step::Reset(id) => pair.command(&reset(id)),
        Step::Close(id) => pair.command(&close(id)),
        Step::Prepare(id) => {
            if !pair.target.prepared.contains_key(&id) {
                pair.target.replies.clear();
                let text = if id == 3 { UPDATE } else { INSERT };
                pair.target.replies.push_back(Reply::Prepared {
                    id,
                    parameters: 2,
                    definitions: vec![],
                });
                pair.command(&with_byte(0x16, text.as_bytes()));
                pair.target.replies.clear();
            }
        }
        Step::Approve(true) => pair.approve = approvals::granted,
        Step::Approve(false) => {
            pair.approve = |_| ApprovalAnswer::Unavailable {
                text: "nobody is there".to_owned(),
            };
        }
        Step::Policy => pair.policy = std::sync::Arc::new(world::compiled()),
        Step::FailRecord(next) => pair.fails_at = Some(pair.records + next),
        Step::Query => pair.command(&with_byte(3, b"SELECT id FROM shop.orders")),
        Step::ResetConnection => pair.command(&[0x1f]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// The pair compares what each EXECUTE finds with its intent.
    #[test]
    fn no_execute_finds_what_was_sent_ahead_for_another(
        steps in proptest::collection::vec(step(), 1..50),
    ) {
        let mut pair = Pair::ready();
        for id in 1..4 {
            run(&mut pair, Step::Prepare(id));
        }
        for step in steps {
            run(&mut pair, step);
        }
    }
}
