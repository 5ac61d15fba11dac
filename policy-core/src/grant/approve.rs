//! The approver's block: made by another process, with a key that the serving process never holds.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use biscuit_auth::BlockBuilder;
use biscuit_auth::builder::Term;

use crate::grant::claim::Claim;
use crate::grant::claim::TERMS;
use crate::grant::error::GrantError;
use crate::grant::keys;
use crate::grant::keys::Roots;
use crate::grant::verify;

/// An approver's yes.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller")]
pub struct Yes<'a> {
    /// What the approver was shown, its digest computed from what was shown.
    pub shown: &'a Claim,
    /// Until when the approver's yes holds (Unix time); never longer than what is asked.
    pub until: u64,
    /// The approver's name, for the record.
    pub who: &'a str,
    /// The approver's private key.
    pub seed: &'a [u8; 32],
    /// 32 random bytes that are used for nothing else.
    pub fresh: &'a [u8; 32],
}

impl std::fmt::Debug for Yes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Yes")
            .field("shown", self.shown)
            .field("until", &self.until)
            .field("who", &self.who)
            .field("seed", &"[redacted]")
            .field("fresh", &"[redacted]")
            .finish()
    }
}

/// What a token asks for, after its signatures were checked: what an approver's tool shows.
///
/// # Errors
///
/// When the token is not of the accepted form or not signed by a known root.
pub fn read(token: &[u8], roots: &Roots) -> Result<Claim, GrantError> {
    let token = verify::open(token, roots, None)?;
    verify::asked(&token)
}

/// Appends the approver's block to a token that asks for exactly what was shown.
///
/// A third party signs over little more than the signature before it, so it would sign blind if it
/// did not repeat everything: all of it stands in the block, and is compared again at every use.
///
/// # Errors
///
/// When the token asks for anything else than what was shown, is not signed by a known root, or a
/// key is none.
pub fn approve(token: &[u8], roots: &Roots, yes: &Yes<'_>) -> Result<Vec<u8>, GrantError> {
    let token = verify::open(token, roots, None)?;
    let asked = verify::asked(&token)?;
    if let Some(what) = asked.difference(yes.shown) {
        return Err(GrantError::Other { what });
    }
    let key = keys::pair(yes.seed, "approver's key")?;
    let next = keys::pair(yes.fresh, "fresh key")?;
    let claim = Claim {
        until: yes.until.min(asked.until),
        ..asked
    };
    let mut parameters = claim.parameters();
    parameters.insert("who".to_owned(), Term::Str(yes.who.to_owned()));
    catch_unwind(AssertUnwindSafe(|| {
        let block = BlockBuilder::new().code_with_params(
            format!("approval({TERMS}); approved_by({{id}}, {{who}});"),
            parameters,
            HashMap::new(),
        )?;
        let request = token.third_party_request()?;
        let block = request.create_block(&key.private(), block)?;
        token
            .append_third_party_with_keypair(key.public(), block, next)?
            .to_vec()
    }))
    .unwrap_or(Err(biscuit_auth::error::Token::InternalError))
    .map_err(|_| GrantError::Failed)
}
