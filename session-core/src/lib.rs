#![doc = include_str!("../README.md")]

pub mod config;
pub mod event;
pub mod login;
pub mod mask;
pub mod phase;
pub mod secret;
pub mod session;

mod answer;
mod approve;
mod arrive;
mod cache;
mod cursor;
mod detect;
mod exchange;
mod farewell;
mod follow;
mod gate;
mod judge;
mod long_data;
mod outcome;
mod overlay;
mod own;
mod parameters;
mod pending;
mod prepared;
mod record;
mod relay;
mod reply;
mod scrub;
mod settled;
mod several;
mod state;
mod stored_code;
mod wide;
mod witness;
