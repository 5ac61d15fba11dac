//! Holds the house to its floors: arrows point down, libraries stay pure, files stay short.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// The crates of the house, each with those of ours that it may use.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("mysql-proto", &[]),
    ("policy-core", &[]),
    ("audit-log", &[]),
    ("masking", &["mysql-proto"]),
    (
        "session-core",
        &["mysql-proto", "policy-core", "audit-log", "masking"],
    ),
    (
        "gateway-bin",
        &[
            "mysql-proto",
            "policy-core",
            "audit-log",
            "masking",
            "session-core",
        ],
    ),
    (
        "benches",
        &[
            "mysql-proto",
            "policy-core",
            "audit-log",
            "masking",
            "session-core",
        ],
    ),
    (
        "fuzz",
        &[
            "mysql-proto",
            "policy-core",
            "audit-log",
            "masking",
            "session-core",
        ],
    ),
    ("suite", &["policy-core"]),
];

const LIBRARIES: [&str; 5] = [
    "mysql-proto",
    "policy-core",
    "audit-log",
    "masking",
    "session-core",
];

/// No file of product code is longer.
const LINES_MAX: usize = 500;

/// Lists by nature, one entry a line; everything else is an idea that can be split.
const LISTS: [&str; 1] = ["policy-core/src/facts/functions_builtin/lists.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The dependencies of each crate of ours: name, and whether it is optional.
fn dependencies() -> BTreeMap<String, Vec<(String, bool)>> {
    let done = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let metadata: Value = serde_json::from_slice(&done.stdout).unwrap();
    let mut found = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let needed = package["dependencies"].as_array().unwrap().iter();
        // What tests use does not count.
        let needed = needed.filter(|dependency| dependency["kind"] != "dev");
        let needed = needed.map(|dependency| {
            let name = dependency["name"].as_str().unwrap().to_owned();
            (name, dependency["optional"].as_bool().unwrap())
        });
        found.insert(
            package["name"].as_str().unwrap().to_owned(),
            needed.collect(),
        );
    }
    found
}

#[test]
fn crates_depend_downward_only() {
    let dependencies = dependencies();
    let ours: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let known: BTreeSet<&str> = dependencies.keys().map(String::as_str).collect();
    assert_eq!(ours, known, "a new crate needs its floor here");
    for (name, may_use) in MAY_USE {
        for (dependency, _) in &dependencies[name] {
            let allowed =
                !ours.contains(dependency.as_str()) || may_use.contains(&dependency.as_str());
            assert!(allowed, "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn libraries_know_no_runtime() {
    let dependencies = dependencies();
    for name in LIBRARIES {
        for (dependency, optional) in &dependencies[name] {
            let codec = name == "mysql-proto" && dependency == "tokio-util" && *optional;
            assert!(
                !dependency.starts_with("tokio") || codec,
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn files_are_one_idea_long() {
    let mut long = Vec::new();
    for (name, _) in MAY_USE {
        visit(&root().join(name).join("src"), &mut |path, text| {
            let lines = text
                .lines()
                .take_while(|line| !line.starts_with("#[cfg(test)]"))
                .count();
            let short = path.strip_prefix(root()).unwrap().display().to_string();
            let is_test = short.ends_with("tests.rs") || short.contains("/tests/");
            if lines > LINES_MAX && !is_test && !LISTS.contains(&short.as_str()) {
                long.push(format!("{short}: {lines} lines"));
            }
        });
    }
    assert!(long.is_empty(), "split these files:\n{}", long.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut silent = Vec::new();
    for (name, _) in MAY_USE {
        visit(&root().join(name).join("src"), &mut |path, text| {
            let first = text.lines().next().unwrap_or_default();
            let is_test = path.components().any(|part| part.as_os_str() == "tests")
                || path.file_name().is_some_and(|file| file == "tests.rs");
            if !is_test && !first.starts_with("//!") && !first.starts_with("#![doc = include_str!")
            {
                silent.push(path.display().to_string());
            }
        });
    }
    assert!(
        silent.is_empty(),
        "these files do not say what they are for:\n{}",
        silent.join("\n")
    );
}

fn visit(folder: &Path, each: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            each(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
