//! A scripted target: it answers the gateway's own statements, and the client's with canned replies.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::encode_column_count;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::err::SqlState;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::response::ok::SessionChange;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::StatementId;
use mysql_proto::types::ColumnType;
use mysql_proto::types::SequenceId;

/// How the target answers one command.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// OK, with these warnings and this text.
    Ok { warnings: u16, info: &'static str },
    /// OK, after the state has become this; reported by session tracking.
    Sets {
        variable: &'static str,
        value: &'static str,
    },
    /// The state has become this, and the answer says nothing of it.
    SetsSilently {
        variable: &'static str,
        value: &'static str,
    },
    /// OK with a report of a variable that has not changed in truth.
    Claims {
        variable: &'static str,
        value: &'static str,
    },
    /// An error.
    Err(u16, &'static str),
    /// A result set of these definitions and row payloads.
    Rows {
        definitions: Vec<ColumnDefinition<'static>>,
        rows: Vec<Vec<u8>>,
        warnings: u16,
    },
    /// Definitions, and rows that wait to be fetched.
    Cursor {
        definitions: Vec<ColumnDefinition<'static>>,
        warnings: u16,
    },
    /// Rows of a cursor; they may be the last.
    Fetched { rows: Vec<Vec<u8>>, last: bool },
    /// Several results, and how the reply ends.
    Several {
        results: Vec<(Vec<ColumnDefinition<'static>>, Vec<Vec<u8>>)>,
        end: Box<Self>,
    },
    /// Rows without an end: the statement runs on.
    Running {
        definitions: Vec<ColumnDefinition<'static>>,
        rows: Vec<Vec<u8>>,
    },
    /// What a PREPARE gives.
    Prepared {
        id: u32,
        parameters: u16,
        definitions: Vec<ColumnDefinition<'static>>,
    },
    /// These payloads as packets, in order.
    Payloads(Vec<Vec<u8>>),
    /// A request for that file; this answers its end.
    AsksForFile(&'static [u8], Box<Self>),
    /// No answer.
    Silence,
}

impl Reply {
    pub(crate) fn ok() -> Self {
        Self::Ok {
            warnings: 0,
            info: "",
        }
    }

    pub(crate) fn rows(definitions: Vec<ColumnDefinition<'static>>, rows: Vec<Vec<u8>>) -> Self {
        Self::Rows {
            definitions,
            rows,
            warnings: 0,
        }
    }
}

/// What the target saw.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    /// A statement of the gateway's own.
    Own(String),
    /// A command of the client, as it came.
    Command(Vec<u8>),
}

/// The target's side of a session.
#[derive(Debug)]
pub(crate) struct Target {
    assembler: PacketAssembler,
    pub(crate) seen: Vec<Seen>,
    /// Answers to the client's commands, first to last; OK when there is none.
    pub(crate) replies: VecDeque<Reply>,
    /// Statements of the gateway's own that are refused.
    pub(crate) refuses_own: Option<&'static str>,
    /// So often a KILL that comes late hits a statement of the gateway's own that holds this.
    pub(crate) interrupts_own: (usize, &'static str),
    pub(crate) is_mariadb: bool,
    /// The texts of prepared statements.
    texts: BTreeMap<u32, String>,
    /// Attributes stand in front of every statement.
    pub(crate) has_attributes: bool,
    /// What it tells of a session by itself: its variables, the schema, any change, transactions.
    pub(crate) tracks: [&'static str; 4],
    pub(crate) variables: BTreeMap<&'static str, String>,
    pub(crate) schema: Option<String>,
    pub(crate) logged_in: bool,
    pub(crate) after_each: Vec<u8>,
    /// Names and types of a temporary table's columns; none when there is no such table.
    pub(crate) shape: Vec<(&'static str, &'static str)>,
    /// What came of the file that was asked for, and what answers its end.
    pub(crate) file: Option<(Vec<u8>, Reply)>,
    /// Files that came to their end.
    pub(crate) files: Vec<Vec<u8>>,
    /// Statements that were prepared and not closed, with the count of their parameters.
    pub(crate) prepared: BTreeMap<u32, u16>,
    /// What was sent ahead, by statement and parameter. Only an EXECUTE that succeeds uses it up.
    pub(crate) ahead: BTreeMap<(u32, u16), Vec<u8>>,
    /// What each EXECUTE found.
    pub(crate) found: VecDeque<Vec<(u16, Vec<u8>)>>,
    /// Statements that were to be reset while there was something to forget.
    pub(crate) forgot: VecDeque<u32>,
    /// What answers a COM_STMT_RESET, the last of them every other one.
    pub(crate) reset_replies: VecDeque<Reply>,
}

const UPSTREAM: Capabilities = Capabilities::PROTOCOL_41
    .union(Capabilities::TRANSACTIONS)
    .union(Capabilities::SESSION_TRACK)
    .union(Capabilities::DEPRECATE_EOF);

impl Target {
    pub(crate) fn new(is_mariadb: bool) -> Self {
        let mut assembler = PacketAssembler::new(64 * 1024 * 1024);
        assembler.expect_any_sequence();
        let utf8 = || "utf8mb4".to_owned();
        let variables = [
            ("sql_mode", String::new()),
            ("character_set_client", utf8()),
            ("character_set_connection", utf8()),
            ("character_set_results", utf8()),
        ];
        Self {
            assembler,
            seen: Vec::new(),
            replies: VecDeque::new(),
            refuses_own: None,
            interrupts_own: (0, ""),
            is_mariadb,
            texts: BTreeMap::new(),
            has_attributes: false,
            tracks: ["time_zone,autocommit,character_set_client", "1", "0", "OFF"],
            variables: variables.into(),
            schema: None,
            logged_in: false,
            after_each: Vec::new(),
            shape: Vec::new(),
            file: None,
            files: Vec::new(),
            prepared: BTreeMap::new(),
            ahead: BTreeMap::new(),
            found: VecDeque::new(),
            forgot: VecDeque::new(),
            reset_replies: [Reply::ok()].into(),
        }
    }

    /// Takes bytes and gives its answers, and the commands of the client that were among them.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut out, mut commands) = (Vec::new(), Vec::new());
        while let Some(packet) = self.assembler.feed(&mut bytes).expect("packets in order") {
            let sequence = packet.sequence;
            let payload = packet.payload.to_vec();
            if self.file.is_some() {
                self.take_file(&payload, sequence.next(), &mut out);
                continue;
            }
            self.assembler.expect_any_sequence();
            if self.answer_own(&payload, sequence, &mut out) {
                continue;
            }
            self.seen.push(Seen::Command(payload.clone()));
            self.take_unanswered(&payload);
            if !matches!(payload[0], 0x18 | 0x19) {
                let reply = match payload[0] {
                    0x1a if self.reset_replies.len() > 1 => self.reset_replies.pop_front(),
                    0x1a => self.reset_replies.front().cloned(),
                    _ => self.replies.pop_front(),
                };
                let reply = reply.unwrap_or_else(Reply::ok);
                self.follow(&payload, &reply);
                if payload[0] == 0x02 && matches!(reply, Reply::Ok { .. }) {
                    self.schema = Some(String::from_utf8_lossy(&payload[1..]).into_owned());
                }
                let query = self.query(&payload);
                self.answer_to(query.as_deref(), &reply, sequence.next(), &mut out);
                out.extend_from_slice(&self.after_each);
                if self.file.is_some() {
                    // Its own packet had the number in between.
                    self.assembler.expect_sequence(sequence.next().next());
                }
            }
            commands.push(payload);
        }
        (out, commands)
    }

    /// Keeps what is known of prepared statements, as far as it hangs on the reply.
    fn follow(&mut self, payload: &[u8], reply: &Reply) {
        let succeeds = !matches!(reply, Reply::Err(..) | Reply::Silence);
        match payload[0] {
            0x16 => {
                if let Reply::Prepared { id, parameters, .. } = reply {
                    self.prepared.insert(*id, *parameters);
                    let text = String::from_utf8_lossy(&payload[1..]).into_owned();
                    self.texts.insert(*id, text);
                }
            }
            0x17 => {
                let id = number(payload);
                let of = self.ahead.iter().filter(|((of, _), _)| *of == id);
                let found = of.map(|((_, parameter), value)| (*parameter, value.clone()));
                self.found.push_back(found.collect());
                if succeeds {
                    self.ahead.retain(|(of, _), _| *of != id);
                }
            }
            0x1a => {
                let id = number(payload);
                if self.ahead.keys().any(|(of, _)| *of == id) {
                    self.forgot.push_back(id);
                }
                if succeeds {
                    self.ahead.retain(|(of, _), _| *of != id);
                }
            }
            0x1f => {
                self.prepared.clear();
                self.ahead.clear();
            }
            _ => {}
        }
    }

    /// Commands that nothing answers.
    fn take_unanswered(&mut self, payload: &[u8]) {
        match payload[0] {
            0x18 => {
                let id = number(payload);
                let parameter = u16::from_le_bytes([payload[5], payload[6]]);
                let count = self.prepared.get(&id).copied();
                let known = count.is_some_and(|count| parameter < count);
                assert!(known, "sent ahead for no parameter of a known statement");
                let value = self.ahead.entry((id, parameter)).or_default();
                value.extend_from_slice(&payload[7..]);
            }
            0x19 => {
                let id = number(payload);
                self.prepared.remove(&id);
                self.ahead.retain(|(of, _), _| *of != id);
            }
            _ => {}
        }
    }

    /// Takes a part of a file, or its end.
    fn take_file(&mut self, payload: &[u8], next: SequenceId, out: &mut Vec<u8>) {
        let Some((content, end)) = &mut self.file else {
            return;
        };
        content.extend_from_slice(payload);
        if !payload.is_empty() {
            return self.assembler.expect_sequence(next);
        }
        let end = end.clone();
        self.files
            .extend(self.file.take().map(|(content, _)| content));
        self.assembler.expect_any_sequence();
        self.answer(&end, next, out);
    }

    fn answer_own(&mut self, payload: &[u8], sequence: SequenceId, out: &mut Vec<u8>) -> bool {
        let is_query = payload[0] == 3;
        let text = match is_query && self.has_attributes {
            true => payload[1..].strip_prefix(b"\x00\x01").unwrap_or_default(),
            false => &payload[1..],
        };
        let text = String::from_utf8_lossy(text).into_owned();
        let at_login = !self.logged_in && (payload[0] == 2 || text.starts_with("SET NAMES"));
        let reads_back = text.starts_with("SELECT @@sql_mode, @@character_set_client");
        let shapes = is_query && text.starts_with("SHOW CREATE TABLE `");
        let asks = is_query && text.starts_with("SELECT @@session_track_system_variables,");
        let own = shapes
            || asks
            || is_query
                && [
                    "SET SESSION session_track_",
                    "SET SESSION sql_mode=",
                    "SET SESSION character_set_",
                    "SET ROLE",
                ]
                .iter()
                .any(|own| text.starts_with(own));
        if !(own || at_login || (is_query && reads_back)) {
            return false;
        }
        self.seen.push(Seen::Own(text.clone()));
        let next = sequence.next();
        let (times, part) = &mut self.interrupts_own;
        if *times > 0 && text.contains(*part) {
            *times -= 1;
            self.answer(&Reply::Err(1317, "interrupted"), next, out);
        } else if self.refuses_own.is_some_and(|part| text.contains(part)) {
            self.answer(&Reply::Err(3530, "role is not granted"), next, out);
        } else if shapes && self.shape.is_empty() {
            self.answer(&Reply::Err(1146, "no such table"), next, out);
        } else if shapes {
            let columns = self
                .shape
                .iter()
                .map(|(name, data_type)| format!("  `{name}` {data_type} DEFAULT NULL"));
            let columns: Vec<String> = columns.collect();
            let shown = format!("CREATE TEMPORARY TABLE `t` (\n{}\n)", columns.join(",\n"));
            let definitions = (0..2).map(|_| column("", "x")).collect();
            let row = row(&[Some("t"), Some(&shown)]);
            self.answer(&Reply::rows(definitions, vec![row]), next, out);
        } else if asks {
            let definitions = (0..4).map(|_| column("", "x")).collect();
            let row = row(&self.tracks.map(Some));
            self.answer(&Reply::rows(definitions, vec![row]), next, out);
        } else if reads_back {
            let definitions = (0..5).map(|_| column("", "x")).collect();
            let value = |name| Some(self.variables[name].clone());
            let cells = [
                value("sql_mode"),
                value("character_set_client"),
                value("character_set_connection"),
                value("character_set_results"),
                self.schema.clone(),
            ];
            let cells: Vec<Option<&str>> = cells.iter().map(Option::as_deref).collect();
            self.answer(&Reply::rows(definitions, vec![row(&cells)]), next, out);
        } else {
            if payload[0] == 2 {
                self.schema = Some(text);
            } else if !text.contains("session_track") {
                self.restore(text.trim_start_matches("SET SESSION "));
            }
            self.answer(&Reply::ok(), next, out);
        }
        true
    }

    /// What the gateway puts back.
    fn restore(&mut self, variables: &str) {
        for variable in variables.split(", SESSION ") {
            if let Some((name, value)) = variable.split_once('=')
                && let Some(kept) = self.variables.get_mut(name)
            {
                *kept = value.trim_matches('\'').to_owned();
            }
        }
    }

    fn status(&self) -> StatusFlags {
        let mode = &self.variables["sql_mode"];
        let mut status = StatusFlags::AUTOCOMMIT;
        status.set(
            StatusFlags::NO_BACKSLASH_ESCAPES,
            mode.contains("NO_BACKSLASH_ESCAPES"),
        );
        status.set(
            StatusFlags::ANSI_QUOTES,
            self.is_mariadb && mode.contains("ANSI_QUOTES"),
        );
        status
    }

    /// The text of a query that runs.
    fn query(&self, payload: &[u8]) -> Option<String> {
        let text = match payload[0] {
            3 => String::from_utf8_lossy(&payload[1..]).into_owned(),
            0x17 => self.texts.get(&number(payload))?.clone(),
            _ => return None,
        };
        let (before, query) = text.split_once("SELECT ")?;
        // Attributes stand in front of it.
        (before.trim().is_empty() || self.has_attributes).then(|| query.to_owned())
    }

    /// What is no more than OK stands behind the definitions of no rows, where a query was asked.
    fn answer_to(
        &mut self,
        query: Option<&str>,
        reply: &Reply,
        mut sequence: SequenceId,
        out: &mut Vec<u8>,
    ) {
        let mut payloads = self.payloads(reply);
        let scripted = matches!(reply, Reply::Payloads(_));
        if let (Some(query), [ok], false) = (query, payloads.as_mut_slice(), scripted)
            && ok[0] == 0
        {
            ok[0] = 0xfe;
            payloads.splice(0..0, result_set(&natural(query), &[]));
        }
        for payload in payloads {
            encode_packet(&payload, &mut sequence, out);
        }
    }

    fn answer(&mut self, reply: &Reply, mut sequence: SequenceId, out: &mut Vec<u8>) {
        for payload in self.payloads(reply) {
            encode_packet(&payload, &mut sequence, out);
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table of all replies")]
    fn payloads(&mut self, reply: &Reply) -> Vec<Vec<u8>> {
        match reply {
            Reply::Ok { warnings, info } => vec![self.ok(*warnings, info, None)],
            Reply::Sets { variable, value } => {
                self.variables.insert(variable, (*value).to_owned());
                vec![self.ok(0, "", Some((variable, value)))]
            }
            Reply::SetsSilently { variable, value } => {
                self.variables.insert(variable, (*value).to_owned());
                vec![self.ok(0, "", None)]
            }
            Reply::Claims { variable, value } => vec![self.ok(0, "", Some((variable, value)))],
            Reply::Err(code, text) => vec![err(*code, text)],
            Reply::Rows {
                definitions,
                rows,
                warnings,
            } => {
                let mut payloads = result_set(definitions, rows);
                payloads.push(self.end(StatusFlags::empty(), *warnings));
                payloads
            }
            Reply::Several { results, end } => {
                let mut payloads = Vec::new();
                for (definitions, rows) in results {
                    payloads.extend(result_set(definitions, rows));
                    payloads.push(self.end(StatusFlags::MORE_RESULTS_EXISTS, 5));
                }
                payloads.extend(self.payloads(end));
                payloads
            }
            Reply::Cursor {
                definitions,
                warnings,
            } => {
                let mut payloads = result_set(definitions, &[]);
                payloads.push(self.end(StatusFlags::CURSOR_EXISTS, *warnings));
                payloads
            }
            Reply::Fetched { rows, last } => {
                let mut payloads = rows.clone();
                let flags = [StatusFlags::CURSOR_EXISTS, StatusFlags::LAST_ROW_SENT];
                payloads.push(self.end(flags[usize::from(*last)], 0));
                payloads
            }
            Reply::Running { definitions, rows } => result_set(definitions, rows),
            Reply::Prepared {
                id,
                parameters,
                definitions,
            } => {
                let mut payload = Vec::new();
                PrepareOk {
                    statement_id: StatementId::new(*id),
                    columns: u16::try_from(definitions.len()).unwrap(),
                    params: *parameters,
                    warnings: 0,
                }
                .encode(&mut payload);
                let mut payloads = vec![payload];
                for _ in 0..*parameters {
                    payloads.push(encoded(&column("", "?")));
                }
                payloads.extend(definitions.iter().map(encoded));
                payloads
            }
            Reply::Payloads(payloads) => payloads.clone(),
            Reply::AsksForFile(name, end) => {
                self.file = Some((Vec::new(), end.as_ref().clone()));
                vec![[b"\xfb", *name].concat()]
            }
            Reply::Silence => Vec::new(),
        }
    }

    fn end(&self, more: StatusFlags, warnings: u16) -> Vec<u8> {
        let end = OkPacket {
            status: self.status() | more,
            warnings,
            ..OkPacket::default()
        };
        let mut payload = Vec::new();
        end.encode(OkForm::End, UPSTREAM, &mut payload);
        payload
    }

    fn ok(&self, warnings: u16, info: &str, change: Option<(&str, &str)>) -> Vec<u8> {
        let ok = OkPacket {
            status: self.status(),
            warnings,
            info: info.as_bytes(),
            session_changes: change
                .into_iter()
                .map(|(name, value)| SessionChange::SystemVariable {
                    name: name.as_bytes(),
                    value: value.as_bytes(),
                })
                .collect(),
            ..OkPacket::default()
        };
        let mut payload = Vec::new();
        ok.encode(OkForm::Reply, UPSTREAM, &mut payload);
        payload
    }
}

/// The columns of a plain query as a target names them: those of its one table, and expressions.
fn natural(query: &str) -> Vec<ColumnDefinition<'static>> {
    let (list, rest) = query.split_once(" FROM ").unwrap_or((query, ""));
    let table = rest.split([' ', ',', ';']).next().unwrap_or_default();
    let mut depth = 0_i32;
    let items = list.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    let is_name = |item: &str| item.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    items
        .map(str::trim)
        .map(|item| match is_name(item) && !table.is_empty() {
            true if table.contains('.') => column(table, item),
            true => column(&format!("shop.{table}"), item),
            false => column("", item),
        })
        .collect()
}

fn result_set(definitions: &[ColumnDefinition<'_>], rows: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut count = Vec::new();
    encode_column_count(definitions.len(), &mut count);
    let mut payloads = vec![count];
    payloads.extend(definitions.iter().map(encoded));
    payloads.extend(rows.iter().cloned());
    payloads
}

fn encoded(definition: &ColumnDefinition<'_>) -> Vec<u8> {
    let mut payload = Vec::new();
    definition.encode(&mut payload);
    payload
}

/// The statement that a command is about.
fn number(payload: &[u8]) -> u32 {
    u32::from_le_bytes(payload[1..5].try_into().unwrap())
}

/// An ERR payload.
pub(crate) fn err(code: u16, text: &'static str) -> Vec<u8> {
    let mut payload = Vec::new();
    ErrPacket::new(code, SqlState::GENERAL, text.as_bytes()).encode(&mut payload);
    payload
}

/// A column of a base table of `shop`, or of nothing.
pub(crate) fn column(table: &str, name: &str) -> ColumnDefinition<'static> {
    typed_column(table, name, ColumnType::VarString)
}

pub(crate) fn typed_column(
    table: &str,
    name: &str,
    column_type: ColumnType,
) -> ColumnDefinition<'static> {
    let mut definition = ColumnDefinition::computed(name.as_bytes().to_vec(), column_type);
    if let Some((schema, table)) = table.split_once('.') {
        definition.schema = schema.as_bytes().to_vec().into();
        definition.table = table.as_bytes().to_vec().into();
        definition.org_table = table.as_bytes().to_vec().into();
        definition.org_name = name.as_bytes().to_vec().into();
    }
    definition.collation = 45;
    definition.column_length = 480;
    definition
}

/// A text row.
pub(crate) fn row(cells: &[Option<&str>]) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut builder = TextRowBuilder::new(&mut payload);
    for cell in cells {
        builder.push(cell.map(str::as_bytes));
    }
    payload
}
