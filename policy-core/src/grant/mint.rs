//! The first block: the serving process says what is asked. By itself it grants nothing.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use biscuit_auth::BiscuitBuilder;
use biscuit_auth::datalog::SymbolTable;

use crate::grant::claim::Claim;
use crate::grant::claim::TERMS;
use crate::grant::error::GrantError;
use crate::grant::keys;

/// Signs what is asked for with the root key.
///
/// `fresh` is 32 random bytes that are used for nothing else: the key with which the token could be
/// continued, and which the token itself carries.
///
/// # Errors
///
/// When a key is none, or the token library fails.
pub fn mint(
    claim: &Claim,
    root_key_id: u32,
    root_seed: &[u8; 32],
    fresh: &[u8; 32],
) -> Result<Vec<u8>, GrantError> {
    let root = keys::pair(root_seed, "root key")?;
    let next = keys::pair(fresh, "fresh key")?;
    catch_unwind(AssertUnwindSafe(|| {
        BiscuitBuilder::new()
            .root_key_id(root_key_id)
            .code_with_params(
                format!("grant({TERMS});"),
                claim.parameters(),
                HashMap::new(),
            )?
            .build_with_key_pair(&root, SymbolTable::new(), &next)?
            .to_vec()
    }))
    .unwrap_or(Err(biscuit_auth::error::Token::InternalError))
    .map_err(|_| GrantError::Failed)
}
