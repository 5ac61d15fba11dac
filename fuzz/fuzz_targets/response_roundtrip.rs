//! See [`fuzz::response_roundtrip`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::response_roundtrip(input));
