//! See [`fuzz::exchange`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::exchange(input));
