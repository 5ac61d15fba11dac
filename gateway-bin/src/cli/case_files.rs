//! Files of cases for `postern policy test`: found, read, and brought together with policy and catalog.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use policy_core::case;
use policy_core::case::CaseFile;
use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;

use crate::policy_file;

/// What was found under the paths of the command line.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Every file once, in the order in which it was named.
    pub(super) files: Vec<PathBuf>,
    /// Files that were named more than once.
    pub(super) repeated: Vec<PathBuf>,
    /// What could not be looked at, one line each.
    pub(super) mistakes: Vec<String>,
}

/// Takes files as they are, and of folders every `*.toml` in them and below, in order.
pub(super) fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        let mut files = Vec::new();
        if path.is_dir() {
            match below(path, &mut files) {
                Ok(()) if files.is_empty() => found.mistakes.push(format!(
                    "{}:1:1: the folder holds no *.toml",
                    path.display()
                )),
                Ok(()) => {}
                Err(error) => found.mistakes.push(format!(
                    "{}:1:1: cannot read the folder: {error}",
                    path.display()
                )),
            }
        } else {
            files.push(path.clone());
        }
        for file in files {
            let identity = file.canonicalize().unwrap_or_else(|_| file.clone());
            if seen.insert(identity) {
                found.files.push(file);
            } else {
                found.repeated.push(file);
            }
        }
    }
    found
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let entries: Result<Vec<_>, _> = fs::read_dir(folder)?.collect();
    let mut entries = entries?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // A link to a folder could lead around in a circle.
        if entry.file_type()?.is_dir() {
            below(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    Ok(())
}

/// Where policy and catalog come from when a file does not say, or must not.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// Instead of what the files name.
    pub(super) policy: Option<Arc<PolicySet>>,
    /// Instead of what the files name.
    pub(super) catalog: Option<Arc<Catalog>>,
    policies: BTreeMap<PathBuf, Arc<PolicySet>>,
    catalogs: BTreeMap<PathBuf, Arc<Catalog>>,
}

/// A file of cases with what it is run against.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) shown: String,
    pub(super) cases: CaseFile,
    pub(super) policy: Arc<PolicySet>,
    pub(super) catalog: Arc<Catalog>,
}

impl Sources {
    /// Reads a file, its policy and its catalog.
    ///
    /// Every mistake, one line each, as `file:line:column: what is wrong`.
    pub(super) fn load(&mut self, path: &Path) -> Result<Loaded, String> {
        let shown = path.display().to_string();
        let text = read(path).map_err(|what| format!("{shown}:1:1: {what}"))?;
        let cases = case::parse(&shown, &text).map_err(|errors| errors.to_string())?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let policy = self.policy(folder, &cases);
        let catalog = self.catalog(folder, &cases);
        let (policy, catalog) = match (policy, catalog) {
            (Ok(policy), Ok(catalog)) => (policy, catalog),
            (Err(one), Err(other)) => return Err(format!("{one}\n{other}")),
            (Err(one), Ok(_)) | (Ok(_), Err(one)) => return Err(one),
        };
        cases.check(&policy).map_err(|errors| errors.to_string())?;
        let misfits = policy.misfits(&catalog);
        if !misfits.is_empty() {
            let lines: Vec<String> = misfits.iter().map(ToString::to_string).collect();
            return Err(lines.join("\n"));
        }
        Ok(Loaded {
            shown,
            cases,
            policy,
            catalog,
        })
    }

    fn policy(&mut self, folder: &Path, cases: &CaseFile) -> Result<Arc<PolicySet>, String> {
        if let Some(policy) = &self.policy {
            return Ok(policy.clone());
        }
        let Some(name) = cases.policy() else {
            let what =
                "which policy? write `policy = \"…\"`, relative to this file, or give `--policy`";
            return Err(cases.policy_mistake(what.to_owned()).to_string());
        };
        let path = plain(&folder.join(name));
        if let Some(policy) = self.policies.get(&path) {
            return Ok(policy.clone());
        }
        if !path.is_file() {
            let what = format!("there is no policy `{}`", path.display());
            return Err(cases.policy_mistake(what).to_string());
        }
        let policy =
            policy_file::load_alone(&path, Known::default()).map_err(|error| error.to_string())?;
        let policy = Arc::new(policy);
        self.policies.insert(path, policy.clone());
        Ok(policy)
    }

    fn catalog(&mut self, folder: &Path, cases: &CaseFile) -> Result<Arc<Catalog>, String> {
        if let Some(catalog) = &self.catalog {
            return Ok(catalog.clone());
        }
        let Some(name) = cases.catalog() else {
            let what =
                "which tables? write `catalog = \"…\"`, relative to this file, or give `--catalog`";
            return Err(cases.catalog_mistake(what.to_owned()).to_string());
        };
        let path = plain(&folder.join(name));
        if let Some(catalog) = self.catalogs.get(&path) {
            return Ok(catalog.clone());
        }
        if !path.is_file() {
            let what = format!("there is no catalog `{}`", path.display());
            return Err(cases.catalog_mistake(what).to_string());
        }
        let catalog = Arc::new(catalog(&path)?);
        self.catalogs.insert(path, catalog.clone());
        Ok(catalog)
    }
}

/// Reads a catalog file; every mistake, one line each.
pub(super) fn catalog(path: &Path) -> Result<Catalog, String> {
    let shown = path.display().to_string();
    let text = read(path).map_err(|what| format!("{shown}:1:1: {what}"))?;
    document::parse(&shown, &text).map_err(|errors| errors.to_string())
}

/// `a/../b` as `b`, for people who read it.
fn plain(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir
                if parts
                    .components()
                    .next_back()
                    .is_some_and(|last| matches!(last, std::path::Component::Normal(_))) =>
            {
                parts.pop();
            }
            std::path::Component::CurDir => {}
            std::path::Component::Prefix(_)
            | std::path::Component::RootDir
            | std::path::Component::ParentDir
            | std::path::Component::Normal(_) => parts.push(part),
        }
    }
    parts
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read the file: {error}"))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!(
            "the file is over the limit of {FILE_BYTES_MAX} bytes"
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("the file is not UTF-8, from byte {at} on")
    })
}

/// No file of cases or catalog is larger.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_detours_out_of_paths() {
        assert_eq!(plain(Path::new("a/cases/../p.toml")), Path::new("a/p.toml"));
        assert_eq!(plain(Path::new("../p.toml")), Path::new("../p.toml"));
        assert_eq!(plain(Path::new("./a/./p.toml")), Path::new("a/p.toml"));
    }
}
