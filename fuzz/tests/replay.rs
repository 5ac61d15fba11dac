//! Every seed and every regression passes its target without a fuzzer; so do their cuts.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = 0;
    for folder in ["seeds", "regressions"] {
        let folder = root.join(folder).join(target);
        for file in std::fs::read_dir(folder).into_iter().flatten() {
            let input = std::fs::read(file.unwrap().path()).unwrap();
            run(&input);
            for length in 0..input.len().min(300) {
                run(input.get(..length).unwrap());
            }
            seeds += 1;
        }
    }
    assert!(seeds > 0, "no seeds for {target}");
}

macro_rules! replays {
    ($($target:ident)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), fuzz::$target);
            }
        )*

        #[test]
        fn every_target_is_here() {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            for file in std::fs::read_dir(root.join("fuzz_targets")).unwrap() {
                let path = file.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap();
                assert!([$(stringify!($target)),*].contains(&name), "{name}");
            }
        }
    };
}

replays! {
    audit_read
    command_roundtrip
    detect
    exchange
    frame_chunks
    login_roundtrip
    mask_row
    response_roundtrip
    row_roundtrip
    session
    statement
}
