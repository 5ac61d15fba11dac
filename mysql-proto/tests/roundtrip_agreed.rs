//! Packets that only some connections agree on: what is written is read back, every cut is an error,
//! and no noise makes a decoder panic.

mod strategies;

use std::borrow::Cow;

use mysql_proto::bulk::BulkExecute;
use mysql_proto::bulk::BulkFlags;
use mysql_proto::bulk::BulkValue;
use mysql_proto::bulk::encode_bulk_row;
use mysql_proto::bulk::encode_bulk_types;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::handshake::auth::AuthNextFactor;
use mysql_proto::handshake::auth::AuthReply;
use mysql_proto::handshake::auth::AuthSwitchRequest;
use mysql_proto::handshake::change_user::ChangeUser;
use mysql_proto::handshake::client::ClientLogin;
use mysql_proto::handshake::client::LoginStep;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::handshake::login::Attribute;
use mysql_proto::handshake::login::AuthResponse;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::limits::Limits;
use mysql_proto::query::Query;
use mysql_proto::query::QueryAttribute;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::ColumnPlace;
use mysql_proto::response::column::decode_optional_column_count;
use mysql_proto::response::column::encode_optional_column_count;
use mysql_proto::response::extended::ExtendedMetadata;
use mysql_proto::response::infile::LocalInfileRequest;
use mysql_proto::response::progress::ProgressReport;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::Execute;
use mysql_proto::statement::ParameterValue;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::StatementId;
use mysql_proto::statement::encode_parameters_with_attributes;
use mysql_proto::types::ColumnType;
use proptest::collection::vec;
use proptest::prelude::*;
use strategies::Typed;
use strategies::bytes;
use strategies::column_type;
use strategies::name;
use strategies::no_cut;
use strategies::typed;

const PASSWORD: &[u8] = b"the password itself";

fn attributes<'a>(cells: &'a [Typed], names: &'a [Vec<u8>]) -> Vec<QueryAttribute<'a>> {
    let named = cells.iter().zip(names);
    named
        .map(|(cell, name)| QueryAttribute {
            name,
            value_type: cell.value_type,
            value: cell.value(),
        })
        .collect()
}

fn capabilities(bits: u32) -> Capabilities {
    Capabilities::from_bits_retain(bits) | Capabilities::PROTOCOL_41
}

fn optional_text() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::of(bytes(20))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn query_with_attributes(
        cells in vec(typed(), 0..5), names in vec(bytes(9), 5), text in bytes(60),
    ) {
        let query = Query { attributes: attributes(&cells, &names), text: &text };
        let mut out = Vec::new();
        query.encode(&mut out).unwrap();
        let limits = Limits::default();
        // Compared as text, since NaN is not itself.
        let read = Query::decode(&out, &limits).unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{query:?}"));
        let block = &out[..out.len() - text.len()];
        for cut in 0..block.len() {
            prop_assert!(Query::decode(&block[..cut], &limits).is_err(), "cut at {}", cut);
        }
    }

    #[test]
    fn execute_with_attributes(
        cells in vec(typed(), 0..4), more in vec(typed(), 0..4), names in vec(bytes(9), 4),
    ) {
        let parameters: Vec<_> = cells.iter().map(|cell| (cell.value_type, cell.value())).collect();
        let attributes = attributes(&more, &names);
        let mut block = Vec::new();
        encode_parameters_with_attributes(&parameters, &attributes, &mut block).unwrap();
        let execute = |parameters| Execute {
            statement_id: StatementId::new(1),
            cursor: CursorFlags::PARAMETER_COUNT_AVAILABLE,
            iterations: 1,
            parameters,
        };
        let limits = Limits::default();
        let decode = |block| {
            execute(block).parameters_with_attributes(cells.len(), None, |_| false, &limits)
        };
        let read = decode(&block).unwrap();
        prop_assert_eq!(format!("{:?}", read.attributes), format!("{attributes:?}"));
        let expected: Vec<_> = parameters
            .iter()
            .map(|(value_type, value)| (*value_type, ParameterValue::Value(*value)))
            .collect();
        let values: Vec<_> =
            read.values.iter().map(|value| (value.value_type, value.value)).collect();
        prop_assert_eq!(format!("{values:?}"), format!("{expected:?}"));
        for cut in 0..block.len() {
            prop_assert!(decode(&block[..cut]).is_err(), "cut at {}", cut);
        }
    }

    #[test]
    fn bulk_execute(
        types in vec(typed(), 1..4), picks in vec(0_u8..4, 0..4), id: u32, unit: bool,
    ) {
        let values: Vec<_> = types.iter().map(|cell| cell.value_type).collect();
        let rows: Vec<Vec<BulkValue<'_>>> = picks
            .iter()
            .map(|pick| {
                let cells = types.iter().enumerate();
                cells
                    .map(|(index, cell)| match (usize::from(*pick) + index) % 4 {
                        0 | 1 => BulkValue::Value(cell.value()),
                        2 => BulkValue::Default,
                        _ => BulkValue::Ignore,
                    })
                    .collect()
            })
            .collect();
        let mut block = Vec::new();
        encode_bulk_types(&values, &mut block);
        for row in &rows {
            encode_bulk_row(row, &values, &mut block).unwrap();
        }
        let mut flags = BulkFlags::SEND_TYPES;
        flags.set(BulkFlags::SEND_UNIT_RESULTS, unit);
        let bulk = BulkExecute { statement_id: StatementId::new(id), flags, rows: &block };
        let mut out = Vec::new();
        bulk.encode(&mut out);
        prop_assert_eq!(BulkExecute::decode(&out).unwrap(), bulk);
        let limits = Limits::default();
        let read = bulk.rows(values.len(), None, &limits).unwrap();
        prop_assert_eq!(read.types(), &values);
        let read: Vec<_> = read.collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{rows:?}"));
        for cut in 0..block.len() {
            let bulk = BulkExecute { rows: &block[..cut], ..bulk };
            if let Ok(mut cut_rows) = bulk.rows(values.len(), None, &limits) {
                // A row that is cut is an error, and the last.
                let whole = cut_rows.by_ref().take_while(Result::is_ok).count();
                prop_assert!(whole < rows.len() && cut_rows.next().is_none());
            }
        }
    }

    #[test]
    fn change_user(
        bits: u32, user in name(), auth in vec(1_u8.., 0..256), database in name(),
        collation: Option<u16>, plugin in name(), pairs in vec((bytes(9), bytes(30)), 0..6),
    ) {
        let capabilities = capabilities(bits);
        let told = collation.is_some();
        let has = |capability| told && capabilities.contains(capability);
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| Attribute { name, value }).collect();
        let change = ChangeUser {
            user: &user,
            auth_response: AuthResponse::new(&auth),
            database: &database,
            collation,
            auth_plugin: has(Capabilities::PLUGIN_AUTH).then_some(&plugin),
            attributes: if has(Capabilities::CONNECT_ATTRS) { pairs } else { Vec::new() },
        };
        let mut out = Vec::new();
        change.encode(capabilities, &mut out).unwrap();
        let limits = Limits::default();
        let decode = |payload: &[u8]| ChangeUser::decode(payload, capabilities, &limits).is_ok();
        prop_assert_eq!(ChangeUser::decode(&out, capabilities, &limits).unwrap(), change);
        // It may end behind the database, the collation and the plugin, and nowhere else.
        prop_assert!((0..out.len()).filter(|cut| decode(&out[..*cut])).count() <= 3);
    }

    #[test]
    fn next_factor(plugin in name(), data in bytes(60)) {
        let factor = AuthNextFactor { plugin: &plugin, data: &data };
        let mut out = Vec::new();
        factor.encode(&mut out).unwrap();
        prop_assert_eq!(AuthReply::decode(&out).unwrap(), AuthReply::NextFactor(factor));
        for cut in 0..plugin.len() + 2 {
            prop_assert!(AuthNextFactor::decode(&out[..cut]).is_err());
        }
    }

    #[test]
    fn local_infile(file in vec(any::<u8>(), 1..60)) {
        let request = LocalInfileRequest { file: &file };
        let mut out = Vec::new();
        request.encode(&mut out);
        prop_assert_eq!(LocalInfileRequest::decode(&out).unwrap(), request);
        prop_assert!(LocalInfileRequest::decode(&out[..1]).is_err());
        prop_assert!(LocalInfileRequest::decode(&[]).is_err());
    }

    #[test]
    fn progress(stage: u8, stages: u8, progress in 0_u32..0x100_0000, info in bytes(40)) {
        let report = ProgressReport { stage, stages, progress, info: &info };
        let mut out = Vec::new();
        report.encode(&mut out);
        prop_assert_eq!(ProgressReport::decode(&out).unwrap(), report);
        no_cut(&out, |payload| ProgressReport::decode(payload).ok().map(|_| ()));
    }

    #[test]
    fn extended_column(
        kind in column_type(), title in bytes(20), data_type in optional_text(), format in optional_text(),
    ) {
        let mut column = ColumnDefinition::computed(title, kind);
        column.extended = Some(ExtendedMetadata {
            data_type: data_type.map(Cow::Owned),
            format: format.map(Cow::Owned),
        });
        let mut out = Vec::new();
        column.encode(&mut out);
        let agreed = MariaDbCapabilities::EXTENDED_METADATA;
        for place in [ColumnPlace::Result, ColumnPlace::Prepare] {
            prop_assert_eq!(&ColumnDefinition::decode_at(place, &out, agreed).unwrap(), &column);
        }
        no_cut(&out, |payload| {
            ColumnDefinition::decode_at(ColumnPlace::Result, payload, agreed).ok().map(|_| ())
        });
        // Read without the agreement, the block is no length of the fixed fields.
        prop_assert!(ColumnDefinition::decode(&out).is_err());
    }

    #[test]
    fn optional_metadata(count in 1_usize..=4096, follow: bool, id: u32, columns: u16, params: u16) {
        let limits = Limits::default();
        let mut out = Vec::new();
        encode_optional_column_count(count, follow, &mut out);
        prop_assert_eq!(decode_optional_column_count(&out, &limits).unwrap(), (count, follow));
        no_cut(&out, |payload| decode_optional_column_count(payload, &limits).ok());
        let packet = PrepareOk { statement_id: StatementId::new(id), columns, params, warnings: 0 };
        let mut out = Vec::new();
        packet.encode_optional(follow, &mut out);
        prop_assert_eq!(PrepareOk::decode_optional(&out).unwrap(), (packet, follow));
        no_cut(&out, |payload| PrepareOk::decode_optional(payload).ok());
    }

    #[test]
    fn noise_never_panics(noise in bytes(200), bits: u32, count in 0_usize..9, kept in vec(typed(), 0..9)) {
        let (limits, capabilities) = (Limits::default(), capabilities(bits));
        let types: Vec<_> = kept.iter().map(|cell| cell.value_type).collect();
        let _ = Query::decode(&noise, &limits);
        let _ = ChangeUser::decode(&noise, capabilities, &limits);
        let _ = AuthNextFactor::decode(&noise);
        let _ = ProgressReport::decode(&noise);
        let _ = LocalInfileRequest::decode(&noise);
        let _ = ExtendedMetadata::decode(&noise);
        let _ = decode_optional_column_count(&noise, &limits);
        let _ = PrepareOk::decode_optional(&noise);
        for place in [ColumnPlace::Result, ColumnPlace::Prepare, ColumnPlace::FieldList] {
            let _ = ColumnDefinition::decode_at(place, &noise, MariaDbCapabilities::all());
        }
        let bulk = BulkExecute::decode(&noise);
        if let Ok(rows) = bulk.and_then(|bulk| bulk.rows(count, Some(&types), &limits)) {
            prop_assert!(rows.count() <= noise.len());
        }
        let execute = Execute {
            statement_id: StatementId::new(1),
            cursor: CursorFlags::from_bits_truncate(bits.to_le_bytes()[0]),
            iterations: 1,
            parameters: &noise,
        };
        let long = |index| index % 3 == 0;
        let _ = execute.parameters_with_attributes(count, Some(&types), long, &limits);
    }

    #[test]
    fn a_login_ends_under_noise(packets in vec(bytes(80), 0..20), tls: bool) {
        let mut login = ClientLogin::new(b"user", PASSWORD).database(b"db");
        if tls {
            login = login.over_tls();
        }
        let mut failed = false;
        for packet in &packets {
            let step = login.handle(packet);
            prop_assert!(!failed || step.is_err());
            failed |= step.is_err();
            // Nothing that a server says makes a client tell its password in clear.
            if let Ok(LoginStep::Send(payload) | LoginStep::StartTls(payload)) = step {
                prop_assert!(!payload.windows(PASSWORD.len()).any(|window| window == PASSWORD));
            }
        }
    }
}

#[test]
fn an_open_type_stands_in_a_prepare_only() {
    let mut out = Vec::new();
    ColumnDefinition::computed(&b"c"[..], ColumnType::Long).encode(&mut out);
    let at = out.len() - 6;
    out[at] = 0xf3;
    let none = MariaDbCapabilities::empty();
    assert!(ColumnDefinition::decode_at(ColumnPlace::Prepare, &out, none).is_ok());
    assert!(ColumnDefinition::decode_at(ColumnPlace::Result, &out, none).is_err());
    assert!(ColumnDefinition::decode_at(ColumnPlace::FieldList, &out, none).is_err());
}

#[test]
fn extended_metadata_that_is_not_known_or_stands_twice_is_refused() {
    for block in [
        &b"\x02\x01a"[..],
        b"\x00\x01a\x00\x01b",
        b"\x01\x01a\x01\x01a",
        b"\x00\x05a",
    ] {
        assert!(ExtendedMetadata::decode(block).is_err(), "{block:?}");
    }
}

#[test]
fn what_cannot_be_said_leaves_the_buffer_as_it_was() {
    const NUL: &[u8] = b"a\0b";
    let offered = Capabilities::BASIC;
    let mut greeting = Greeting::new(b"9.7.4", Salt::from_random([7; 20]), offered);
    greeting.auth_plugin = NUL;
    let mut login = HandshakeResponse::new(offered, b"user");
    login.auth_plugin = Some(NUL);
    let long = [b'x'; 256];
    let mut change = HandshakeResponse::new(offered, b"user");
    change.auth_response = AuthResponse::new(&long);
    let (plugin, data) = (NUL, &b"salt"[..]);
    let mut out = b"kept".to_vec();
    assert!(greeting.encode(&mut out).is_err());
    assert!(login.encode(&mut out).is_err());
    assert!(change.encode(&mut out).is_err());
    assert!(AuthSwitchRequest { plugin, data }.encode(&mut out).is_err());
    assert!(AuthNextFactor { plugin, data }.encode(&mut out).is_err());
    assert_eq!(out, b"kept");
}
