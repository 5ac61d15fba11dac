//! Packets: what was read and is written again is read the same.

use mysql_proto::Command;
use mysql_proto::bulk::BulkExecute;
use mysql_proto::bulk::encode_bulk_row;
use mysql_proto::bulk::encode_bulk_types;
use mysql_proto::command::CommandByte;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::handshake::auth::AuthMoreData;
use mysql_proto::handshake::auth::AuthNextFactor;
use mysql_proto::handshake::auth::AuthReply;
use mysql_proto::handshake::auth::AuthSwitchRequest;
use mysql_proto::handshake::change_user::ChangeUser;
use mysql_proto::handshake::client::ClientLogin;
use mysql_proto::handshake::client::LoginStep;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::login::ClientHello;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::login::SslRequest;
use mysql_proto::limits::Limits;
use mysql_proto::query::Query;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::ColumnPlace;
use mysql_proto::response::column::DefaultValue;
use mysql_proto::response::column::decode_column_count;
use mysql_proto::response::column::decode_optional_column_count;
use mysql_proto::response::column::encode_column_count;
use mysql_proto::response::column::encode_optional_column_count;
use mysql_proto::response::eof::EofPacket;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::infile::LocalInfileRequest;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::response::progress::ProgressReport;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::Execute;
use mysql_proto::statement::ParameterValue;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::encode_parameters;
use mysql_proto::statement::encode_parameters_with_attributes;

use crate::reply::split;

/// Every packet of a login, read, written and read again, is the same; what was read can be
/// written.
pub fn login_roundtrip(input: &[u8]) {
    let limits = Limits::default();
    if let Ok(greeting) = Greeting::decode(input) {
        let mut out = Vec::new();
        assert!(greeting.encode(&mut out).is_ok(), "{greeting:?}");
        assert_eq!(Greeting::decode(&out).as_ref(), Ok(&greeting));
    }
    match ClientHello::decode(input, &limits) {
        Ok(ClientHello::Ssl(request)) => {
            let mut out = Vec::new();
            request.encode(&mut out);
            assert_eq!(SslRequest::decode(&out), Ok(request));
        }
        Ok(ClientHello::Login(login)) => {
            let once = write_login(&login);
            let Ok(read) = HandshakeResponse::decode(&once, &limits) else {
                // Fields that the client promised and left out are written empty.
                assert!(login.auth_plugin.is_none() || login.attributes.is_empty());
                return;
            };
            assert_eq!(
                (read.user, read.auth_response),
                (login.user, login.auth_response)
            );
            assert_eq!(
                (read.database, &read.attributes),
                (login.database, &login.attributes)
            );
            assert_eq!(write_login(&read), once, "writing is not stable");
        }
        Err(_) => {}
    }
    if let Ok(request) = AuthSwitchRequest::decode(input) {
        let mut out = Vec::new();
        assert!(request.encode(&mut out).is_ok(), "{request:?}");
        assert_eq!(AuthSwitchRequest::decode(&out).as_ref(), Ok(&request));
    }
    if let Ok(more) = AuthMoreData::decode(input) {
        let mut out = Vec::new();
        more.encode(&mut out);
        assert_eq!(AuthMoreData::decode(&out).as_ref(), Ok(&more));
    }
    if let Ok(request) = AuthNextFactor::decode(input) {
        let mut out = Vec::new();
        assert!(request.encode(&mut out).is_ok(), "{request:?}");
        assert_eq!(AuthNextFactor::decode(&out).as_ref(), Ok(&request));
    }
    let _ = AuthReply::decode(input);
    for capabilities in [Capabilities::empty(), Capabilities::all()] {
        if let Ok(change) = ChangeUser::decode(input, capabilities, &limits) {
            let mut out = Vec::new();
            assert!(change.encode(capabilities, &mut out).is_ok(), "{change:?}");
            // Fields that the client promised and left out are written empty.
            let again = ChangeUser::decode(&out, capabilities, &limits);
            let again = again.map(|again| (again.user, again.auth_response, again.database));
            assert_eq!(
                again,
                Ok((change.user, change.auth_response, change.database))
            );
        }
    }
    client_login(input);
}

/// A server that says this, packet by packet, is never told the password in clear.
fn client_login(input: &[u8]) {
    const PASSWORD: &[u8] = b"the password itself";
    let mut login = ClientLogin::new(b"user", PASSWORD).database(b"shop");
    let mut failed = false;
    for packet in split(input) {
        let step = login.handle(packet);
        assert!(!failed || step.is_err(), "goes on after an error: {step:?}");
        failed |= step.is_err();
        if let Ok(LoginStep::Send(payload)) = step {
            assert!(
                !payload
                    .windows(PASSWORD.len())
                    .any(|window| window == PASSWORD)
            );
        }
    }
}

fn write_login(login: &HandshakeResponse<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(
        login.encode(&mut out).is_ok(),
        "a login that was read cannot be written"
    );
    out
}

/// Every command, read, written and read again, is the same; the parameters of an execute too.
///
/// The first byte is the number of parameters, the rest the command.
pub fn command_roundtrip(input: &[u8]) {
    let [count, payload @ ..] = input else {
        return;
    };
    let Ok(command) = Command::decode(payload) else {
        return;
    };
    let mut out = Vec::new();
    command.encode(&mut out);
    if let Command::FieldList { wildcard, .. } = command
        && wildcard.ends_with(b"\0")
    {
        // A pattern is read with or without a NUL byte at its end, and written without.
        return;
    }
    assert_eq!(Command::decode(&out), Ok(command));
    match command {
        Command::Query(content) => query(content),
        Command::Other {
            byte: CommandByte::StmtBulkExecute,
            content,
        } => {
            bulk(content, usize::from(*count));
        }
        Command::StmtExecute(execute) => {
            parameters(&execute, usize::from(*count));
            parameters_with_attributes(&execute, usize::from(*count));
        }
        Command::Quit
        | Command::InitDb(_)
        | Command::FieldList { .. }
        | Command::Statistics
        | Command::ProcessKill(_)
        | Command::Ping
        | Command::ChangeUser(_)
        | Command::StmtPrepare(_)
        | Command::StmtSendLongData(_)
        | Command::StmtClose(_)
        | Command::StmtReset(_)
        | Command::SetOption(_)
        | Command::StmtFetch { .. }
        | Command::ResetConnection
        | Command::Other { .. } => {}
    }
}

fn query(content: &[u8]) {
    let limits = Limits::default();
    let Ok(query) = Query::decode(content, &limits) else {
        return;
    };
    assert!(content.ends_with(query.text));
    let mut out = Vec::new();
    assert_eq!(query.encode(&mut out), Ok(()), "{query:?}");
    // NaN is not itself, so what is compared is the writing.
    assert_eq!(
        format!("{:?}", Query::decode(&out, &limits)),
        format!("{:?}", Ok::<_, ()>(query))
    );
}

fn bulk(content: &[u8], count: usize) {
    let Ok(bulk) = BulkExecute::decode(content) else {
        return;
    };
    let mut out = Vec::new();
    bulk.encode(&mut out);
    assert_eq!(BulkExecute::decode(&out), Ok(bulk));
    let Ok(rows) = bulk.rows(count, None, &Limits::default()) else {
        return;
    };
    let types = rows.types().to_vec();
    let rows: Vec<_> = rows.map_while(Result::ok).collect();
    let mut written = Vec::new();
    encode_bulk_types(&types, &mut written);
    for row in &rows {
        assert_eq!(
            encode_bulk_row(row, &types, &mut written),
            Ok(()),
            "{row:?}"
        );
    }
    let again = BulkExecute {
        rows: &written,
        ..bulk
    }
    .rows(count, None, &Limits::default());
    let again: Vec<_> = again.into_iter().flatten().map_while(Result::ok).collect();
    assert_eq!(format!("{again:?}"), format!("{rows:?}"));
}

fn parameters_with_attributes(execute: &Execute<'_>, count: usize) {
    let limits = Limits::default();
    let read = execute.parameters_with_attributes(count, None, |_| false, &limits);
    let Ok(read) = read else {
        return;
    };
    assert_eq!(read.values.len(), count);
    assert!(read.attributes.len() <= limits.query_attributes_max);
    let values: Vec<_> = read
        .values
        .iter()
        .filter_map(|parameter| match parameter.value {
            ParameterValue::Value(value) => Some((parameter.value_type, value)),
            ParameterValue::LongData => None,
        })
        .collect();
    let mut written = Vec::new();
    let done = encode_parameters_with_attributes(&values, &read.attributes, &mut written);
    assert_eq!(done, Ok(()));
    let again = Execute {
        parameters: &written,
        cursor: CursorFlags::PARAMETER_COUNT_AVAILABLE,
        ..*execute
    };
    let again = again.parameters_with_attributes(count, None, |_| false, &limits);
    let shown = again.map(|again| (again.values, again.attributes));
    assert_eq!(
        format!("{shown:?}"),
        format!("{:?}", Ok::<_, ()>((read.values, read.attributes)))
    );
}

fn parameters(execute: &Execute<'_>, count: usize) {
    let limits = Limits::default();
    let read = execute.parameters(count, None, |_| false, &limits);
    let Ok(parameters) = read else {
        return;
    };
    assert_eq!(parameters.values.len(), count);
    let values: Vec<_> = parameters
        .values
        .iter()
        .filter_map(|parameter| match parameter.value {
            ParameterValue::Value(value) => Some((parameter.value_type, value)),
            ParameterValue::LongData => None,
        })
        .collect();
    let mut written = Vec::new();
    assert!(encode_parameters(&values, &mut written), "{values:?}");
    let again = Execute {
        parameters: &written,
        ..*execute
    };
    let again = again.parameters(count, None, |_| false, &limits);
    // NaN is not itself, so what is compared is the writing.
    assert_eq!(
        format!("{:?}", again.map(|read| read.values)),
        format!("{:?}", Ok::<_, ()>(parameters.values))
    );
}

/// Every packet of a reply, read, written and read again, is the same.
pub fn response_roundtrip(input: &[u8]) {
    let limits = Limits::default();
    for capabilities in [Capabilities::empty(), Capabilities::SESSION_TRACK] {
        if let Ok((form, ok)) = OkPacket::decode(input, capabilities, &limits) {
            let mut out = Vec::new();
            ok.encode(form, capabilities, &mut out);
            let again = OkPacket::decode(&out, capabilities, &limits);
            let Ok((again_form, again)) = again else {
                assert_eq!(again, Ok((form, ok)));
                return;
            };
            // A promise of changes that were none is not kept.
            assert_eq!(again_form, form);
            assert_eq!(again.session_changes, ok.session_changes);
            assert_eq!((again.info, again.warnings), (ok.info, ok.warnings));
            assert_eq!(again.affected_rows, ok.affected_rows);
            assert_eq!(again.last_insert_id, ok.last_insert_id);
        }
    }
    if let Ok(error) = ErrPacket::decode(input) {
        let mut out = Vec::new();
        error.encode(&mut out);
        let again = ErrPacket::decode(&out);
        assert_eq!(again.as_ref(), Ok(&error));
    }
    if let Ok(eof) = EofPacket::decode(input) {
        let mut out = Vec::new();
        eof.encode(&mut out);
        assert_eq!(EofPacket::decode(&out), Ok(eof));
    }
    columns(input);
    if let Ok(prepared) = PrepareOk::decode(input) {
        let mut out = Vec::new();
        prepared.encode(&mut out);
        assert_eq!(PrepareOk::decode(&out), Ok(prepared));
    }
    if let Ok(count) = decode_column_count(input, &limits) {
        assert!(count <= limits.columns_max);
        let mut out = Vec::new();
        encode_column_count(count, &mut out);
        assert_eq!(decode_column_count(&out, &limits), Ok(count));
    }
    if let Ok((count, follow)) = decode_optional_column_count(input, &limits) {
        let mut out = Vec::new();
        encode_optional_column_count(count, follow, &mut out);
        assert_eq!(
            decode_optional_column_count(&out, &limits),
            Ok((count, follow))
        );
    }
    if let Ok((prepared, follow)) = PrepareOk::decode_optional(input) {
        let mut out = Vec::new();
        prepared.encode_optional(follow, &mut out);
        assert_eq!(PrepareOk::decode_optional(&out), Ok((prepared, follow)));
    }
    if let Ok(report) = ProgressReport::decode(input) {
        let mut out = Vec::new();
        report.encode(&mut out);
        assert_eq!(ProgressReport::decode(&out), Ok(report));
    }
    if let Ok(request) = LocalInfileRequest::decode(input) {
        let mut out = Vec::new();
        request.encode(&mut out);
        assert_eq!(out, input);
    }
}

fn columns(input: &[u8]) {
    for agreed in [
        MariaDbCapabilities::empty(),
        MariaDbCapabilities::EXTENDED_METADATA,
    ] {
        for place in [
            ColumnPlace::Result,
            ColumnPlace::Prepare,
            ColumnPlace::FieldList,
        ] {
            let Ok(column) = ColumnDefinition::decode_at(place, input, agreed) else {
                continue;
            };
            assert_eq!(column.extended.is_some(), !agreed.is_empty());
            assert_eq!(
                column.default_value != DefaultValue::Absent,
                place == ColumnPlace::FieldList
            );
            let mut out = Vec::new();
            column.encode(&mut out);
            let again = ColumnDefinition::decode_at(place, &out, agreed);
            assert_eq!(again.as_ref(), Ok(&column));
        }
    }
}
