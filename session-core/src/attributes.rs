//! Query attributes: named values that a client sends with a statement, such as a trace id.
//!
//! A decision never hangs on them. They are bounded, recorded, and passed on as they were recorded,
//! because code that is stored at the target can read them. So what an approval lets run goes
//! without them: nobody showed them to the approver.

use bytes::Bytes;
use mysql_proto::command::Command;
use mysql_proto::error::DecodeError;
use mysql_proto::flags::Capabilities;
use mysql_proto::query::Query;
use mysql_proto::query::QueryAttribute;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::Execute;
use mysql_proto::statement::Parameters;
use mysql_proto::types::ValueType;

use crate::parameters;
use crate::parameters::Bound;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::prepared::Prepared;
use crate::reply::Failure;
use crate::reply::malformed;
use crate::session::Session;

/// The most bytes of the names and values of one statement's attributes.
const BYTES_MAX: usize = 16 * 1024;

/// The longest name.
const NAME_BYTES_MAX: usize = 256;

/// What a COM_QUERY without attributes has in front of its text: none of them, in one set.
const NONE: &[u8] = &[0, 1];

/// One attribute, as it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// Its name.
    pub(crate) name: String,
    /// Its type and value.
    pub(crate) bound: Bound,
}

/// The attributes of one statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    /// As they are recorded.
    pub(crate) recorded: Vec<Attribute>,
    /// What stands in front of the text where a statement goes to the target as text.
    pub(crate) header: Bytes,
}

impl Attributes {
    /// Of a statement that has none.
    pub(crate) fn none(capabilities: Capabilities) -> Self {
        let header = match capabilities.contains(Capabilities::QUERY_ATTRIBUTES) {
            true => NONE,
            false => &[],
        };
        Self {
            recorded: Vec::new(),
            header: Bytes::from_static(header),
        }
    }

    /// Takes what lies in `payload`, if it may be passed on.
    fn of(attributes: Vec<QueryAttribute<'_>>, payload: &Bytes) -> Result<Self, Failure> {
        let (mut recorded, mut bytes) = (Vec::new(), 0_usize);
        for attribute in &attributes {
            let bound = parameters::attribute(attribute, payload);
            let value = bound.whole().map_or(0, <[u8]>::len);
            bytes = bytes.saturating_add(attribute.name.len() + value);
            if bytes > BYTES_MAX || attribute.name.len() > NAME_BYTES_MAX {
                return Err(too_much());
            }
            let Ok(name) = std::str::from_utf8(attribute.name) else {
                return Err(nameless());
            };
            let name = name.to_owned();
            recorded.push(Attribute { name, bound });
        }
        let mut header = Vec::new();
        let query = Query {
            attributes,
            text: b"",
        };
        query.encode(&mut header).map_err(|_| malformed())?;
        Ok(Self {
            recorded,
            header: header.into(),
        })
    }
}

impl Session {
    /// Whether attributes stand in front of every statement, from the client and to the target.
    pub(crate) fn has_attributes(&self) -> bool {
        self.capabilities.contains(Capabilities::QUERY_ATTRIBUTES)
    }

    /// The flags of an EXECUTE that are the client's to set.
    pub(crate) fn execute_flags_kept(&self) -> CursorFlags {
        match self.has_attributes() {
            true => CursorFlags::PARAMETER_COUNT_AVAILABLE,
            false => CursorFlags::empty(),
        }
    }

    /// Takes away what stands behind the EXECUTE of a statement without parameters, and tells whether it did: no
    /// server reads it, and drivers send values that nobody asked for.
    pub(crate) fn drop_unread(&self, id: u32, execute: &mut Execute<'_>) -> bool {
        let prepared = self.prepared.get(id);
        let takes_none = prepared.is_some_and(|own| own.understood.statement.parameters == 0);
        let counted = CursorFlags::PARAMETER_COUNT_AVAILABLE;
        let has_attributes = self.has_attributes() && execute.cursor.contains(counted);
        let drops = takes_none && !has_attributes && !execute.parameters.is_empty();
        if drops {
            execute.parameters = &[];
        }
        drops
    }

    /// Takes the attributes from in front of a text: what stands behind them is decided.
    pub(crate) fn take_attributes(&self, pending: &mut Pending) -> Result<(), Failure> {
        let (Asked::Query(content), true) = (&pending.asked, self.has_attributes()) else {
            return Ok(());
        };
        let content = content.clone();
        // What cannot be taken apart is no statement to be recorded.
        pending.asked = Asked::Query(Bytes::new());
        let query = Query::decode(&content, &self.limits).map_err(|error| broken(&error))?;
        pending.asked = Asked::Query(content.slice_ref(query.text));
        pending.attributes = Attributes::of(query.attributes, &content)?;
        Ok(())
    }

    /// The parameters of an EXECUTE, and its attributes.
    pub(crate) fn bound<'a>(
        &self,
        execute: &Execute<'a>,
        payload: &Bytes,
        (prepared, count): (&Prepared, u16),
    ) -> Result<(Parameters<'a>, Attributes), Failure> {
        let kept = prepared.types.as_deref();
        let bound = self.read_bound(execute, (prepared, count), kept)?;
        // The target would take a value with a name for an attribute, too.
        if bound.values.iter().any(|value| !value.name.is_empty()) {
            return Err(Failure::new(
                1210,
                *b"HY000",
                "POSTERN-STATEMENT",
                "a parameter of the statement itself has a name; only query attributes have one",
            ));
        }
        let attributes = match self.has_attributes() {
            true => Attributes::of(bound.attributes.clone(), payload)?,
            false => Attributes::default(),
        };
        Ok((bound, attributes))
    }

    fn read_bound<'a>(
        &self,
        execute: &Execute<'a>,
        (prepared, count): (&Prepared, u16),
        kept: Option<&[ValueType]>,
    ) -> Result<Parameters<'a>, Failure> {
        let count = usize::from(count);
        let is_long = |index| prepared.long_data.has(index);
        match self.has_attributes() {
            true => execute.parameters_with_attributes(count, kept, is_long, &self.limits),
            false => execute.parameters(count, kept, is_long, &self.limits),
        }
        .map_err(|error| broken(&error))
    }

    /// Takes the attributes out of what is sent; they stay in the record.
    pub(crate) fn withhold_attributes(&self, pending: &mut Pending) -> Result<(), Failure> {
        if pending.attributes.recorded.is_empty() {
            return Ok(());
        }
        pending.attributes.header = Attributes::none(self.capabilities).header;
        let Asked::Execute { id, payload, .. } = &mut pending.asked else {
            return Ok(());
        };
        let (Some(prepared), Some(understood), Ok(Command::StmtExecute(execute))) = (
            self.prepared.get(*id),
            &pending.understood,
            Command::decode(payload),
        ) else {
            return Err(malformed());
        };
        let count = understood.statement.parameters;
        let kept = pending.types.as_deref().or(prepared.types.as_deref());
        let mut bound = self.read_bound(&execute, (prepared, count), kept)?;
        bound.attributes.clear();
        let mut parameters = Vec::new();
        let mut cursor = execute.cursor;
        if bound.values.is_empty() {
            cursor.remove(CursorFlags::PARAMETER_COUNT_AVAILABLE);
        } else {
            bound
                .encode_with_attributes(&mut parameters)
                .map_err(|_| malformed())?;
        }
        let mut stripped = Vec::new();
        let execute = Execute {
            cursor,
            parameters: &parameters,
            ..execute
        };
        Command::StmtExecute(execute).encode(&mut stripped);
        *payload = stripped.into();
        Ok(())
    }
}

fn broken(error: &DecodeError) -> Failure {
    if matches!(error, DecodeError::OverLimit { .. }) {
        return too_much();
    }
    malformed()
}

fn too_much() -> Failure {
    Failure::closed(
        "POSTERN-LIMIT",
        "the query attributes are too many or too long; at most 64 are taken, together of at most \
         16 KiB, with names of at most 256 bytes",
    )
}

fn nameless() -> Failure {
    Failure::new(
        1300,
        *b"HY000",
        "POSTERN-PROTOCOL",
        "the name of a query attribute is not UTF-8",
    )
}
