//! Why a token does not log in: words for the operator that teach a thief nothing.

/// Why a token was refused.
///
/// The text goes to the client as it is. It never quotes the token, nor what the configuration
/// would have accepted instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the list of codes is documented and tested as a whole"
)]
pub enum LoginRefusal {
    /// Not three parts of base64url with JSON objects in them.
    #[error(
        "[POSTERN-LOGIN-MALFORMED] the password is not a token; give the OIDC token as the password"
    )]
    Malformed,
    /// Exactly as long as the password prompt of the MySQL clients lets through.
    #[error(
        "[POSTERN-LOGIN-TRUNCATED] the token was cut to 79 bytes by the password prompt; set MYSQL_PWD or use an option file"
    )]
    Truncated,
    /// No such issuer, or not one for agents.
    #[error("[POSTERN-LOGIN-ISSUER] the token's issuer is not accepted here")]
    Issuer,
    /// The signature algorithm is not on the issuer's list.
    #[error("[POSTERN-LOGIN-ALGORITHM] the token's signature algorithm is not accepted")]
    Algorithm,
    /// The issuer has no key of that id and kind.
    #[error("[POSTERN-LOGIN-KEY] the issuer has no such signing key; fetch a fresh token")]
    Key,
    /// The issuer's keys could not be fetched.
    #[error("[POSTERN-LOGIN-UNAVAILABLE] the issuer's keys cannot be had now; try again shortly")]
    Unavailable,
    /// The signature is wrong.
    #[error("[POSTERN-LOGIN-SIGNATURE] the token's signature is not valid")]
    Signature,
    /// `exp` is past.
    #[error("[POSTERN-LOGIN-EXPIRED] the token has expired; fetch a fresh one and connect again")]
    Expired,
    /// `nbf` or `iat` lies in the future.
    #[error("[POSTERN-LOGIN-NOT-YET] the token is not valid yet; compare the clocks")]
    NotYet,
    /// `iat` is longer ago than the issuer's limit.
    #[error("[POSTERN-LOGIN-AGE] the token was issued too long ago; fetch a fresh one")]
    Age,
    /// `aud` does not name this gateway.
    #[error(
        "[POSTERN-LOGIN-AUDIENCE] the token was not issued for this gateway; ask for its audience"
    )]
    Audience,
    /// `azp` or `client_id` is not on the issuer's list.
    #[error("[POSTERN-LOGIN-CLIENT] the token was issued to a client that is not accepted here")]
    Client,
    /// The `typ` header is another one.
    #[error("[POSTERN-LOGIN-TYPE] this kind of token is not accepted; log in with an access token")]
    Type,
    /// The token is bound to a key (`cnf`) whose possession cannot be shown in a MySQL login.
    #[error(
        "[POSTERN-LOGIN-BOUND] the token is bound to a key of its holder; ask for a plain bearer token"
    )]
    Bound,
    /// A claim is missing or of the wrong type.
    #[error(
        "[POSTERN-LOGIN-CLAIMS] the token lacks a claim that is needed, or has one of the wrong type"
    )]
    Claims,
    /// The chain of actors is longer than four.
    #[error("[POSTERN-LOGIN-DELEGATION] the token was delegated too many times")]
    Delegation,
}

impl LoginRefusal {
    /// The stable code, for logs, metrics and scripts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "POSTERN-LOGIN-MALFORMED",
            Self::Truncated => "POSTERN-LOGIN-TRUNCATED",
            Self::Issuer => "POSTERN-LOGIN-ISSUER",
            Self::Algorithm => "POSTERN-LOGIN-ALGORITHM",
            Self::Key => "POSTERN-LOGIN-KEY",
            Self::Unavailable => "POSTERN-LOGIN-UNAVAILABLE",
            Self::Signature => "POSTERN-LOGIN-SIGNATURE",
            Self::Expired => "POSTERN-LOGIN-EXPIRED",
            Self::NotYet => "POSTERN-LOGIN-NOT-YET",
            Self::Age => "POSTERN-LOGIN-AGE",
            Self::Audience => "POSTERN-LOGIN-AUDIENCE",
            Self::Client => "POSTERN-LOGIN-CLIENT",
            Self::Type => "POSTERN-LOGIN-TYPE",
            Self::Bound => "POSTERN-LOGIN-BOUND",
            Self::Claims => "POSTERN-LOGIN-CLAIMS",
            Self::Delegation => "POSTERN-LOGIN-DELEGATION",
        }
    }

    /// Every reason, for documentation and tests.
    pub const ALL: [Self; 16] = [
        Self::Malformed,
        Self::Truncated,
        Self::Issuer,
        Self::Algorithm,
        Self::Key,
        Self::Unavailable,
        Self::Signature,
        Self::Expired,
        Self::NotYet,
        Self::Age,
        Self::Audience,
        Self::Client,
        Self::Type,
        Self::Bound,
        Self::Claims,
        Self::Delegation,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_begins_with_its_code_and_fits_a_client() {
        for refusal in LoginRefusal::ALL {
            let text = refusal.to_string();
            assert!(
                text.starts_with(&format!("[{}] ", refusal.code())),
                "{text}"
            );
            assert!(text.len() <= 200, "{text}");
        }
    }
}
