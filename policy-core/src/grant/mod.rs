//! Grants: biscuits in which approvers say with their own keys what they approved.

pub mod approve;
pub mod claim;
pub mod error;
pub mod guard;
pub mod keys;
pub mod mint;
pub mod verify;

#[cfg(test)]
mod tests;
