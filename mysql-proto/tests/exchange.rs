//! Replies packet by packet: where each ends, and what cannot stand in it.

use mysql_proto::error::DecodeError;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::PHYSICAL_BYTES_MAX;
use mysql_proto::limits::Limits;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::DefaultValue;
use mysql_proto::response::eof::EofPacket;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::err::SqlState;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::response::ok::SessionChange;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::StatementId;
use mysql_proto::types::ColumnType;

const NEW: Capabilities = Capabilities::DEPRECATE_EOF.union(Capabilities::SESSION_TRACK);
const OLD: Capabilities = Capabilities::empty();

fn ok(form: OkForm, status: StatusFlags) -> Vec<u8> {
    let mut out = Vec::new();
    let packet = OkPacket {
        status,
        ..OkPacket::default()
    };
    packet.encode(form, NEW, &mut out);
    out
}

fn eof(status: StatusFlags) -> Vec<u8> {
    let mut out = Vec::new();
    EofPacket {
        warnings: 0,
        status,
    }
    .encode(&mut out);
    out
}

fn err() -> Vec<u8> {
    let mut out = Vec::new();
    ErrPacket::new(1317, SqlState::new(*b"70100"), &b"interrupted"[..]).encode(&mut out);
    out
}

fn column() -> Vec<u8> {
    let mut out = Vec::new();
    ColumnDefinition::computed(&b"c"[..], ColumnType::Long).encode(&mut out);
    out
}

fn column_with_default() -> Vec<u8> {
    let mut out = Vec::new();
    let mut column = ColumnDefinition::computed(&b"c"[..], ColumnType::Long);
    column.default_value = DefaultValue::Null;
    column.encode(&mut out);
    out
}

fn prepared(columns: u16, params: u16) -> Vec<u8> {
    let mut out = Vec::new();
    PrepareOk {
        statement_id: StatementId::new(1),
        columns,
        params,
        warnings: 0,
    }
    .encode(&mut out);
    out
}

/// What each packet is, in a word; ends with `.` when the reply is complete.
fn words(kind: ReplyKind, capabilities: Capabilities, packets: &[Vec<u8>]) -> String {
    let mut tracker = ReplyTracker::new(kind, Agreement::new(capabilities, Limits::default()));
    let mut words = Vec::new();
    for packet in packets {
        let fast = tracker.is_row(packet.first().copied(), packet.len());
        let word = match tracker.next(packet) {
            Ok(Reply::Ok(_)) => "ok",
            Ok(Reply::Err(_)) => "err",
            Ok(Reply::ColumnCount(_)) => "count",
            Ok(Reply::Column(_)) => "column",
            Ok(Reply::EndOfDefinitions(_)) => "eof",
            Ok(Reply::Row(_)) => "row",
            Ok(Reply::End(_)) => "end",
            Ok(Reply::PrepareOk(_)) => "prepared",
            Ok(Reply::Parameter(_)) => "parameter",
            Ok(Reply::LocalInfile(_)) => "infile",
            Ok(Reply::Statistics(_)) => "statistics",
            Ok(Reply::Progress(_)) => "progress",
            Err(_) => "refused",
        };
        assert_eq!(fast, word == "row", "the fast path agrees");
        words.push(word);
    }
    let end = if tracker.is_ended() { "." } else { "" };
    format!("{}{end}", words.join(" "))
}

#[test]
fn a_result_set_ends_with_ok_or_eof() {
    let none = StatusFlags::empty();
    let row = || b"\x01a\x01b".to_vec();
    let packets = [
        b"\x02".to_vec(),
        column(),
        column(),
        row(),
        row(),
        ok(OkForm::End, none),
    ];
    assert_eq!(
        words(ReplyKind::Query, NEW, &packets),
        "count column column row row end."
    );
    let packets = [
        b"\x01".to_vec(),
        column(),
        eof(none),
        b"\x01a".to_vec(),
        eof(none),
    ];
    assert_eq!(
        words(ReplyKind::Query, OLD, &packets),
        "count column eof row end."
    );
}

#[test]
fn further_results_go_on_after_ok_and_after_rows() {
    let more = StatusFlags::MORE_RESULTS_EXISTS;
    let packets = [
        ok(OkForm::Reply, more),
        b"\x01".to_vec(),
        column(),
        ok(OkForm::End, more),
        ok(OkForm::Reply, StatusFlags::empty()),
    ];
    assert_eq!(
        words(ReplyKind::Query, NEW, &packets),
        "ok count column end ok."
    );
}

#[test]
fn an_error_ends_the_reply_at_every_place() {
    let packets = [b"\x02".to_vec(), column(), column(), b"\x01a\xfb".to_vec()];
    for place in 0..=packets.len() {
        let cut = [&packets[..place], &[err()]].concat();
        assert!(words(ReplyKind::Query, NEW, &cut).ends_with("err."));
    }
    for kind in [
        ReplyKind::Ok,
        ReplyKind::Prepare,
        ReplyKind::Fetch,
        ReplyKind::FieldList,
    ] {
        assert_eq!(words(kind, NEW, &[err()]), "err.");
    }
}

#[test]
fn first_bytes_of_text_rows_are_not_taken_for_markers() {
    let head = [b"\x01".to_vec(), column()];
    for (row, expected) in [
        (b"\xfb".to_vec(), "row"),
        (b"\x00".to_vec(), "row"),
        (b"\xfc\x01\x00a".to_vec(), "row"),
        (b"\xfe\x00".to_vec(), "refused."),
        (Vec::new(), "refused."),
    ] {
        let packets = [&head[..], &[row]].concat();
        let words = words(ReplyKind::Query, NEW, &packets);
        assert_eq!(words, format!("count column {expected}"));
    }
}

#[test]
fn a_cell_of_sixteen_mebibytes_is_not_the_end() {
    let mut row = vec![0xfe, 0, 0, 0, 1, 0, 0, 0, 0];
    row.resize(9 + (1 << 24), b'x');
    let packets = [b"\x01".to_vec(), column(), row];
    assert_eq!(words(ReplyKind::Query, NEW, &packets), "count column row");
    let tracker = ReplyTracker::new(ReplyKind::Query, Agreement::new(NEW, Limits::default()));
    assert!(
        !tracker.is_row(Some(0xfe), PHYSICAL_BYTES_MAX),
        "not in rows yet"
    );
}

#[test]
fn an_end_with_much_session_state_is_not_a_row() {
    let value = vec![b'v'; 100_000];
    let packet = OkPacket {
        session_changes: vec![SessionChange::SystemVariable {
            name: b"sql_mode",
            value: &value,
        }],
        ..OkPacket::default()
    };
    let mut end = Vec::new();
    packet.encode(OkForm::End, NEW, &mut end);
    let packets = [b"\x01".to_vec(), column(), end];
    assert_eq!(words(ReplyKind::Query, NEW, &packets), "count column end.");
}

#[test]
fn binary_rows_begin_with_zero() {
    let none = StatusFlags::empty();
    let row = b"\x00\x00\x01\x00\x00\x00".to_vec();
    let packets = [
        b"\x01".to_vec(),
        column(),
        row.clone(),
        ok(OkForm::End, none),
    ];
    assert_eq!(
        words(ReplyKind::Execute, NEW, &packets),
        "count column row end."
    );
    let packets = [row.clone(), row, eof(none)];
    assert_eq!(words(ReplyKind::Fetch, OLD, &packets), "row row end.");
    let packets = [b"\x01a".to_vec()];
    assert_eq!(words(ReplyKind::Fetch, NEW, &packets), "refused.");
}

#[test]
fn a_cursor_has_no_rows_in_the_reply_to_its_execute() {
    let cursor = StatusFlags::CURSOR_EXISTS;
    let packets = [b"\x01".to_vec(), column(), eof(cursor)];
    assert_eq!(
        words(ReplyKind::Execute, OLD, &packets),
        "count column eof."
    );
    let packets = [b"\x01".to_vec(), column(), ok(OkForm::End, cursor)];
    assert_eq!(
        words(ReplyKind::Execute, NEW, &packets),
        "count column end."
    );
}

#[test]
fn output_parameters_are_followed_by_the_promised_result() {
    let outputs = StatusFlags::PS_OUT_PARAMS | StatusFlags::MORE_RESULTS_EXISTS;
    let none = StatusFlags::empty();
    let row = b"\x00\x00\x01\x00\x00\x00".to_vec();
    let fine = ok(OkForm::Reply, none);
    // As MySQL 9.7 sends them without DEPRECATE_EOF: the last EOF forgets the promise.
    let packets = [
        b"\x01".to_vec(),
        column(),
        eof(outputs),
        row.clone(),
        eof(none),
        fine.clone(),
    ];
    assert_eq!(
        words(ReplyKind::Execute, OLD, &packets),
        "count column eof row end ok."
    );
    let end = ok(OkForm::End, outputs);
    let packets = [b"\x01".to_vec(), column(), row, end, fine];
    assert_eq!(
        words(ReplyKind::Execute, NEW, &packets),
        "count column row end ok."
    );
}

#[test]
fn a_prepare_lists_parameters_and_columns() {
    let none = StatusFlags::empty();
    assert_eq!(
        words(ReplyKind::Prepare, NEW, &[prepared(0, 0)]),
        "prepared."
    );
    let packets = [prepared(1, 2), column(), column(), column()];
    assert_eq!(
        words(ReplyKind::Prepare, NEW, &packets),
        "prepared parameter parameter column."
    );
    let packets = [prepared(1, 1), column(), eof(none), column(), eof(none)];
    assert_eq!(
        words(ReplyKind::Prepare, OLD, &packets),
        "prepared parameter eof column eof."
    );
    let packets = [prepared(1, 0), column(), eof(none)];
    assert_eq!(
        words(ReplyKind::Prepare, OLD, &packets),
        "prepared column eof."
    );
}

#[test]
fn a_field_list_has_columns_and_an_end() {
    let packets = [
        column_with_default(),
        column_with_default(),
        eof(StatusFlags::empty()),
    ];
    assert_eq!(
        words(ReplyKind::FieldList, OLD, &packets),
        "column column end."
    );
    let end = ok(OkForm::End, StatusFlags::empty());
    assert_eq!(words(ReplyKind::FieldList, NEW, &[end]), "end.");
    assert_eq!(words(ReplyKind::FieldList, NEW, &[column()]), "refused.");
}

#[test]
fn small_commands_have_one_packet() {
    let fine = ok(OkForm::Reply, StatusFlags::empty());
    assert_eq!(
        words(ReplyKind::Ok, NEW, &[fine.clone(), fine]),
        "ok refused."
    );
    let end = ok(OkForm::End, StatusFlags::empty());
    assert_eq!(
        words(ReplyKind::Ok, NEW, std::slice::from_ref(&end)),
        "refused."
    );
    assert_eq!(words(ReplyKind::Eof, NEW, &[end]), "end.");
    // Measured on MySQL 9.7: SET_OPTION answers in the old form.
    assert_eq!(
        words(ReplyKind::Eof, OLD, &[b"\xfe\0\0\0\0".to_vec()]),
        "end."
    );
    assert_eq!(
        words(ReplyKind::Eof, NEW, &[b"\xfe\0\0\0\0".to_vec()]),
        "end."
    );
    assert_eq!(
        words(ReplyKind::Statistics, NEW, &[b"Uptime: 1".to_vec()]),
        "statistics."
    );
    assert_eq!(words(ReplyKind::Nothing, NEW, &[]), ".");
    assert_eq!(words(ReplyKind::Nothing, NEW, &[err()]), "refused.");
}

#[test]
fn more_results_do_not_follow_a_ping() {
    let more = ok(OkForm::Reply, StatusFlags::MORE_RESULTS_EXISTS);
    assert_eq!(words(ReplyKind::Ok, NEW, &[more]), "ok.");
}

#[test]
fn a_file_is_given_only_where_it_was_agreed() {
    let request = b"\xfb/etc/passwd".to_vec();
    assert_eq!(
        words(ReplyKind::Query, NEW, std::slice::from_ref(&request)),
        "refused."
    );
    let agreed = NEW | Capabilities::LOCAL_FILES;
    let fine = ok(OkForm::Reply, StatusFlags::empty());
    assert_eq!(
        words(ReplyKind::Query, agreed, &[request.clone(), fine]),
        "infile ok."
    );
    assert_eq!(
        words(
            ReplyKind::Query,
            agreed,
            &[request.clone(), b"\x01".to_vec()]
        ),
        "infile refused."
    );
    assert_eq!(words(ReplyKind::Execute, agreed, &[request]), "refused.");
}

#[test]
fn counts_over_the_limit_are_refused() {
    for count in [
        b"\xfc\xff\xff".to_vec(),
        b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
    ] {
        assert_eq!(words(ReplyKind::Query, NEW, &[count]), "refused.");
    }
    assert_eq!(
        words(ReplyKind::Prepare, NEW, &[prepared(5000, 0)]),
        "refused."
    );
}

#[test]
fn progress_is_no_error_where_it_was_agreed() {
    let report = b"\xff\xff\xff\x01\x01\x01\x00\x00\x00\x05stage".to_vec();
    assert_eq!(
        words(ReplyKind::Query, NEW, std::slice::from_ref(&report)),
        "refused."
    );
    let mut agreement = Agreement::new(NEW, Limits::default());
    agreement.mariadb_capabilities = MariaDbCapabilities::PROGRESS;
    let mut tracker = ReplyTracker::new(ReplyKind::Query, agreement);
    assert!(matches!(tracker.next(&report), Ok(Reply::Progress(_))));
    assert!(!tracker.is_ended());
    assert!(matches!(tracker.next(&err()).unwrap(), Reply::Err(_)));
}

#[test]
fn nothing_may_follow_the_end() {
    let mut tracker = ReplyTracker::new(ReplyKind::Ok, Agreement::new(NEW, Limits::default()));
    tracker.next(&err()).unwrap();
    assert_eq!(tracker.next(&err()), Err(DecodeError::AfterEnd));
}

#[test]
fn a_list_of_fields_is_as_long_as_a_result_at_most() {
    let most = Limits::default().columns_max;
    let mut packets = vec![column_with_default(); most];
    packets.push(eof(StatusFlags::empty()));
    assert!(words(ReplyKind::FieldList, OLD, &packets).ends_with("column end."));
    packets.insert(0, column_with_default());
    assert!(words(ReplyKind::FieldList, OLD, &packets[..=most]).ends_with("column refused."));
}

#[test]
fn definitions_that_do_not_follow_are_not_waited_for() {
    let optional = Capabilities::OPTIONAL_RESULTSET_METADATA;
    let none = StatusFlags::empty();
    let row = b"\x01a".to_vec();
    let without = [b"\x01\x00".to_vec(), row.clone(), ok(OkForm::End, none)];
    assert_eq!(
        words(ReplyKind::Query, NEW | optional, &without),
        "count row end."
    );
    // The EOF behind the definitions stays.
    let without = [b"\x01\x00".to_vec(), eof(none), row.clone(), eof(none)];
    assert_eq!(
        words(ReplyKind::Query, OLD | optional, &without),
        "count eof row end."
    );
    let with = [b"\x01\x01".to_vec(), column(), row];
    assert_eq!(
        words(ReplyKind::Query, NEW | optional, &with),
        "count column row"
    );
    // A flag that is not known, none where it was agreed, one where it was not.
    for (capabilities, count) in [
        (NEW | optional, &b"\x01\x02"[..]),
        (NEW | optional, b"\x01"),
        (NEW, b"\x01\x01"),
    ] {
        let refused = words(ReplyKind::Query, capabilities, &[count.to_vec()]);
        assert_eq!(refused, "refused.");
    }
}

#[test]
fn a_prepare_without_definitions_ends_at_once() {
    let optional = NEW | Capabilities::OPTIONAL_RESULTSET_METADATA;
    let flagged = |flag: u8| [prepared(1, 1), vec![flag]].concat();
    assert_eq!(
        words(ReplyKind::Prepare, optional, &[flagged(0)]),
        "prepared."
    );
    let with = [flagged(1), column(), column()];
    assert_eq!(
        words(ReplyKind::Prepare, optional, &with),
        "prepared parameter column."
    );
    for wrong in [flagged(2), prepared(1, 1)] {
        assert_eq!(words(ReplyKind::Prepare, optional, &[wrong]), "refused.");
    }
}
