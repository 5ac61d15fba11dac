//! See [`fuzz::login_roundtrip`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::login_roundtrip(input));
