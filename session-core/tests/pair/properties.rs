//! Any list of events: nothing unrecorded, nothing unread, nothing protected passes.

use proptest::prelude::*;
use session_core::event::Event;

use crate::pair::Cut;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::column;
use crate::target::row;
use crate::world::CANARY;

/// Texts that may be sent.
const READABLE: [&str; 8] = [
    "SET sql_mode = 'ANSI_QUOTES'",
    "SELECT ROW_COUNT()",
    "SELECT id FROM shop.orders",
    "SELECT name, email FROM shop.customers",
    "SELECT total FROM shop.orders WHERE id = 1",
    "DELETE FROM shop.orders WHERE id = 1",
    "SELECT word FROM small.list",
    "BEGIN",
];

/// Texts that may not: not understood, or not allowed.
const FORBIDDEN: [&str; 6] = [
    "SELEC 1",
    "SELECT 1; SELECT email FROM shop.customers",
    "SELECT salary FROM hr.people",
    "SELECT id FROM shop.customers WHERE email = 'x'",
    "SELECT /*!99999 email */ FROM shop.customers",
    "DROP TABLE shop.orders",
];

#[derive(Clone, Debug)]
enum Step {
    Readable(usize),
    Forbidden(usize),
    Prepare(usize),
    Execute(u32),
    Raw(Vec<u8>),
    Reply(u8),
    TargetSays(Vec<u8>),
    HoldRecords(bool),
    AnswerRecord(bool),
    Deadline,
    Refreshed,
    Recorded,
    Gone(bool),
    Drain,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..READABLE.len()).prop_map(Step::Readable),
        3 => (0..FORBIDDEN.len()).prop_map(Step::Forbidden),
        3 => (0..READABLE.len()).prop_map(Step::Prepare),
        3 => (1..4_u32).prop_map(Step::Execute),
        2 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::Raw),
        10 => (0..9_u8).prop_map(Step::Reply),
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::TargetSays),
        1 => any::<bool>().prop_map(Step::HoldRecords),
        3 => any::<bool>().prop_map(Step::AnswerRecord),
        1 => Just(Step::Deadline),
        1 => Just(Step::Refreshed),
        1 => Just(Step::Recorded),
        1 => any::<bool>().prop_map(Step::Gone),
        1 => Just(Step::Drain),
    ]
}

/// What the target answers next; the canary stands where protected values can stand.
fn reply(number: u8) -> Reply {
    let protected = || {
        vec![
            column("shop.customers", "name"),
            column("shop.customers", "email"),
        ]
    };
    let rows = vec![row(&[Some("Ada"), Some(CANARY)]); 5];
    match number {
        0 => Reply::rows(protected(), rows),
        1 => Reply::Running {
            definitions: protected(),
            rows,
        },
        2 => Reply::rows(
            vec![column("shop.orders", "id")],
            vec![row(&[Some("1")]); 9],
        ),
        3 => Reply::rows(
            vec![column("shop.customers", "email")],
            vec![row(&[Some(CANARY)])],
        ),
        4 => Reply::Prepared {
            id: 1,
            parameters: 0,
            definitions: protected(),
        },
        5 => Reply::Prepared {
            id: 2,
            parameters: 0,
            definitions: vec![column("shop.orders", "id")],
        },
        6 => Reply::Sets {
            variable: "sql_mode",
            value: "ANSI_QUOTES",
        },
        7 => Reply::Silence,
        _ => Reply::ok(),
    }
}

fn run(pair: &mut Pair, step: Step) {
    match step {
        Step::Readable(index) => pair.command(&with_byte(3, READABLE[index].as_bytes())),
        Step::Forbidden(index) => pair.command(&with_byte(3, FORBIDDEN[index].as_bytes())),
        Step::Prepare(index) => pair.command(&with_byte(0x16, READABLE[index].as_bytes())),
        Step::Execute(id) => {
            let mut payload = with_byte(0x17, &id.to_le_bytes());
            payload.extend_from_slice(&[0, 1, 0, 0, 0]);
            pair.command(&payload);
        }
        Step::Raw(bytes) => pair.send_bytes(&bytes),
        Step::Reply(number) => pair.target.replies.push_back(reply(number)),
        Step::TargetSays(bytes) => pair.target_says(&bytes),
        Step::HoldRecords(holds) => pair.holds_records = holds,
        Step::AnswerRecord(written) => {
            if !pair.held.is_empty() {
                pair.answer_record(written);
            }
        }
        Step::Deadline => {
            if pair.session.deadline().is_some() {
                pair.pass_to_deadline();
            }
        }
        Step::Refreshed => pair.tell(Event::CatalogRefreshed),
        // Not asked for: it must let nothing pass.
        Step::Recorded => {
            if pair.held.is_empty() {
                pair.tell(Event::Recorded);
            }
        }
        Step::Gone(client) => pair.tell(if client {
            Event::ClientGone
        } else {
            Event::ServerGone
        }),
        Step::Drain => pair.tell(Event::Drain),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// P1 is checked by the harness at every command that reaches the target.
    #[test]
    fn nothing_passes_that_must_not(
        seed in 1..u64::MAX,
        guarded in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let pair = if guarded { Pair::guarded() } else { Pair::ready() };
        let mut pair = pair.cut(Cut::Seed(seed));
        for step in steps {
            run(&mut pair, step);
        }
        for command in pair.commands_seen() {
            let text = String::from_utf8_lossy(&command[1..]).into_owned();
            if matches!(command[0], 3 | 0x16) {
                prop_assert!(READABLE.contains(&text.as_str()), "sent: {text}");
            }
        }
        prop_assert!(!pair.shows(CANARY), "in clear");
    }

    #[test]
    fn nobody_gets_anywhere_before_the_login(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..12),
    ) {
        let mut pair = Pair::new();
        pair.tell(Event::Start);
        for chunk in chunks {
            pair.send_bytes(&chunk);
        }
        prop_assert!(pair.target.seen.is_empty());
    }
}
