#![doc = include_str!("../README.md")]

mod ascii;
mod chars;
mod column;
mod constant;
mod digest;
mod hash;
mod hmac;
mod number;
mod recent;
mod render;
mod row;
mod same_length;
mod span;
mod takes;
mod text;
mod token;

pub mod alphabet;
pub mod cell;
pub mod detect;
pub mod error;
pub mod key;
pub mod known;
pub mod mask;
pub mod plan;
pub mod set;
pub mod stream;

pub use mask::Mask;
pub use plan::MaskPlan;
pub use plan::Treatment;
pub use set::MaskSet;
pub use stream::ResultMasker;
