//! Checkpoint: how many lines a log has and their tree hash, as a signed note.
//!
//! The text is C2SP `tlog-checkpoint`, the signature C2SP `signed-note` with Ed25519, so that
//! tools and witnesses made for transparency logs can read it. The name of the key is the origin.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use sha2::Digest as _;
use sha2::Sha256;

use crate::digest::Digest;
use crate::error::KeyError;
use crate::error::Problem;

/// The key that signs checkpoints.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Makes the key out of its 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// What a verifier needs, for the log of this name.
    #[must_use]
    pub fn verifying_key(&self, origin: &str) -> VerifyingKey {
        VerifyingKey {
            name: origin.to_owned(),
            key: self.0.verifying_key(),
        }
    }

    fn sign(&self, text: &str) -> [u8; 64] {
        self.0.sign(text.as_bytes()).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey([redacted])")
    }
}

/// The public half of a [`SigningKey`], with the name of its log.
///
/// It is written `name+8 hexadecimal digits+base64`, as in C2SP `signed-note`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifyingKey {
    name: String,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifyingKey {
    /// Reads the written form.
    ///
    /// # Errors
    /// When it is not in that form, its digits do not fit the key, or the key is not Ed25519.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError);
        };
        let key = STANDARD.decode(key).map_err(|_| KeyError)?;
        let [ED25519, key @ ..] = key.as_slice() else {
            return Err(KeyError);
        };
        let key = <&[u8; 32]>::try_from(key).map_err(|_| KeyError)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| KeyError)?;
        let read = Self {
            name: name.to_owned(),
            key,
        };
        if !is_origin(name) || format!("{:08x}", read.id()) != id {
            return Err(KeyError);
        }
        Ok(read)
    }

    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.name
    }

    pub(crate) fn id(&self) -> u32 {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        hash.first_chunk()
            .map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    pub(crate) fn verify(&self, text: &str, signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.key.verify_strict(text.as_bytes(), &signature).is_ok()
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(
            formatter,
            "{}+{:08x}+{}",
            self.name,
            self.id(),
            STANDARD.encode(key)
        )
    }
}

/// The signature type of Ed25519 in a signed note.
const ED25519: u8 = 1;

/// A name that can stand in a note: not empty, no space, no plus, no control character.
pub(crate) fn is_origin(name: &str) -> bool {
    !name.is_empty()
        && !name.chars().any(|character| {
            character.is_whitespace() || character.is_control() || character == '+'
        })
}

/// What a checkpoint says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) root: Digest,
}

impl Checkpoint {
    /// The note; without a key it ends after its empty line.
    pub(crate) fn encode(&self, key: Option<&SigningKey>) -> String {
        let root = STANDARD.encode(self.root.as_bytes());
        let text = format!("{}\n{}\n{root}\n", self.origin, self.size);
        let Some(key) = key else {
            return text + "\n";
        };
        let mut signature = key.verifying_key(&self.origin).id().to_be_bytes().to_vec();
        signature.extend_from_slice(&key.sign(&text));
        format!(
            "{text}\n\u{2014} {} {}\n",
            self.origin,
            STANDARD.encode(signature)
        )
    }

    /// Reads a note that this writer, or one before it, has left. A signature by `key` must
    /// fit; signatures by others (the key may have been changed) are for a verifier.
    pub(crate) fn decode(note: &str, key: Option<&VerifyingKey>) -> Result<Self, Problem> {
        let (body, signatures) = note.split_once("\n\n").ok_or(Problem::Malformed)?;
        let lines: Vec<&str> = body.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else {
            return Err(Problem::Malformed);
        };
        let count: u64 = size.parse().map_err(|_| Problem::Malformed)?;
        let root = STANDARD.decode(root).map_err(|_| Problem::Malformed)?;
        let root = <[u8; 32]>::try_from(root).map_err(|_| Problem::Malformed)?;
        if count.to_string() != *size {
            return Err(Problem::Malformed);
        }
        for line in signatures.lines() {
            check_signature(line, &format!("{body}\n"), key)?;
        }
        Ok(Self {
            origin: (*origin).to_owned(),
            size: count,
            root: Digest::new(root),
        })
    }
}

fn check_signature(line: &str, text: &str, key: Option<&VerifyingKey>) -> Result<(), Problem> {
    let (name, signature) = line
        .strip_prefix("\u{2014} ")
        .and_then(|rest| rest.split_once(' '))
        .ok_or(Problem::Malformed)?;
    let signature = STANDARD.decode(signature).map_err(|_| Problem::Malformed)?;
    let (id, signature) = signature
        .split_first_chunk::<4>()
        .ok_or(Problem::Malformed)?;
    let Some(key) = key.filter(|key| key.name == name && key.id().to_be_bytes() == *id) else {
        return Ok(());
    };
    let signature = <&[u8; 64]>::try_from(signature).map_err(|_| Problem::Malformed)?;
    if key.verify(text, signature) {
        Ok(())
    } else {
        Err(Problem::Signature)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: String::from("example.org/audit"),
            size: 20,
            root: Digest::of(b"root"),
        }
    }

    #[test]
    fn a_note_is_readable_and_signed() {
        let key = SigningKey::from_seed(&[7; 32]);
        let note = checkpoint().encode(Some(&key));
        expect![[r#"
            example.org/audit
            20
            SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=

            — example.org/audit G0Wc9g9Pjk5n8S/D8ip/zaFzhEWgMhUd/ZMUqKH1axlJjTAeuU4E91yDMADFxO0nihKYKrAvHulagbdhJTqH6KQ7JQw=
        "#]].assert_eq(&note);
        let public = key.verifying_key("example.org/audit");
        assert_eq!(Checkpoint::decode(&note, Some(&public)), Ok(checkpoint()));
    }

    #[test]
    fn a_changed_note_is_refused() {
        let key = SigningKey::from_seed(&[7; 32]);
        let public = key.verifying_key("example.org/audit");
        let note = checkpoint().encode(Some(&key));
        let changed = note.replace("\n20\n", "\n21\n");
        assert_eq!(
            Checkpoint::decode(&changed, Some(&public)),
            Err(Problem::Signature)
        );
        for bad in [
            "",
            "a\n1\n",
            "a\n01\nAA==\n\n",
            "a\n1\nAA==\n\n",
            "a\n1\n\n",
        ] {
            assert_eq!(
                Checkpoint::decode(bad, None),
                Err(Problem::Malformed),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_verification_key_reads_as_it_is_written() {
        let key = SigningKey::from_seed(&[7; 32]).verifying_key("example.org/audit");
        let text = key.to_string();
        expect!["example.org/audit+1b459cf6+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"]
            .assert_eq(&text);
        assert_eq!(VerifyingKey::parse(&text), Ok(key));
        for bad in [
            "",
            "a+b",
            &text.replace("audit", "audi"),
            text.trim_end_matches(|last| last != '+'),
        ] {
            assert_eq!(VerifyingKey::parse(bad), Err(KeyError), "{bad}");
        }
    }

    #[test]
    fn a_signing_key_does_not_show_itself() {
        let key = SigningKey::from_seed(&[7; 32]);
        assert_eq!(format!("{key:?}"), "SigningKey([redacted])");
    }
}
