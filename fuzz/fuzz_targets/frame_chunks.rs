//! See [`fuzz::frame_chunks`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::frame_chunks(input));
