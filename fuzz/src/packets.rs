//! Packets: what was read and is written again is read the same.

use mysql_proto::Command;
use mysql_proto::flags::Capabilities;
use mysql_proto::handshake::auth::AuthMoreData;
use mysql_proto::handshake::auth::AuthReply;
use mysql_proto::handshake::auth::AuthSwitchRequest;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::login::ClientHello;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::login::SslRequest;
use mysql_proto::limits::Limits;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::DefaultValue;
use mysql_proto::response::column::decode_column_count;
use mysql_proto::response::column::encode_column_count;
use mysql_proto::response::eof::EofPacket;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::encode_parameters;

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
    let _ = AuthReply::decode(input);
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
    let Command::StmtExecute(execute) = command else {
        return;
    };
    let limits = Limits::default();
    let read = execute.parameters(usize::from(*count), None, |_| false, &limits);
    let Ok(parameters) = read else {
        return;
    };
    assert_eq!(parameters.values.len(), usize::from(*count));
    let values: Vec<_> = parameters
        .values
        .iter()
        .filter_map(|parameter| match parameter.value {
            mysql_proto::statement::ParameterValue::Value(value) => {
                Some((parameter.value_type, value))
            }
            mysql_proto::statement::ParameterValue::LongData => None,
        })
        .collect();
    let mut written = Vec::new();
    assert!(encode_parameters(&values, &mut written), "{values:?}");
    let again = mysql_proto::statement::Execute {
        parameters: &written,
        ..execute
    };
    let again = again.parameters(usize::from(*count), None, |_| false, &limits);
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
    for read in [
        ColumnDefinition::decode,
        ColumnDefinition::decode_with_default,
    ] {
        if let Ok(column) = read(input) {
            let mut out = Vec::new();
            column.encode(&mut out);
            let again = if column.default_value == DefaultValue::Absent {
                ColumnDefinition::decode(&out)
            } else {
                ColumnDefinition::decode_with_default(&out)
            };
            assert_eq!(again.as_ref(), Ok(&column));
        }
    }
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
}
