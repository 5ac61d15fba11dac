//! Attacks on grants: everything but the real approval of the very same thing is refused.

use std::collections::BTreeSet;

use biscuit_auth::Algorithm;
use biscuit_auth::Biscuit;
use biscuit_auth::BiscuitBuilder;
use biscuit_auth::BlockBuilder;
use biscuit_auth::KeyPair;
use biscuit_auth::UnverifiedBiscuit;
use biscuit_auth::format::schema;
use prost::Message;
use sha2::Digest;

use crate::approval::Approval;
use crate::approval::Binding;
use crate::approval::Parameter;
use crate::approval::ParameterValue;
use crate::approval::RuleBinding;
use crate::approval::StatementBinding;
use crate::decision::Allow;
use crate::decision::ApprovalNeed;
use crate::decision::Covers;
use crate::decision::RuleRef;
use crate::grant::approve;
use crate::grant::approve::Yes;
use crate::grant::claim::Claim;
use crate::grant::error::GrantError;
use crate::grant::keys::Approver;
use crate::grant::keys::Approvers;
use crate::grant::keys::Roots;
use crate::grant::mint::mint;
use crate::grant::verify::Trust;
use crate::grant::verify::Use;
use crate::grant::verify::verify;
use crate::policy::people::Group;
use crate::principal::Principal;

const ROOT: [u8; 32] = [1; 32];
const ALICE: [u8; 32] = [2; 32];
const BOB: [u8; 32] = [3; 32];
const MALLORY: [u8; 32] = [4; 32];
const REQUESTER: [u8; 32] = [5; 32];
const ALICE_AGAIN: [u8; 32] = [6; 32];
const OUTSIDER: [u8; 32] = [7; 32];
const FRESH: [u8; 32] = [9; 32];
const NOW: u64 = 1_800_000_000;
const ID: &str = "APR-7F3K";

fn public(seed: &[u8; 32]) -> [u8; 32] {
    let pair = super::keys::pair(seed, "key").unwrap();
    pair.public().to_bytes().try_into().unwrap()
}

fn roots() -> Roots {
    let mut roots = Roots::new();
    roots.insert(7, &public(&ROOT)).unwrap();
    roots
}

fn approvers() -> Approvers {
    let mut approvers = Approvers::new();
    for (seed, name, subject, group) in [
        (ALICE, "alice", "alice", "dba"),
        (ALICE_AGAIN, "alice-2", "alice", "dba"),
        (BOB, "bob", "bob", "dba"),
        (REQUESTER, "bot", "bot", "dba"),
        (OUTSIDER, "olga", "olga", "sales"),
    ] {
        let approver = Approver {
            name: name.to_owned(),
            issuer: "corp".to_owned(),
            subject: subject.to_owned(),
            groups: BTreeSet::from([group.to_owned()]),
        };
        approvers.insert(approver, &public(&seed)).unwrap();
    }
    approvers
}

fn principal() -> Principal {
    Principal {
        issuer: "corp".to_owned(),
        subject: "bot".to_owned(),
        ..Principal::default()
    }
}

fn rule_binding() -> RuleBinding {
    RuleBinding {
        rule: "new-tables".to_owned(),
        role: "analytics".to_owned(),
        target: "shop".to_owned(),
        principal: principal().binding(),
    }
}

fn statement_binding() -> StatementBinding {
    StatementBinding {
        rule: rule_binding(),
        text: b"CREATE TABLE x (id INT)".to_vec(),
        parameters: vec![Parameter {
            kind: [3, 0],
            value: ParameterValue::Bytes(vec![1, 0, 0, 0]),
        }],
        default_schema: Some("shop".to_owned()),
        sql_mode: 0,
        charsets: ["utf8mb4", "utf8mb4", "utf8mb4"].map(str::to_owned),
        objects: vec![("shop.x".to_owned(), None)],
    }
}

fn binding() -> Binding {
    Binding::Statement(Box::new(statement_binding()))
}

fn need(quorum: u8) -> ApprovalNeed {
    ApprovalNeed {
        rule: RuleRef {
            name: "new-tables".to_owned(),
            line: 20,
        },
        approvers: vec![Group {
            issuer: Some("corp".to_owned()),
            name: "dba".to_owned(),
        }],
        quorum,
        covers: Covers::Statement,
        valid_seconds: 1800,
        uses: Some(1),
        then: Allow::default(),
    }
}

fn claim() -> Claim {
    Claim::new(ID, &binding(), NOW + 3600)
}

fn base() -> Vec<u8> {
    mint(&claim(), 7, &ROOT, &FRESH).unwrap()
}

fn yes(token: &[u8], seed: &[u8; 32]) -> Vec<u8> {
    let yes = Yes {
        shown: &claim(),
        until: NOW + 600,
        who: "whoever",
        seed,
        fresh: &[8; 32],
    };
    approve::approve(token, &roots(), &yes).unwrap()
}

fn check(tokens: &[&[u8]]) -> Result<Approval, GrantError> {
    check_for(tokens, &binding(), 1, NOW)
}

fn check_for(
    tokens: &[&[u8]],
    binding: &Binding,
    quorum: u8,
    now: u64,
) -> Result<Approval, GrantError> {
    let (roots, approvers) = (roots(), approvers());
    let trust = Trust {
        roots: &roots,
        approvers: &approvers,
    };
    let using = Use {
        id: ID,
        binding,
        need: &need(quorum),
        principal: &principal(),
        now,
    };
    verify(tokens, trust, using)
}

#[test]
fn accepts_an_approval_of_the_same_thing_until_its_time() {
    let token = yes(&base(), &ALICE);
    let approval = check(&[&token]).unwrap();
    assert_eq!(
        (approval.until(), approval.approvers()),
        (NOW + 600, ["alice".to_owned()].as_slice())
    );
    assert_eq!(approval.digest(), binding().digest());
    assert!(approval.answers("new-tables", Covers::Statement));
    assert!(!approval.answers("new-tables", Covers::Rule));
    assert!(check_for(&[&token], &binding(), 1, NOW + 599).is_ok());
    assert!(check_for(&[&token], &binding(), 1, NOW + 600).is_err());
    assert_eq!(
        check_for(&[&token], &binding(), 1, NOW + 3600),
        Err(GrantError::Expired)
    );
}

#[test]
fn shows_the_approver_what_is_asked() {
    assert_eq!(approve::read(&base(), &roots()), Ok(claim()));
    assert_eq!(
        approve::read(&base(), &Roots::new()),
        Err(GrantError::UnknownRoot)
    );
}

#[test]
fn refuses_what_nobody_approved() {
    let none = GrantError::Quorum {
        found: 0,
        needed: 1,
    };
    assert_eq!(check(&[]), Err(none.clone()));
    assert_eq!(check(&[&base()]), Err(none));
}

#[test]
fn refuses_an_approval_that_the_gateway_wrote_itself() {
    let forged = Biscuit::from(base(), KeyPair::from(&root()).public()).unwrap();
    let text = format!("approval(\"{ID}\"); approved_by(\"{ID}\", \"alice\");");
    let forged = forged
        .append(BlockBuilder::new().code(text).unwrap())
        .unwrap();
    let refused = check(&[&forged.to_vec().unwrap()]);
    assert!(
        matches!(refused, Err(GrantError::Form { .. })),
        "{refused:?}"
    );
}

fn root() -> biscuit_auth::PrivateKey {
    biscuit_auth::PrivateKey::from_bytes(&ROOT, Algorithm::Ed25519).unwrap()
}

#[test]
fn refuses_an_approval_in_the_first_block() {
    let mut parameters = claim().parameters();
    parameters.insert("who".to_owned(), "alice".into());
    let terms = super::claim::TERMS;
    let token = BiscuitBuilder::new()
        .root_key_id(7)
        .code_with_params(
            format!("grant({terms}); approval({terms}); approved_by({{id}}, {{who}});"),
            parameters,
            Default::default(),
        )
        .unwrap()
        .build(&KeyPair::from(&root()))
        .unwrap();
    assert!(check(&[&token.to_vec().unwrap()]).is_err());
}

#[test]
fn refuses_a_strangers_signature() {
    let token = yes(&base(), &MALLORY);
    assert!(matches!(check(&[&token]), Err(GrantError::Form { .. })));
    let token = yes(&base(), &OUTSIDER);
    assert!(matches!(
        check(&[&token]),
        Err(GrantError::Quorum { found: 0, .. })
    ));
}

#[test]
fn refuses_the_requester_as_approver() {
    let token = yes(&base(), &REQUESTER);
    assert!(matches!(
        check(&[&token]),
        Err(GrantError::Quorum { found: 0, .. })
    ));
}

#[test]
fn refuses_an_approval_grafted_onto_another_grant() {
    let approved = schema::Biscuit::decode(yes(&base(), &ALICE).as_slice()).unwrap();
    let other = mint(&claim(), 7, &ROOT, &[10; 32]).unwrap();
    let mut other = schema::Biscuit::decode(other.as_slice()).unwrap();
    other.blocks = approved.blocks;
    other.proof = approved.proof;
    let refused = check(&[&other.encode_to_vec()]);
    assert_eq!(refused, Err(GrantError::Signature));
}

#[test]
fn refuses_anything_else_than_what_was_approved() {
    let token = yes(&base(), &ALICE);
    let change = |change: &dyn Fn(&mut StatementBinding)| {
        let mut statement = statement_binding();
        change(&mut statement);
        let changed = Binding::Statement(Box::new(statement));
        assert!(
            check_for(&[&token], &changed, 1, NOW).is_err(),
            "{changed:?}"
        );
    };
    change(&|statement| statement.text.push(b' '));
    change(&|statement| statement.parameters[0].value = ParameterValue::Bytes(vec![2, 0, 0, 0]));
    change(&|statement| statement.parameters[0].value = ParameterValue::Null);
    // Not even of the same bytes.
    let sha256 = sha2::Sha256::digest([1_u8, 0, 0, 0]).into();
    let bytes = 4;
    change(&|statement| {
        statement.parameters[0].value = ParameterValue::Long { bytes, sha256 };
    });
    change(&|statement| statement.parameters[0].kind = [254, 0]);
    change(&|statement| statement.default_schema = Some("hr".to_owned()));
    change(&|statement| statement.sql_mode = 2);
    change(&|statement| statement.charsets[0] = "latin1".to_owned());
    change(&|statement| statement.objects[0].1 = Some([1; 32]));
    change(&|statement| statement.rule.role = "writer".to_owned());
    change(&|statement| statement.rule.rule = "other".to_owned());
    change(&|statement| statement.rule.target = "hr".to_owned());
    change(&|statement| statement.rule.principal = "4:corp,5:other,".to_owned());
    assert!(check_for(&[&token], &Binding::Rule(rule_binding()), 1, NOW).is_err());
}

#[test]
fn keeps_neighbouring_parts_apart_in_the_digest() {
    let digest = |parts: [&str; 2]| {
        let mut rule = rule_binding();
        [rule.rule, rule.role] = parts.map(str::to_owned);
        Binding::Rule(rule).digest()
    };
    assert_ne!(digest(["ab", "c"]), digest(["a", "bc"]));
    let bare = Binding::Rule(rule_binding());
    assert_ne!(bare.digest(), binding().digest());
}

#[test]
fn counts_people_and_not_blocks_or_keys() {
    let first = yes(&base(), &ALICE);
    let twice = yes(&first, &ALICE);
    let other_key = yes(&first, &ALICE_AGAIN);
    let both = yes(&first, &BOB);
    let short = Err(GrantError::Quorum {
        found: 1,
        needed: 2,
    });
    assert_eq!(check_for(&[&twice], &binding(), 2, NOW), short);
    assert_eq!(check_for(&[&first, &first], &binding(), 2, NOW), short);
    assert_eq!(check_for(&[&other_key], &binding(), 2, NOW), short);
    assert_eq!(
        check_for(&[&both], &binding(), 2, NOW).unwrap().approvers(),
        ["alice", "bob"]
    );
    // Each may also have approved on a copy of their own.
    let apart = [first.as_slice(), &yes(&base(), &BOB)];
    assert!(check_for(&apart, &binding(), 2, NOW).is_ok());
}

#[test]
fn signs_nothing_but_what_was_shown() {
    let mut shown = claim();
    shown.digest = [0; 32];
    let yes = Yes {
        shown: &shown,
        until: NOW + 600,
        who: "alice",
        seed: &ALICE,
        fresh: &FRESH,
    };
    assert_eq!(
        approve::approve(&base(), &roots(), &yes),
        Err(GrantError::Other {
            what: "statement, parameter or session"
        })
    );
    assert!(!format!("{yes:?}").contains("2, 2"));
}

#[test]
fn never_outlives_what_was_asked() {
    let yes = Yes {
        shown: &claim(),
        until: NOW + 999_999,
        who: "alice",
        seed: &ALICE,
        fresh: &[8; 32],
    };
    let token = approve::approve(&base(), &roots(), &yes).unwrap();
    assert_eq!(check(&[&token]).unwrap().until(), NOW + 3600);
}

#[test]
fn refuses_blocks_that_hold_anything_but_approvals() {
    let joined: String = (0..100).map(|i| format!("x({i});")).collect();
    for code in [
        "check if true".to_owned(),
        "rule(1) <- grant($a, $b, $c, $d, $e, $f, $g, $h)".to_owned(),
        "extra(1)".to_owned(),
        "check if \"aaaa\".matches(\"((a{1,100}){1,100}){1,100}b\")".to_owned(),
        format!("{joined} check if x($a),x($b),x($c),x($d), $a+$b+$c+$d > 100000"),
    ] {
        let token = UnverifiedBiscuit::from(yes(&base(), &ALICE)).unwrap();
        let block = BlockBuilder::new().code(&code).unwrap();
        let token = token.append(block).unwrap().to_vec().unwrap();
        assert!(
            matches!(check(&[&token]), Err(GrantError::Form { .. })),
            "{code}"
        );
        // Nor may an approver sign such a block.
        let token = Biscuit::from(base(), KeyPair::from(&root()).public()).unwrap();
        let key = super::keys::pair(&ALICE, "key").unwrap();
        let block = BlockBuilder::new().code(&code).unwrap();
        let request = token.third_party_request().unwrap();
        let block = request.create_block(&key.private(), block).unwrap();
        let token = token.append_third_party(key.public(), block).unwrap();
        assert!(check(&[&token.to_vec().unwrap()]).is_err(), "{code}");
    }
}

#[test]
fn refuses_other_keys_than_ed25519() {
    let root = KeyPair::new_with_algorithm(Algorithm::Secp256r1);
    let next = KeyPair::new_with_algorithm(Algorithm::Secp256r1);
    let builder = || {
        BiscuitBuilder::new()
            .root_key_id(7)
            .code_with_params(
                format!("grant({});", super::claim::TERMS),
                claim().parameters(),
                Default::default(),
            )
            .unwrap()
    };
    let token = builder().build(&root).unwrap().to_vec().unwrap();
    assert_eq!(check(&[&token]), Err(GrantError::Signature));
    let ours = KeyPair::from(&self::root());
    let symbols = biscuit_auth::datalog::SymbolTable::new();
    let token = builder()
        .build_with_key_pair(&ours, symbols, &next)
        .unwrap();
    assert!(matches!(
        check(&[&token.to_vec().unwrap()]),
        Err(GrantError::Form { .. })
    ));
    let token = Biscuit::from(base(), ours.public()).unwrap();
    let block = BlockBuilder::new()
        .code("approval(1); approved_by(1)")
        .unwrap();
    let request = token.third_party_request().unwrap();
    let block = request.create_block(&root.private(), block).unwrap();
    let token = token.append_third_party(root.public(), block).unwrap();
    assert!(matches!(
        check(&[&token.to_vec().unwrap()]),
        Err(GrantError::Form { .. })
    ));
}

#[test]
fn refuses_an_approval_whose_words_differ_from_the_grants() {
    // The approver's key signs about another statement on this very token.
    let token = Biscuit::from(base(), KeyPair::from(&root()).public()).unwrap();
    let key = super::keys::pair(&ALICE, "key").unwrap();
    let mut other = claim();
    other.digest = [0; 32];
    let mut parameters = other.parameters();
    parameters.insert("who".to_owned(), "alice".into());
    let text = format!(
        "approval({}); approved_by({{id}}, {{who}});",
        super::claim::TERMS
    );
    let block = BlockBuilder::new().code_with_params(text, parameters, Default::default());
    let request = token.third_party_request().unwrap();
    let block = request
        .create_block(&key.private(), block.unwrap())
        .unwrap();
    let token = token.append_third_party(key.public(), block).unwrap();
    assert!(matches!(
        check(&[&token.to_vec().unwrap()]),
        Err(GrantError::Other { .. })
    ));
}

#[test]
fn takes_the_root_key_id_for_a_hint_only() {
    let mut token = schema::Biscuit::decode(yes(&base(), &ALICE).as_slice()).unwrap();
    token.root_key_id = Some(8);
    assert_eq!(
        check(&[&token.encode_to_vec()]),
        Err(GrantError::UnknownRoot)
    );
    token.root_key_id = None;
    assert_eq!(
        check(&[&token.encode_to_vec()]),
        Err(GrantError::UnknownRoot)
    );
}

#[test]
fn survives_any_cut_and_any_changed_byte() {
    let token = yes(&base(), &ALICE);
    for end in (0..token.len()).step_by(7) {
        assert!(check(&[&token[..end]]).is_err());
    }
    for at in (0..token.len()).step_by(3) {
        let mut changed = token.clone();
        changed[at] ^= 0x41;
        // A few changed bytes leave the meaning as it was; none may change who approved what.
        if let Ok(approval) = check(&[&changed]) {
            assert_eq!(approval.approvers(), ["alice"]);
            assert_eq!(approval.until(), NOW + 600);
        }
    }
    assert!(check(&[&vec![0; super::guard::GRANT_BYTES_MAX + 1]]).is_err());
}
