//! Result rows in, masked rows out: streaming, bounded, fail-closed.
