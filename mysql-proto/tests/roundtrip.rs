//! Every packet: what is written is read back, and no cut or noise makes a decoder panic.

#![expect(clippy::indexing_slicing, reason = "tests")]

mod strategies;

use std::borrow::Cow;

use mysql_proto::command::Command;
use mysql_proto::command::CommandByte;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::handshake::auth::AuthMoreData;
use mysql_proto::handshake::auth::AuthReply;
use mysql_proto::handshake::auth::AuthSwitchRequest;
use mysql_proto::handshake::auth::decode_clear_password;
use mysql_proto::handshake::auth::decode_openid_token;
use mysql_proto::handshake::auth::encode_clear_password;
use mysql_proto::handshake::auth::encode_openid_token;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::handshake::login::Attribute;
use mysql_proto::handshake::login::AuthResponse;
use mysql_proto::handshake::login::ClientHello;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::login::SslRequest;
use mysql_proto::limits::Limits;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::DefaultValue;
use mysql_proto::response::eof::EofPacket;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::err::SqlState;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::response::ok::SessionChange;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::Execute;
use mysql_proto::statement::LongData;
use mysql_proto::statement::ParameterValue;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::StatementId;
use mysql_proto::statement::encode_parameters;
use mysql_proto::types::ColumnType;
use proptest::collection::vec;
use proptest::prelude::*;
use strategies::Typed;
use strategies::bytes;
use strategies::column_type;
use strategies::name;
use strategies::no_cut;
use strategies::typed;

fn column() -> impl Strategy<Value = ColumnDefinition<'static>> {
    (
        vec(bytes(30), 6),
        any::<(u16, u32, u16, u8)>(),
        column_type(),
        prop::option::of(prop::option::of(bytes(20))),
    )
        .prop_map(
            |(names, (collation, length, flags, decimals), column_type, default)| {
                let name = |index: usize| Cow::Owned(names[index].clone());
                ColumnDefinition {
                    catalog: name(0),
                    schema: name(1),
                    table: name(2),
                    org_table: name(3),
                    name: name(4),
                    org_name: name(5),
                    extended: None,
                    collation,
                    column_length: length,
                    column_type,
                    flags: ColumnFlags::from_bits_retain(flags),
                    decimals,
                    default_value: match default {
                        None => DefaultValue::Absent,
                        Some(None) => DefaultValue::Null,
                        Some(Some(text)) => DefaultValue::Text(Cow::Owned(text)),
                    },
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn greeting(
        version in name(), id: u32, random: [u8; 20], caps: u32, maria: u32, collation: u8,
        status: u16, plugin in name(),
    ) {
        let capabilities = Capabilities::from_bits_retain(caps)
            | Capabilities::PROTOCOL_41 | Capabilities::SECURE_CONNECTION;
        let plugins = capabilities.contains(Capabilities::PLUGIN_AUTH);
        let extended = !capabilities.contains(Capabilities::LONG_PASSWORD);
        let greeting = Greeting {
            server_version: &version,
            connection_id: id,
            salt: Salt::from_random(random),
            capabilities,
            mariadb_capabilities: if extended {
                MariaDbCapabilities::from_bits_retain(maria)
            } else {
                MariaDbCapabilities::empty()
            },
            collation,
            status: StatusFlags::from_bits_retain(status),
            auth_plugin: if plugins { &plugin } else { b"" },
        };
        let mut out = Vec::new();
        greeting.encode(&mut out).unwrap();
        prop_assert_eq!(Greeting::decode(&out).unwrap(), greeting);
        no_cut(&out, |payload| Greeting::decode(payload).ok().map(|_| ()));
    }

    #[test]
    fn salts_have_neither_nul_nor_dollar(random: [u8; 20]) {
        let salt = Salt::from_random(random);
        prop_assert!(salt.as_bytes().iter().all(|byte| *byte != 0 && *byte != b'$' && *byte < 128));
    }

    #[test]
    fn login(
        caps: u32, maria: u32, most: u32, collation: u8, user in name(), auth in bytes(400),
        database in name(), plugin in name(), attributes in vec((bytes(20), bytes(90)), 0..10),
        level: u8,
    ) {
        let mut capabilities = Capabilities::from_bits_retain(caps) | Capabilities::PROTOCOL_41;
        if auth.len() > 255 {
            capabilities |= Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA;
        } else if auth.contains(&0) {
            capabilities |= Capabilities::SECURE_CONNECTION;
        }
        let has = |capability| capabilities.contains(capability);
        let pairs: Vec<_> = attributes
            .iter()
            .map(|(name, value)| Attribute { name, value })
            .collect();
        let login = HandshakeResponse {
            capabilities,
            mariadb_capabilities: if has(Capabilities::LONG_PASSWORD) {
                MariaDbCapabilities::empty()
            } else {
                MariaDbCapabilities::from_bits_retain(maria)
            },
            packet_bytes_max: most,
            collation,
            user: &user,
            auth_response: AuthResponse::new(&auth),
            database: has(Capabilities::CONNECT_WITH_DB).then_some(&database),
            auth_plugin: has(Capabilities::PLUGIN_AUTH).then_some(&plugin),
            attributes: if has(Capabilities::CONNECT_ATTRS) { pairs } else { Vec::new() },
            zstd_level: has(Capabilities::ZSTD_COMPRESSION_ALGORITHM).then_some(level),
        };
        let mut out = Vec::new();
        login.encode(&mut out).unwrap();
        let limits = Limits::default();
        prop_assert_eq!(ClientHello::decode(&out, &limits).unwrap(), ClientHello::Login(login));
        for cut in 0..out.len() {
            let _ = ClientHello::decode(&out[..cut], &limits);
        }
    }

    #[test]
    fn ssl_request(caps: u32, maria: u32, most: u32, collation: u8) {
        let capabilities = Capabilities::from_bits_retain(caps)
            | Capabilities::PROTOCOL_41 | Capabilities::SSL | Capabilities::LONG_PASSWORD;
        let request = SslRequest {
            capabilities,
            mariadb_capabilities: MariaDbCapabilities::empty(),
            packet_bytes_max: most,
            collation,
        };
        let _ = maria;
        let mut out = Vec::new();
        request.encode(&mut out);
        prop_assert_eq!(out.len(), 32);
        let limits = Limits::default();
        prop_assert_eq!(ClientHello::decode(&out, &limits).unwrap(), ClientHello::Ssl(request));
        no_cut(&out, |payload| SslRequest::decode(payload).ok());
    }

    #[test]
    fn auth_packets(plugin in vec(1_u8.., 1..20), data in bytes(60), token in bytes(9000)) {
        let mut out = Vec::new();
        let switch = AuthSwitchRequest { plugin: &plugin, data: &data };
        switch.encode(&mut out).unwrap();
        prop_assert_eq!(AuthReply::decode(&out).unwrap(), AuthReply::Switch(switch));

        let mut out = Vec::new();
        let more = AuthMoreData { data: &data };
        more.encode(&mut out);
        prop_assert_eq!(AuthReply::decode(&out).unwrap(), AuthReply::MoreData(more));

        let mut out = Vec::new();
        encode_openid_token(AuthResponse::new(&token), &mut out);
        prop_assert_eq!(decode_openid_token(&out).unwrap().expose(), &token[..]);
        prop_assert!(decode_openid_token(&out[..out.len() - 1]).is_err());
        out.push(0);
        prop_assert!(decode_openid_token(&out).is_err());

        let mut out = Vec::new();
        encode_clear_password(AuthResponse::new(&plugin), &mut out).unwrap();
        prop_assert_eq!(decode_clear_password(&out).unwrap().expose(), &plugin[..]);
        no_cut(&out, |payload| decode_clear_password(payload).ok().map(|_| ()));
    }

    #[test]
    fn ok(
        form: bool, tracked: bool, numbers: (u64, u64, u16, u16), info in bytes(300),
        texts in vec(bytes(40), 8), unknown in 6_u8..,
    ) {
        let capabilities = if tracked {
            Capabilities::SESSION_TRACK
        } else {
            Capabilities::empty()
        };
        let changes = vec![
            SessionChange::SystemVariable { name: &texts[0], value: &texts[1] },
            SessionChange::Schema(&texts[2]),
            SessionChange::StateChange(&texts[3]),
            SessionChange::Gtids { encoding: unknown, ids: &texts[4] },
            SessionChange::TransactionCharacteristics(&texts[5]),
            SessionChange::TransactionState(&texts[6]),
            SessionChange::Unknown { kind: unknown, content: &texts[7] },
        ];
        let mut status = StatusFlags::from_bits_retain(numbers.2);
        status.set(StatusFlags::SESSION_STATE_CHANGED, tracked);
        let packet = OkPacket {
            affected_rows: numbers.0,
            last_insert_id: numbers.1,
            status,
            warnings: numbers.3,
            info: &info,
            session_changes: if tracked { changes } else { Vec::new() },
        };
        let form = if form { OkForm::Reply } else { OkForm::End };
        let mut out = Vec::new();
        packet.encode(form, capabilities, &mut out);
        let limits = Limits::default();
        let decode = |payload: &[u8]| {
            OkPacket::decode(payload, capabilities, &limits).is_ok()
        };
        let read = OkPacket::decode(&out, capabilities, &limits).unwrap();
        prop_assert_eq!(read, (form, packet));
        // Without a text the packet ends with its fixed fields, so that one cut is whole.
        let whole = (0..out.len()).filter(|cut| decode(&out[..*cut])).count();
        prop_assert!(whole <= 1);
    }

    #[test]
    fn err_and_eof(code: u16, state: Option<[u8; 5]>, message in bytes(100), numbers: (u16, u16)) {
        prop_assume!(state.is_some() || message.first() != Some(&b'#'));
        let packet = ErrPacket {
            code,
            sql_state: state.map(SqlState::new),
            message: Cow::Borrowed(&message),
        };
        let mut out = Vec::new();
        packet.encode(&mut out);
        prop_assert_eq!(ErrPacket::decode(&out).unwrap(), packet);
        for cut in 0..out.len() {
            let _ = ErrPacket::decode(&out[..cut]);
        }

        let eof = EofPacket {
            warnings: numbers.0,
            status: StatusFlags::from_bits_retain(numbers.1),
        };
        let mut out = Vec::new();
        eof.encode(&mut out);
        prop_assert_eq!(EofPacket::decode(&out).unwrap(), eof);
        no_cut(&out, |payload| EofPacket::decode(payload).ok());
    }

    #[test]
    fn column_definition(column in column()) {
        let mut out = Vec::new();
        column.encode(&mut out);
        if column.default_value == DefaultValue::Absent {
            prop_assert_eq!(&ColumnDefinition::decode(&out).unwrap(), &column);
            no_cut(&out, |payload| ColumnDefinition::decode(payload).ok().map(|_| ()));
        } else {
            prop_assert_eq!(&ColumnDefinition::decode_with_default(&out).unwrap(), &column);
            no_cut(&out, |payload| ColumnDefinition::decode_with_default(payload).ok().map(|_| ()));
        }
    }

    #[test]
    fn text_row(cells in vec(prop::option::of(bytes(300)), 1..20)) {
        let mut out = Vec::new();
        let mut builder = TextRowBuilder::new(&mut out);
        for cell in &cells {
            builder.push(cell.as_deref());
        }
        let row = TextRow::new(&out);
        let read = row.decode(cells.len()).unwrap();
        let expected: Vec<_> = cells.iter().map(Option::as_deref).collect();
        prop_assert_eq!(&read, &expected);
        let lazily: Result<Vec<_>, _> = row.cells().collect();
        prop_assert_eq!(lazily.unwrap(), expected);
        no_cut(&out, |payload| TextRow::new(payload).decode(cells.len()).ok().map(|_| ()));
    }

    #[test]
    fn binary_row(cells in vec(typed(), 1..20)) {
        let types: Vec<_> = cells.iter().map(|cell| cell.value_type).collect();
        let values: Vec<_> = cells.iter().map(Typed::value).collect();
        let mut out = Vec::new();
        encode_row(&values, &types, &mut out).unwrap();
        let decode = |payload: &[u8]| {
            let row = BinaryRow::new(payload, types.len()).ok()?;
            row.decode(&types).ok().map(|row| format!("{row:?}"))
        };
        // Compared as text, since a NULL type beside NULL is equal and NaN is not.
        prop_assert_eq!(decode(&out), Some(format!("{values:?}")));
        no_cut(&out, |payload| decode(payload));
    }

    #[test]
    fn execute(cells in vec(typed(), 0..20), id: u32, cursor in 0_u8..16) {
        let parameters: Vec<_> = cells.iter().map(|cell| (cell.value_type, cell.value())).collect();
        let mut block = Vec::new();
        prop_assert!(encode_parameters(&parameters, &mut block));
        let command = Command::StmtExecute(Execute {
            statement_id: StatementId::new(id),
            cursor: CursorFlags::from_bits(cursor).unwrap(),
            iterations: 1,
            parameters: &block,
        });
        let mut out = Vec::new();
        command.encode(&mut out);
        prop_assert_eq!(Command::decode(&out).unwrap(), command);
        let Ok(Command::StmtExecute(execute)) = Command::decode(&out) else {
            panic!("an execute");
        };
        let limits = Limits::default();
        let read = execute.parameters(cells.len(), None, |_| false, &limits).unwrap();
        let values: Vec<_> = read
            .values
            .iter()
            .map(|parameter| (parameter.value_type, parameter.value))
            .collect();
        let expected: Vec<_> = parameters
            .iter()
            .map(|(value_type, value)| (*value_type, ParameterValue::Value(*value)))
            .collect();
        prop_assert_eq!(format!("{values:?}"), format!("{expected:?}"));
        for cut in 0..block.len() {
            let execute = Execute { parameters: &block[..cut], ..execute };
            let read = execute.parameters(cells.len(), None, |_| false, &limits);
            prop_assert!(read.is_err(), "cut at {}", cut);
        }
    }

    #[test]
    fn prepare_ok(id: u32, columns: u16, params: u16, warnings: u16) {
        let packet = PrepareOk { statement_id: StatementId::new(id), columns, params, warnings };
        let mut out = Vec::new();
        packet.encode(&mut out);
        prop_assert_eq!(PrepareOk::decode(&out).unwrap(), packet);
        no_cut(&out, |payload| PrepareOk::decode(payload).ok());
    }

    #[test]
    fn commands(text in bytes(100), table in name(), wildcard in name(), id: u32, rows: u32, option: u16) {
        let statement_id = StatementId::new(id);
        for command in [
            Command::Quit,
            Command::InitDb(&text),
            Command::Query(&text),
            Command::FieldList { table: &table, wildcard: &wildcard },
            Command::Statistics,
            Command::ProcessKill(id),
            Command::Ping,
            Command::ChangeUser(&text),
            Command::StmtPrepare(&text),
            Command::StmtSendLongData(LongData { statement_id, parameter: option, data: &text }),
            Command::StmtClose(statement_id),
            Command::StmtReset(statement_id),
            Command::SetOption(option),
            Command::StmtFetch { statement_id, rows },
            Command::ResetConnection,
            Command::Other { byte: CommandByte::BinlogDump, content: &text },
            Command::Other { byte: CommandByte::Unknown(0x77), content: &text },
        ] {
            let mut out = Vec::new();
            command.encode(&mut out);
            prop_assert_eq!(Command::decode(&out).unwrap(), command);
            for cut in 0..out.len() {
                let _ = Command::decode(&out[..cut]);
            }
        }
    }

    #[test]
    fn noise_never_panics(noise in bytes(200), columns in 1_usize..20, cells in vec(typed(), 1..8)) {
        let limits = Limits::default();
        let types: Vec<_> = cells.iter().map(|cell| cell.value_type).collect();
        let _ = Greeting::decode(&noise);
        let _ = ClientHello::decode(&noise, &limits);
        let _ = AuthReply::decode(&noise);
        let _ = OkPacket::decode(&noise, Capabilities::all(), &limits);
        let _ = ErrPacket::decode(&noise);
        let _ = ColumnDefinition::decode(&noise);
        let _ = ColumnDefinition::decode_with_default(&noise);
        let _ = Command::decode(&noise);
        let _ = TextRow::new(&noise).decode(columns);
        if let Ok(row) = BinaryRow::new(&noise, types.len()) {
            let _ = row.decode(&types);
        }
        let execute = Execute {
            statement_id: StatementId::new(1),
            cursor: CursorFlags::empty(),
            iterations: 1,
            parameters: &noise,
        };
        let _ = execute.parameters(columns, Some(&types), |index| index % 3 == 0, &limits);
    }

    #[test]
    fn a_tracker_ends_under_noise(packets in vec(bytes(40), 0..30), deprecate: bool) {
        let capabilities = if deprecate {
            Capabilities::DEPRECATE_EOF
        } else {
            Capabilities::empty()
        };
        for kind in [
            ReplyKind::Nothing, ReplyKind::Ok, ReplyKind::Eof, ReplyKind::Statistics,
            ReplyKind::Query, ReplyKind::Execute, ReplyKind::Fetch, ReplyKind::Prepare,
            ReplyKind::FieldList,
        ] {
            let mut tracker = ReplyTracker::new(kind, Agreement::new(capabilities, Limits::default()));
            for packet in &packets {
                let ended = tracker.is_ended();
                let reply = tracker.next(packet);
                prop_assert!(!ended || reply.is_err());
                prop_assert!(reply.is_ok() || tracker.is_ended());
            }
        }
    }
}

#[test]
fn command_bytes_are_total() {
    for byte in 0..=u8::MAX {
        assert_eq!(CommandByte::from_u8(byte).to_u8(), byte);
    }
}

#[test]
fn column_types_are_total() {
    let known = (0..=u8::MAX)
        .filter_map(|byte| ColumnType::from_u8(byte).ok())
        .inspect(|column_type| {
            assert_eq!(ColumnType::from_u8(column_type.to_u8()), Ok(*column_type));
        });
    assert_eq!(known.count(), 28);
    for internal in [0x0e, 0x11, 0x12, 0x13, 0x14, 0xf3, 0xf4] {
        assert!(ColumnType::from_u8(internal).is_err());
    }
}
