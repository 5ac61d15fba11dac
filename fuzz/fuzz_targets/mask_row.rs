//! See [`fuzz::mask_row`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::mask_row(input));
