//! See [`fuzz::audit_read`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::audit_read(input));
