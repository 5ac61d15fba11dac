//! See [`fuzz::statement`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::statement(input));
