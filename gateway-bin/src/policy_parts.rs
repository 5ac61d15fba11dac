//! What a policy needs besides its own text: its masks made, their keys fetched, approvers known.

use std::path::Path;

use anyhow::Context;
use masking::Mask;
use masking::set::MaskSet;
use policy_core::grant::keys::Approver;
use policy_core::grant::keys::Approvers;
use policy_core::grant::keys::Roots;
use policy_core::policy::mask::MaskSpec;
use policy_core::policy::set::PolicySet;
use session_core::config::Policy;

use crate::config::Config;
use crate::config::approvals::ApprovalSettings;
use crate::secret::SecretReference;

/// Makes a compiled policy ready to serve.
///
/// # Errors
///
/// Masks that cannot be made, and keys that cannot be fetched.
pub fn assemble(config: &Config, set: PolicySet) -> anyhow::Result<Policy> {
    let masks = masks(&set, &config.policy)?;
    let (roots, approvers) = match &config.approvals {
        Some(approvals) => keys(&approvals.settings)?,
        None => (Roots::new(), Approvers::new()),
    };
    Ok(Policy {
        set,
        masks,
        roots,
        approvers,
    })
}

/// The public keys on both sides of an approval.
fn keys(settings: &ApprovalSettings) -> anyhow::Result<(Roots, Approvers)> {
    let mut roots = Roots::new();
    roots
        .insert(settings.root_key_id, &settings.root_public_key)
        .context("section `[approvals]`")?;
    let mut approvers = Approvers::new();
    for person in &settings.approvers {
        let approver = Approver {
            name: person.name.clone(),
            issuer: person.issuer.clone(),
            subject: person.subject.clone(),
            groups: person.groups.iter().cloned().collect(),
        };
        approvers
            .insert(approver, &person.public_key)
            .with_context(|| format!("approver `{}`", person.name))?;
    }
    Ok((roots, approvers))
}

fn masks(set: &PolicySet, path: &Path) -> anyhow::Result<MaskSet> {
    let mut masks = MaskSet::default();
    for (name, spec) in set.masks() {
        masks
            .insert(name, mask(name, spec, path)?)
            .with_context(|| format!("mask `{name}`"))?;
    }
    Ok(masks)
}

/// Makes one mask of the policy at this path, from beside which its key is fetched.
///
/// # Errors
///
/// The mask cannot be made, or its key cannot be fetched.
pub fn mask(name: &str, spec: &MaskSpec, path: &Path) -> anyhow::Result<Mask> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    let mut missing = None;
    let key = |reference: &str| {
        let secret =
            SecretReference::parse(reference, directory).and_then(|reference| reference.resolve());
        match secret {
            Ok(secret) => Some(secret.expose().to_vec()),
            Err(error) => {
                missing = Some(error);
                None
            }
        }
    };
    let built = session_core::mask::build(spec, key);
    if let Some(error) = missing {
        return Err(error).with_context(|| format!("mask `{name}`: its key cannot be fetched"));
    }
    built.with_context(|| format!("mask `{name}` of `{}`", path.display()))
}
