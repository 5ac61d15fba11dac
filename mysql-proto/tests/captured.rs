//! Conversations with both real servers, as `scripts/capture-packets` wrote them down: each packet is
//! understood at its place, and written again byte for byte.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::path::Path;

use mysql_proto::Command;
use mysql_proto::ReplyTracker;
use mysql_proto::bulk::BulkExecute;
use mysql_proto::bulk::BulkFlags;
use mysql_proto::bulk::encode_bulk_row;
use mysql_proto::bulk::encode_bulk_types;
use mysql_proto::command::CommandByte;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::handshake::auth::AuthReply;
use mysql_proto::handshake::auth::decode_clear_password;
use mysql_proto::handshake::auth::encode_clear_password;
use mysql_proto::handshake::change_user::ChangeUser;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::login::ClientHello;
use mysql_proto::limits::Limits;
use mysql_proto::query::Query;
use mysql_proto::response::column::encode_column_count;
use mysql_proto::response::column::encode_optional_column_count;
use mysql_proto::response::eof::EOF_BYTES;
use mysql_proto::response::eof::EofPacket;
use mysql_proto::response::infile::LocalInfileRequest;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::DateTime;
use mysql_proto::row::value::Time;
use mysql_proto::row::value::Value;
use mysql_proto::row::vector::Vector;
use mysql_proto::statement::Execute;
use mysql_proto::statement::ParameterValue;
use mysql_proto::statement::StatementId;
use mysql_proto::statement::encode_parameters;
use mysql_proto::statement::encode_parameters_with_attributes;
use mysql_proto::types::ValueType;

struct Line {
    client: bool,
    sequence: u8,
    payload: Vec<u8>,
}

fn lines(name: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut parts = line.split(' ');
            let (who, sequence) = (parts.next().unwrap(), parts.next().unwrap());
            Line {
                client: who == "C",
                sequence: sequence.parse().unwrap(),
                payload: hex::decode(parts.next().unwrap_or_default()).unwrap(),
            }
        })
        .collect()
}

/// What a client knows of a prepared statement.
#[derive(Default)]
struct Statement {
    params: usize,
    kept: Option<Vec<ValueType>>,
    long_data: Vec<usize>,
    columns: Vec<ValueType>,
}

enum Phase {
    Greeting,
    Login,
    Auth,
    Command,
}

/// One side of everything: reads each packet at its place and writes it again.
struct Walker {
    phase: Phase,
    agreement: Agreement,
    tracker: ReplyTracker,
    statements: BTreeMap<StatementId, Statement>,
    /// The statement of the running execute or fetch.
    running: Option<StatementId>,
    /// The columns of the result at hand.
    columns: Vec<ValueType>,
    count: usize,
    /// A command that we refused, which the server has to refuse too.
    refused: bool,
    sequence: u8,
    told: Vec<&'static str>,
    rows: Vec<Vec<u8>>,
}

fn is_written(payload: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    write(&mut out);
    assert_eq!(hex::encode(out), hex::encode(payload));
}

impl Walker {
    fn walk(name: &str) -> Self {
        let agreement = Agreement::new(Capabilities::empty(), Limits::default());
        let mut walker = Self {
            phase: Phase::Greeting,
            agreement,
            tracker: ReplyTracker::new(ReplyKind::Nothing, agreement),
            statements: BTreeMap::new(),
            running: None,
            columns: Vec::new(),
            count: 0,
            refused: false,
            sequence: 0,
            told: Vec::new(),
            rows: Vec::new(),
        };
        for (index, line) in lines(name).iter().enumerate() {
            let place = format!("{name}, packet {index}");
            let result =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walker.take(line)));
            assert!(result.is_ok(), "{place}: {}", hex::encode(&line.payload));
        }
        assert!(walker.tracker.is_ended(), "{name} ends inside a reply");
        walker
    }

    fn take(&mut self, line: &Line) {
        let begins = matches!(self.phase, Phase::Command) && line.client && line.sequence == 0;
        if !begins {
            assert_eq!(line.sequence, self.sequence);
        }
        self.sequence = line.sequence.wrapping_add(1);
        match (&self.phase, line.client) {
            (Phase::Greeting, false) => self.greeting(&line.payload),
            (Phase::Login, true) => self.login(&line.payload),
            (Phase::Auth, false) => self.auth(&line.payload),
            (Phase::Auth, true) => {
                if let Ok(password) = decode_clear_password(&line.payload) {
                    is_written(&line.payload, |out| {
                        encode_clear_password(password, out).unwrap()
                    });
                }
            }
            (Phase::Command, true) if begins => self.command(&line.payload),
            // The content of a local file.
            (Phase::Command, true) => assert!(!self.tracker.is_ended()),
            (Phase::Command, false) => self.reply(&line.payload),
            (Phase::Greeting, true) | (Phase::Login, false) => panic!("out of turn"),
        }
    }

    fn greeting(&mut self, payload: &[u8]) {
        let greeting = Greeting::decode(payload).unwrap();
        is_written(payload, |out| greeting.encode(out).unwrap());
        for cut in 0..payload.len() {
            assert!(Greeting::decode(&payload[..cut]).is_err());
        }
        self.phase = Phase::Login;
    }

    fn login(&mut self, payload: &[u8]) {
        let ClientHello::Login(login) = ClientHello::decode(payload, &Limits::default()).unwrap()
        else {
            panic!("a login");
        };
        is_written(payload, |out| login.encode(out).unwrap());
        self.agreement.capabilities = login.capabilities;
        self.agreement.mariadb_capabilities = login.mariadb_capabilities;
        self.phase = Phase::Auth;
    }

    fn auth(&mut self, payload: &[u8]) {
        let reply = AuthReply::decode(payload).unwrap();
        is_written(payload, |out| match &reply {
            AuthReply::Ok(payload) => {
                let capabilities = self.agreement.capabilities;
                let (form, ok) =
                    OkPacket::decode(payload, capabilities, &Limits::default()).unwrap();
                ok.encode(form, capabilities, out);
            }
            AuthReply::Err(payload) => panic!("{}", payload.escape_ascii()),
            AuthReply::Switch(request) => request.encode(out).unwrap(),
            AuthReply::MoreData(more) => more.encode(out),
            AuthReply::NextFactor(request) => request.encode(out).unwrap(),
        });
        if matches!(reply, AuthReply::Ok(_)) {
            self.phase = Phase::Command;
        }
    }

    fn command(&mut self, payload: &[u8]) {
        assert!(self.tracker.is_ended(), "the reply before is not over");
        let command = Command::decode(payload).unwrap();
        is_written(payload, |out| command.encode(out));
        self.refused = false;
        self.running = None;
        let kind = match command {
            Command::Query(content) => self.query(content),
            Command::StmtExecute(execute) => self.execute(&execute),
            Command::StmtFetch { statement_id, .. } => {
                self.running = Some(statement_id);
                self.columns
                    .clone_from(&self.statements[&statement_id].columns);
                ReplyKind::Fetch
            }
            Command::StmtSendLongData(data) => {
                let statement = self.statements.get_mut(&data.statement_id).unwrap();
                statement.long_data.push(usize::from(data.parameter));
                ReplyKind::Nothing
            }
            Command::ChangeUser(content) => {
                let capabilities = self.agreement.capabilities;
                let change = ChangeUser::decode(content, capabilities, &Limits::default()).unwrap();
                is_written(content, |out| change.encode(capabilities, out).unwrap());
                self.phase = Phase::Auth;
                ReplyKind::Nothing
            }
            Command::Other {
                byte: CommandByte::StmtBulkExecute,
                content,
            } => self.bulk(content),
            // An unknown command, which the server refuses.
            Command::Other {
                byte: CommandByte::Unknown(_),
                ..
            } => ReplyKind::Ok,
            _ => command.reply_kind().unwrap(),
        };
        self.tracker = ReplyTracker::new(kind, self.agreement);
    }

    fn query(&mut self, content: &[u8]) -> ReplyKind {
        if self
            .agreement
            .capabilities
            .contains(Capabilities::QUERY_ATTRIBUTES)
        {
            match Query::decode(content, &Limits::default()) {
                Ok(query) => {
                    assert!(query.text.starts_with(b"SELECT"));
                    is_written(content, |out| query.encode(out).unwrap());
                }
                Err(_) => self.refused = true,
            }
        }
        ReplyKind::Query
    }

    fn execute(&mut self, execute: &Execute<'_>) -> ReplyKind {
        self.running = Some(execute.statement_id);
        let Some(statement) = self.statements.get_mut(&execute.statement_id) else {
            self.refused = true;
            return ReplyKind::Execute;
        };
        let (limits, kept) = (Limits::default(), statement.kept.as_deref());
        let is_long = |index| statement.long_data.contains(&index);
        let attributes = self
            .agreement
            .capabilities
            .contains(Capabilities::QUERY_ATTRIBUTES);
        let read = if attributes {
            execute.parameters_with_attributes(statement.params, kept, is_long, &limits)
        } else {
            execute.parameters(statement.params, kept, is_long, &limits)
        };
        let read = read.unwrap();
        let values: Vec<_> = read
            .values
            .iter()
            .filter_map(|parameter| match parameter.value {
                ParameterValue::Value(value) => Some((parameter.value_type, value)),
                ParameterValue::LongData => None,
            })
            .collect();
        if values.len() == read.values.len() && read.types_bound {
            is_written(execute.parameters, |out| {
                if attributes {
                    encode_parameters_with_attributes(&values, &read.attributes, out).unwrap();
                } else {
                    assert!(encode_parameters(&values, out));
                }
            });
        }
        if read.types_bound {
            statement.kept = Some(read.types());
        }
        statement.long_data.clear();
        ReplyKind::Execute
    }

    fn bulk(&mut self, content: &[u8]) -> ReplyKind {
        let bulk = BulkExecute::decode(content).unwrap();
        is_written(content, |out| bulk.encode(out));
        let statement = self.statements.get_mut(&bulk.statement_id).unwrap();
        let rows = bulk.rows(
            statement.params,
            statement.kept.as_deref(),
            &Limits::default(),
        );
        let rows = rows.unwrap();
        let types = rows.types().to_vec();
        match rows.collect::<Result<Vec<_>, _>>() {
            Ok(rows) => is_written(bulk.rows, |out| {
                if bulk.flags.contains(BulkFlags::SEND_TYPES) {
                    encode_bulk_types(&types, out);
                }
                for row in &rows {
                    encode_bulk_row(row, &types, out).unwrap();
                }
            }),
            Err(_) => self.refused = true,
        }
        statement.kept = Some(types);
        ReplyKind::Execute
    }

    #[expect(clippy::too_many_lines, reason = "a table of the packets of replies")]
    fn reply(&mut self, payload: &[u8]) {
        let before = self.tracker.clone();
        for cut in 0..payload.len() {
            let read = before
                .clone()
                .next(&payload[..cut])
                .map(|reply| matches!(reply, Reply::Column(_)));
            assert_ne!(read, Ok(true), "a column cut at {cut}");
        }
        let agreement = self.agreement;
        let capabilities = agreement.capabilities;
        let reply = self.tracker.next(payload).unwrap();
        assert!(
            !self.refused || matches!(reply, Reply::Err(_)),
            "only we refused: {reply:?}"
        );
        let mut out = Vec::new();
        self.told.push(match &reply {
            Reply::Ok(ok) => {
                ok.encode(OkForm::Reply, capabilities, &mut out);
                "ok"
            }
            Reply::Err(error) => {
                error.encode(&mut out);
                "error"
            }
            Reply::ColumnCount(count) => {
                self.count = *count;
                let optional = capabilities.contains(Capabilities::OPTIONAL_RESULTSET_METADATA)
                    || agreement
                        .mariadb_capabilities
                        .contains(MariaDbCapabilities::CACHE_METADATA);
                if optional {
                    let follow = payload.last() == Some(&1);
                    encode_optional_column_count(*count, follow, &mut out);
                    if follow {
                        self.columns.clear();
                    } else if let Some(statement) = self.running {
                        self.columns
                            .clone_from(&self.statements[&statement].columns);
                    }
                } else {
                    encode_column_count(*count, &mut out);
                    self.columns.clear();
                }
                "count"
            }
            Reply::Column(column) => {
                column.encode(&mut out);
                self.columns.push(column.value_type());
                "column"
            }
            Reply::Parameter(column) => {
                column.encode(&mut out);
                "parameter"
            }
            Reply::EndOfDefinitions(eof) => {
                eof.encode(&mut out);
                "eof"
            }
            Reply::Row(row) => {
                self.rows.push(row.to_vec());
                self.row(row, &mut out);
                "row"
            }
            Reply::End(end) if payload.len() == EOF_BYTES => {
                let (warnings, status) = (end.warnings, end.status);
                EofPacket { warnings, status }.encode(&mut out);
                "end"
            }
            Reply::End(end) => {
                end.encode(OkForm::End, capabilities, &mut out);
                "end"
            }
            Reply::PrepareOk(prepared) => {
                if capabilities.contains(Capabilities::OPTIONAL_RESULTSET_METADATA) {
                    prepared.encode_optional(payload.last() == Some(&1), &mut out);
                } else {
                    prepared.encode(&mut out);
                }
                self.running = Some(prepared.statement_id);
                self.columns.clear();
                let statement = Statement {
                    params: usize::from(prepared.params),
                    ..Statement::default()
                };
                self.statements.insert(prepared.statement_id, statement);
                "prepared"
            }
            Reply::LocalInfile(file) => {
                LocalInfileRequest { file }.encode(&mut out);
                "infile"
            }
            Reply::Statistics(text) => {
                out.extend_from_slice(text);
                "statistics"
            }
            Reply::Progress(report) => {
                report.encode(&mut out);
                "progress"
            }
        });
        assert_eq!(hex::encode(&out), hex::encode(payload));
        if let Some(statement) = self.running.and_then(|id| self.statements.get_mut(&id)) {
            statement.columns.clone_from(&self.columns);
        }
    }

    fn row(&self, payload: &[u8], out: &mut Vec<u8>) {
        if self.tracker.is_binary() {
            let row = BinaryRow::new(payload, self.columns.len()).unwrap();
            let values = row.decode(&self.columns).unwrap();
            encode_row(&values, &self.columns, out).unwrap();
            for cut in 0..payload.len() {
                let row = BinaryRow::new(&payload[..cut], self.columns.len());
                assert!(row.and_then(|row| row.decode(&self.columns)).is_err());
            }
        } else {
            let cells = TextRow::new(payload).decode(self.count).unwrap();
            let mut builder = TextRowBuilder::new(out);
            cells.into_iter().for_each(|cell| builder.push(cell));
            for cut in 0..payload.len() {
                assert!(TextRow::new(&payload[..cut]).decode(self.count).is_err());
            }
        }
    }
}

#[test]
fn every_conversation_is_read_and_written_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut told = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        for word in Walker::walk(&name).told {
            *told.entry(word).or_insert(0) += 1;
        }
    }
    // Each kind of packet of a reply is there.
    let expected = [
        "column",
        "count",
        "end",
        "eof",
        "error",
        "infile",
        "ok",
        "parameter",
        "prepared",
        "progress",
        "row",
        "statistics",
    ];
    assert!(told.keys().eq(expected.iter()), "{told:?}");
}

/// The values that were inserted, in the binary protocol.
#[expect(clippy::too_many_lines, reason = "a table of values")]
#[test]
fn every_type_has_the_value_that_was_written() {
    for server in ["mysql", "mariadb"] {
        let walker = Walker::walk(&format!("{server}-prepared.hex"));
        let types = &walker.statements[&StatementId::new(1)].columns;
        let row = BinaryRow::new(&walker.rows[0], types.len()).unwrap();
        let values = row.decode(types).unwrap();
        let numbers = [
            Value::Int(1),
            Value::Int(-128),
            Value::UInt(255),
            Value::Int(-32768),
            Value::UInt(65535),
            Value::Int(-8_388_608),
            Value::Int(-2_147_483_648),
            Value::UInt(42),
            Value::Int(i64::MIN),
            Value::UInt(u64::MAX),
            Value::Float(1.5),
            Value::Double(-2.25e300),
            Value::Bytes(b"-12345.678901"),
            Value::UInt(1999),
        ];
        assert_eq!(values[..14], numbers);
        let day = DateTime {
            year: 2026,
            month: 2,
            day: 28,
            ..DateTime::default()
        };
        let second = DateTime {
            hour: 23,
            minute: 59,
            second: 59,
            ..day
        };
        let times = [
            Value::DateTime(day),
            Value::DateTime(DateTime {
                microsecond: 123_456,
                ..second
            }),
            Value::DateTime(second),
            Value::Time(Time {
                negative: true,
                days: 34,
                hour: 22,
                minute: 59,
                second: 58,
                microsecond: 1,
            }),
        ];
        assert_eq!(values[14..18], times);
        let long = [b'l'; 300];
        let point = b"\0\0\0\0\x01\x01\0\0\0\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40";
        let texts: [&[u8]; 13] = [
            b"\x0a\xaa",
            b"char",
            "grüße".as_bytes(),
            b"\x01\x02\x03",
            b"\x00\xff",
            b"text",
            b"\xfb\x00\xff",
            &long,
            b"two",
            b"x,z",
            br#"{"a": [1, null]}"#,
            point,
            b"",
        ];
        assert_eq!(
            values[18..],
            texts[..12]
                .iter()
                .map(|text| Value::Bytes(text))
                .collect::<Vec<_>>()
        );
        let nulls = BinaryRow::new(&walker.rows[2], types.len())
            .unwrap()
            .decode(types)
            .unwrap();
        assert_eq!(nulls[0], Value::Int(3));
        assert!(nulls[1..].iter().all(|value| *value == Value::Null));
    }
}

#[test]
fn vectors_have_the_numbers_that_were_written() {
    let walker = Walker::walk("mysql-vectors.hex");
    let text = TextRow::new(&walker.rows[0]).decode(1).unwrap();
    let vector = Vector::decode(text[0].unwrap()).unwrap();
    assert!(vector.iter().eq([1.0, -2.5, 3e10]));
    let binary = BinaryRow::new(&walker.rows[2], 1)
        .unwrap()
        .decode(&walker.columns)
        .unwrap();
    let Value::Bytes(cell) = binary[0] else {
        panic!("a vector");
    };
    assert_eq!(Vector::decode(cell).unwrap(), vector);
}

#[test]
fn extended_metadata_names_the_types_that_the_wire_does_not_know() {
    let conversation = lines("mariadb-extended-metadata.hex");
    let said = |text: &[u8]| {
        let found = |line: &Line| {
            line.payload
                .windows(text.len())
                .any(|window| window == text)
        };
        conversation.iter().any(found)
    };
    assert!(said(b"\x06\x00\x04uuid") && said(b"\x07\x00\x05inet6"));
    assert!(said(b"\x07\x00\x05point") && said(b"\x06\x01\x04json"));
    Walker::walk("mariadb-extended-metadata.hex");
}
