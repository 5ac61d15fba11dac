//! A target that answers honestly to what it knows, and with errors to the rest.

use std::collections::BTreeSet;
use std::collections::VecDeque;

use bytes::BytesMut;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::encode_column_count;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::err::SqlState;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::StatementId;
use mysql_proto::types::ColumnType;
use mysql_proto::types::SequenceId;

/// What the protected column holds.
pub(super) const CANARY: &[u8] = b"c4n4ry@secret.example";

/// A column of a reply: of which column of `customers`, or computed; and the cell.
type Cell = (Option<&'static str>, &'static [u8]);

/// Statements that the target knows, with what it answers. An empty answer is an OK.
pub(super) const STATEMENTS: [(&str, &[Cell]); 22] = [
    ("select id from customers", &[(Some("id"), b"4711")]),
    ("select email from customers", &[(Some("email"), CANARY)]),
    (
        "select name, email from customers",
        &[(Some("name"), b"Alice"), (Some("email"), CANARY)],
    ),
    (
        "select concat(email, 'x') from customers",
        &[(None, CANARY)],
    ),
    ("select count(*) from customers", &[(None, b"3")]),
    (
        "select id from customers where email = 'x'",
        &[(Some("id"), b"4711")],
    ),
    (
        "select x.e from (select email as e from customers) x",
        &[(None, CANARY)],
    ),
    (
        "select name from customers union select email from customers",
        &[(None, CANARY)],
    ),
    (
        "select cast(email as signed) from customers",
        &[(None, CANARY)],
    ),
    ("select max(email) from customers", &[(None, CANARY)]),
    (
        "with w as (select email from customers) select * from w",
        &[(None, CANARY)],
    ),
    (
        "select (select email from customers limit 1) as e",
        &[(None, CANARY)],
    ),
    ("explain select email from customers", &[(None, CANARY)]),
    (
        "show warnings",
        &[(None, b"Warning"), (None, b"1"), (None, CANARY)],
    ),
    ("show columns from customers", &[(None, b"id")]),
    ("delete from orders where id = 1", &[]),
    ("drop table orders", &[]),
    ("create table n (a int)", &[]),
    ("begin", &[]),
    ("set names utf8mb4", &[]),
    (LOAD, &[]),
    (BOUND, &[(Some("id"), b"4711")]),
];

/// A statement in whose midst the target asks for a file of the client.
pub(super) const LOAD: &str = "load data local infile 'a' into table orders";

/// The last statement: it has a parameter.
pub(super) const BOUND: &str = "select id from customers where id = ?";

/// The number of [`BOUND`].
#[expect(clippy::cast_possible_truncation, reason = "they are few")]
pub(super) const BOUND_ID: u32 = STATEMENTS.len() as u32;

/// Whether the gateway itself sends this.
pub(super) fn is_own(text: &[u8]) -> bool {
    [
        &b"SET SESSION session_track"[..],
        READ_BACK,
        b"SET NAMES ",
        b"SET ROLE ",
        b"SHOW CREATE TABLE `",
    ]
    .iter()
    .any(|own| text.starts_with(own))
}

const READ_BACK: &[u8] = b"SELECT @@sql_mode, @@character_set_client";

/// The target and what it has still to say.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub(super) has_lied: bool,
    /// The next statement of a client fails, with a text that tells what it touched.
    pub(super) fails: bool,
    /// How many bytes it says at once; 0 for all.
    pub(super) chunk_bytes: usize,
    /// The list of warnings is about a statement that touched the protected column.
    warns_of_it: bool,
    /// Statements whose rows wait to be fetched.
    cursors: BTreeSet<u32>,
    /// Whether [`BOUND`] is prepared.
    has_bound: bool,
    /// What was sent ahead for it. Only an EXECUTE that succeeds uses it up.
    pub(super) ahead: Option<Vec<u8>>,
    /// It asked for a file, which has not come to its end.
    pub(super) reads_file: bool,
    to_say: VecDeque<u8>,
}

impl Target {
    /// Takes a command.
    pub(super) fn take(&mut self, payload: &[u8]) {
        match payload {
            [3, text @ ..] if text.starts_with(READ_BACK) => {
                let cells: [Cell; 5] = [
                    (None, b""),
                    (None, b"utf8mb4"),
                    (None, b"utf8mb4"),
                    (None, b"utf8mb4"),
                    (None, b"shop"),
                ];
                self.rows(&cells);
            }
            [3, text @ ..] if is_own(text) => self.ok(),
            [3, text @ ..] => self.query(text),
            // None is answered.
            [0x18, a, b, c, d, low, high, data @ ..] => {
                let of = (u32::from_le_bytes([*a, *b, *c, *d]), [*low, *high]);
                let known = self.has_bound && of == (BOUND_ID, [0, 0]);
                assert!(known, "sent ahead for no parameter of a known statement");
                self.ahead.get_or_insert_default().extend_from_slice(data);
            }
            [0x19, a, b, c, d, ..] if u32::from_le_bytes([*a, *b, *c, *d]) == BOUND_ID => {
                self.has_bound = false;
                self.ahead = None;
            }
            [0x01 | 0x18 | 0x19, ..] | [] => {}
            [0x16, text @ ..] => self.prepare(text),
            [0x17, a, b, c, d, flags, ..] => {
                self.execute(u32::from_le_bytes([*a, *b, *c, *d]), flags & 1 != 0);
            }
            [0x1c, a, b, c, d, ..] => self.fetch(u32::from_le_bytes([*a, *b, *c, *d])),
            [0x1a, a, b, c, d, ..] => {
                let id = u32::from_le_bytes([*a, *b, *c, *d]);
                self.cursors.remove(&id);
                self.ahead.take_if(|_| id == BOUND_ID);
                self.ok();
            }
            [0x1f, ..] => {
                self.cursors.clear();
                self.has_bound = false;
                self.ahead = None;
                self.ok();
            }
            _ => self.ok(),
        }
    }

    /// What it says next.
    pub(super) fn speak(&mut self) -> Option<BytesMut> {
        let length = match self.chunk_bytes {
            0 => self.to_say.len(),
            some => some.min(self.to_say.len()),
        };
        let bytes: Vec<u8> = self.to_say.drain(..length).collect();
        (!bytes.is_empty()).then(|| BytesMut::from(bytes.as_slice()))
    }

    fn query(&mut self, text: &[u8]) {
        let known = STATEMENTS
            .iter()
            .find(|(known, _)| known.as_bytes() == text);
        let Some((known, cells)) = known else {
            return self.error(b"You have an error in your SQL syntax");
        };
        if *known == "show warnings" {
            let message = if self.warns_of_it {
                CANARY
            } else {
                b"Lock wait timeout"
            };
            let cells: [Cell; 3] = [(None, b"Warning"), (None, b"1292"), (None, message)];
            return self.rows(&cells);
        }
        self.warns_of_it = known.contains("email");
        if std::mem::take(&mut self.fails) {
            if self.warns_of_it {
                return self.error(&[b"Truncated incorrect value: ", CANARY].concat());
            }
            return self.error(b"Lock wait timeout exceeded");
        }
        if *known == LOAD {
            self.reads_file = true;
            self.say([b"\xfba".to_vec()])
        } else if cells.is_empty() {
            self.ok()
        } else {
            self.rows(cells)
        }
    }

    /// Takes a part of a file that bears this number, or its end.
    pub(super) fn take_file(&mut self, payload: &[u8], sequence: SequenceId) {
        if payload.is_empty() {
            self.reads_file = false;
            let mut payload = Vec::new();
            ok_packet().encode(OkForm::Reply, Capabilities::empty(), &mut payload);
            self.say_from(sequence.next(), [payload]);
        }
    }

    /// A statement keeps the number of its place in the list.
    fn prepare(&mut self, text: &[u8]) {
        let mut known = STATEMENTS.iter().zip(1..);
        let Some(((_, cells), number)) = known.find(|((known, _), _)| known.as_bytes() == text)
        else {
            return self.error(b"You have an error in your SQL syntax");
        };
        let mut payload = Vec::new();
        PrepareOk {
            statement_id: StatementId::new(number),
            columns: u16::try_from(cells.len()).unwrap_or(0),
            params: u16::from(number == BOUND_ID),
            warnings: 0,
        }
        .encode(&mut payload);
        self.has_bound |= number == BOUND_ID;
        let parameters = definitions(&[(None, b"")]).filter(|_| number == BOUND_ID);
        self.say(
            [payload]
                .into_iter()
                .chain(parameters)
                .chain(definitions(cells)),
        );
    }

    fn execute(&mut self, id: u32, cursor: bool) {
        let known = (id as usize).checked_sub(1);
        let Some((_, cells)) = known.and_then(|index| STATEMENTS.get(index)) else {
            return self.error(b"Unknown prepared statement handler");
        };
        self.cursors.remove(&id);
        if id == BOUND_ID {
            if std::mem::take(&mut self.fails) {
                return self.error(b"Lock wait timeout exceeded");
            }
            self.ahead = None;
        }
        if cells.is_empty() {
            return self.ok();
        }
        let mut payloads = begin(cells);
        if cursor {
            self.cursors.insert(id);
            payloads.push(end(StatusFlags::CURSOR_EXISTS));
        } else {
            payloads.push(binary_row(cells));
            payloads.push(end(StatusFlags::empty()));
        }
        self.say(payloads);
    }

    /// One row at a time; the last says so.
    fn fetch(&mut self, id: u32) {
        let known = (id as usize).checked_sub(1);
        match known.and_then(|index| STATEMENTS.get(index)) {
            Some((_, cells)) if self.cursors.remove(&id) => {
                self.say([binary_row(cells), end(StatusFlags::LAST_ROW_SENT)]);
            }
            Some(_) | None => self.error(b"The statement has no open cursor"),
        }
    }

    fn ok(&mut self) {
        let mut payload = Vec::new();
        ok_packet().encode(OkForm::Reply, Capabilities::empty(), &mut payload);
        self.say([payload]);
    }

    fn error(&mut self, message: &[u8]) {
        let mut payload = Vec::new();
        ErrPacket::new(1292, SqlState::new(*b"22007"), message).encode(&mut payload);
        self.say([payload]);
    }

    fn rows(&mut self, cells: &[Cell]) {
        let mut payloads = begin(cells);
        let mut row = Vec::new();
        let mut builder = TextRowBuilder::new(&mut row);
        for (_, cell) in cells {
            builder.push(Some(cell));
        }
        payloads.push(row);
        payloads.push(end(StatusFlags::empty()));
        self.say(payloads);
    }

    fn say(&mut self, payloads: impl IntoIterator<Item = Vec<u8>>) {
        self.say_from(SequenceId::new(1), payloads);
    }

    fn say_from(&mut self, mut sequence: SequenceId, payloads: impl IntoIterator<Item = Vec<u8>>) {
        let mut out = Vec::new();
        for payload in payloads {
            encode_packet(&payload, &mut sequence, &mut out);
        }
        self.to_say.extend(out);
    }
}

/// What a result set begins with.
fn begin(cells: &[Cell]) -> Vec<Vec<u8>> {
    let mut count = Vec::new();
    encode_column_count(cells.len(), &mut count);
    [count].into_iter().chain(definitions(cells)).collect()
}

fn definitions(cells: &[Cell]) -> impl Iterator<Item = Vec<u8>> {
    cells.iter().map(|(of, _)| {
        let mut definition = ColumnDefinition::computed(&b"c"[..], ColumnType::VarString);
        definition.column_length = 400;
        definition.collation = 255;
        if let Some(column) = of {
            definition.schema = b"shop".into();
            definition.table = b"customers".into();
            definition.org_table = b"customers".into();
            definition.name = column.as_bytes().into();
            definition.org_name = column.as_bytes().into();
        }
        let mut payload = Vec::new();
        definition.encode(&mut payload);
        payload
    })
}

fn binary_row(cells: &[Cell]) -> Vec<u8> {
    let mut row = vec![0; 1 + (cells.len() + 9) / 8];
    for (_, cell) in cells {
        // None of them is as long as that a length of one byte would not do.
        row.push(u8::try_from(cell.len()).unwrap_or(0));
        row.extend_from_slice(cell);
    }
    row
}

fn end(flags: StatusFlags) -> Vec<u8> {
    let mut payload = Vec::new();
    let end = OkPacket {
        status: StatusFlags::AUTOCOMMIT | flags,
        ..OkPacket::default()
    };
    end.encode(OkForm::End, Capabilities::empty(), &mut payload);
    payload
}

fn ok_packet() -> OkPacket<'static> {
    OkPacket {
        status: StatusFlags::AUTOCOMMIT,
        ..OkPacket::default()
    }
}
