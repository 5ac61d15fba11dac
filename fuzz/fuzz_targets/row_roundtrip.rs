//! See [`fuzz::row_roundtrip`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::row_roundtrip(input));
