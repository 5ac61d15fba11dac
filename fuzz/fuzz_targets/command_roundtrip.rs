//! See [`fuzz::command_roundtrip`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::command_roundtrip(input));
