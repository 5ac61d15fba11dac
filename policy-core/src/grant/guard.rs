//! The form of a grant, judged on the raw protobuf before any Datalog is loaded.
//!
//! A token's holder may append blocks, and a block of 1.7 kB can keep the Datalog engine busy for
//! longer than any limit of its own stops. So everything that costs is refused by form: a grant is
//! one fact, and each approval is two.

use biscuit_auth::format::schema;
use prost::Message;

use crate::grant::error::GrantError;
use crate::grant::keys::Approvers;

/// The longest grant that is looked at.
pub const GRANT_BYTES_MAX: usize = 6 * 1024;
/// The most approval blocks.
pub const APPROVALS_MAX: usize = 5;

/// Refuses whatever is not one fact of ours and then approvals, two facts each, signed by someone
/// whom `approvers` holds. Without approvers given, by anyone.
pub(super) fn check(token: &[u8], approvers: Option<&Approvers>) -> Result<(), GrantError> {
    if token.len() > GRANT_BYTES_MAX {
        return form("it is too long");
    }
    let Ok(token) = schema::Biscuit::decode(token) else {
        return form("it cannot be decoded");
    };
    check_block(&token.authority, GRANT_FACTS)?;
    if token.authority.external_signature.is_some() {
        return form("its first block is not the gateway's");
    }
    if token.blocks.len() > APPROVALS_MAX {
        return form("it has too many blocks");
    }
    for block in &token.blocks {
        let Some(signature) = &block.external_signature else {
            return form("it has a block that no approver signed");
        };
        if !is_ed25519(&signature.public_key) {
            return form("a key is not of Ed25519");
        }
        if approvers.is_some_and(|known| !known.holds(&signature.public_key.key)) {
            return form("it has a block of an unknown signer");
        }
        check_block(block, APPROVAL_FACTS)?;
    }
    Ok(())
}

fn check_block(signed: &schema::SignedBlock, facts: usize) -> Result<(), GrantError> {
    if !is_ed25519(&signed.next_key) {
        return form("a key is not of Ed25519");
    }
    let Ok(block) = schema::Block::decode(signed.block.as_slice()) else {
        return form("a block cannot be decoded");
    };
    let schema::Block {
        symbols,
        context,
        version: _,
        facts: own_facts,
        rules,
        checks,
        scope,
        public_keys,
    } = &block;
    if !rules.is_empty() || !checks.is_empty() || !scope.is_empty() || !public_keys.is_empty() {
        return form("a block holds more than facts");
    }
    if own_facts.len() != facts || context.is_some() || symbols.len() > SYMBOLS_MAX {
        return form("a block holds other facts");
    }
    let is_plain = |term: &schema::Term| {
        matches!(
            term.content,
            Some(
                schema::term::Content::String(_)
                    | schema::term::Content::Date(_)
                    | schema::term::Content::Bytes(_)
            )
        )
    };
    let mut terms = own_facts.iter().flat_map(|fact| &fact.predicate.terms);
    if !terms.all(is_plain) {
        return form("a fact holds more than texts, bytes and times");
    }
    Ok(())
}

/// P-256 signatures can be changed by anyone into others that hold too; Ed25519 here cannot.
fn is_ed25519(key: &schema::PublicKey) -> bool {
    key.algorithm == schema::public_key::Algorithm::Ed25519 as i32
}

fn form(what: &'static str) -> Result<(), GrantError> {
    Err(GrantError::Form { what })
}

const GRANT_FACTS: usize = 1;
const APPROVAL_FACTS: usize = 2;
const SYMBOLS_MAX: usize = 16;
