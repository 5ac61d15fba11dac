//! From a bearer token to the principal behind a session.

pub mod cache;
pub mod claims;
pub mod fetch;
pub mod json;
pub mod keys;
pub mod refusal;
pub mod token;
pub mod verifier;

pub use claims::Identity;
pub use refusal::LoginRefusal;
pub use verifier::Verifier;
