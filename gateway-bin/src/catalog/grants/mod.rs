//! The rights that a policy needs at the server itself: planned, printed, and compared.

pub mod check;
pub mod observe;
pub mod plan;
pub mod text;

mod columns;
