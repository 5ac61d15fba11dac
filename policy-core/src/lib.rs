#![doc = include_str!("../README.md")]

pub mod allow;
pub mod approval;
pub mod case;
pub mod catalog;
pub mod charset;
pub mod decide;
pub mod decision;
pub mod explain;
pub mod facts;
pub mod grant;
mod interval;
pub mod lex;
pub mod name;
pub mod policy;
pub mod principal;
pub mod read;
pub mod remark;
pub mod server;
pub mod session;
pub mod shape;
pub mod sql_mode;
mod stack;
pub mod stateless;
pub mod statement;
pub mod unread;
