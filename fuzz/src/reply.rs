//! Replies: no bytes of a server make the tracker panic or lose the end of a reply.

use mysql_proto::ReplyTracker;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::limits::Limits;

/// After the end or an error nothing is taken any more; the fast path and the slow path agree on
/// what a row is; an error packet ends every reply.
///
/// The first byte is the kind of reply and the capabilities; the rest are packets, each with one
/// byte of length in front.
pub fn exchange(input: &[u8]) {
    let [mode, rest @ ..] = input else {
        return;
    };
    let mut capabilities = Capabilities::PROTOCOL_41 | Capabilities::LOCAL_FILES;
    capabilities.set(Capabilities::DEPRECATE_EOF, mode & 0x80 != 0);
    capabilities.set(Capabilities::SESSION_TRACK, mode & 0x40 != 0);
    capabilities.set(Capabilities::OPTIONAL_RESULTSET_METADATA, mode & 0x20 != 0);
    let mut agreement = Agreement::new(capabilities, Limits::default());
    if mode & 0x10 != 0 {
        agreement.mariadb_capabilities =
            MariaDbCapabilities::PROGRESS | MariaDbCapabilities::EXTENDED_METADATA;
    }
    let kind = kind(*mode & 0x0f);
    let mut tracker = ReplyTracker::new(kind, agreement);
    assert_eq!(tracker.is_ended(), kind == ReplyKind::Nothing);
    for payload in split(rest) {
        let was_ended = tracker.is_ended();
        let was_in_rows = tracker.is_in_rows();
        let fast = tracker.is_row(payload.first().copied(), payload.len());
        assert!(!fast || was_in_rows);
        let reply = tracker.next(payload);
        assert!(
            !was_ended || reply.is_err(),
            "something came after the end: {reply:?}"
        );
        assert!(
            !fast || matches!(reply, Ok(Reply::Row(_))),
            "not a row: {reply:?}"
        );
        if matches!(reply, Ok(Reply::Row(_))) && was_in_rows && !tracker.is_binary() {
            assert!(fast, "the fast path does not see a row");
        }
        if matches!(reply, Err(_) | Ok(Reply::Err(_))) {
            assert!(tracker.is_ended(), "the reply goes on after {reply:?}");
        }
    }
}

const fn kind(number: u8) -> ReplyKind {
    match number {
        0 => ReplyKind::Nothing,
        1 => ReplyKind::Ok,
        2 => ReplyKind::Eof,
        3 => ReplyKind::Statistics,
        4 => ReplyKind::Execute,
        5 => ReplyKind::Fetch,
        6 => ReplyKind::Prepare,
        7 => ReplyKind::FieldList,
        _ => ReplyKind::Query,
    }
}

/// Packets, each with one byte of length in front.
pub(crate) fn split(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    while let [length, after @ ..] = rest {
        let (packet, after) = after.split_at(usize::from(*length).min(after.len()));
        packets.push(packet);
        rest = after;
    }
    packets
}
