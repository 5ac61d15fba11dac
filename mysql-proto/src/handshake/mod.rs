//! The packets of the login, from the greeting to the first OK.

pub mod auth;
pub mod change_user;
pub mod client;
pub mod greeting;
pub mod login;
pub mod scramble;
