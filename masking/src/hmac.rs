//! HMAC-SHA-256 (RFC 2104) over the rounds of `sha2`, for very many short messages under one key.
//!
//! A digest takes two rounds of SHA-256 for a short cell; around them the general machinery of a
//! message authentication code costs as much again. What is here is held against it in the tests.

use sha2::Digest;
use sha2::Sha256;
use sha2::Sha256VarCore;
use sha2::digest::Output;
use sha2::digest::core_api::Block;
use sha2::digest::core_api::Buffer;
use sha2::digest::core_api::UpdateCore;
use sha2::digest::core_api::VariableOutputCore;
use zeroize::Zeroizing;

/// A key that the hash has taken in already: the state behind the first block, inside and outside.
#[derive(Clone)]
pub(crate) struct Keyed {
    inner: Sha256VarCore,
    outer: Sha256VarCore,
}

/// A message under way.
pub(crate) struct Mac {
    keyed: Keyed,
    buffer: Buffer<Sha256VarCore>,
}

impl Keyed {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let mut key = Zeroizing::new([0; BLOCK_BYTES]);
        let digest = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(secret)));
        let secret = if secret.len() > BLOCK_BYTES {
            digest.as_slice()
        } else {
            secret
        };
        for (slot, byte) in key.iter_mut().zip(secret) {
            *slot = *byte;
        }
        Self {
            inner: behind(&key, 0x36),
            outer: behind(&key, 0x5c),
        }
    }

    #[inline]
    pub(crate) fn begin(&self) -> Mac {
        Mac {
            keyed: self.clone(),
            buffer: Buffer::<Sha256VarCore>::default(),
        }
    }
}

impl Mac {
    #[inline]
    pub(crate) fn update(&mut self, part: &[u8]) {
        let inner = &mut self.keyed.inner;
        let rounds = |blocks: &[Block<Sha256VarCore>]| inner.update_blocks(blocks);
        self.buffer.digest_blocks(part, rounds);
    }

    #[inline]
    pub(crate) fn finish(mut self) -> [u8; 32] {
        let Keyed { inner, outer } = &mut self.keyed;
        let mut digest = Output::<Sha256VarCore>::default();
        inner.finalize_variable_core(&mut self.buffer, &mut digest);
        self.buffer.reset();
        let rounds = |blocks: &[Block<Sha256VarCore>]| outer.update_blocks(blocks);
        self.buffer.digest_blocks(&digest, rounds);
        outer.finalize_variable_core(&mut self.buffer, &mut digest);
        digest.into()
    }
}

/// The state behind the padded key.
fn behind(key: &[u8; BLOCK_BYTES], pad: u8) -> Sha256VarCore {
    #[expect(clippy::expect_used, reason = "32 bytes are a length of SHA-256")]
    let mut core = Sha256VarCore::new(32).expect("a length of SHA-256");
    let mut block = Block::<Sha256VarCore>::default();
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = byte ^ pad;
    }
    core.update_blocks(std::slice::from_ref(&block));
    block.fill(0);
    std::hint::black_box(&mut block);
    core
}

const BLOCK_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use hmac::Hmac;
    use hmac::Mac as _;

    use super::*;

    fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Keyed::new(key).begin();
        parts.iter().for_each(|part| mac.update(part));
        mac.finish()
    }

    /// RFC 4231, test cases 1, 2 and 6: a short key, a shorter one, one longer than a block.
    #[test]
    fn known_answers() {
        for (key, message, answer) in [
            (
                &[0x0b; 20][..],
                &b"Hi There"[..],
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let found = mac(key, &[message]);
            let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, answer);
        }
    }

    #[test]
    fn it_is_the_code_of_the_crate_for_every_length_and_cut() {
        for key in [0, 1, 16, 63, 64, 65, 131] {
            let key = vec![0x5a; key];
            for length in 0..200 {
                let message: Vec<u8> = (0..length).collect();
                let mut theirs = Hmac::<Sha256>::new_from_slice(&key).unwrap();
                theirs.update(&message);
                let theirs: [u8; 32] = theirs.finalize().into_bytes().into();
                assert_eq!(mac(&key, &[&message]), theirs);
                let (head, tail) = message.split_at(usize::from(length) / 3);
                assert_eq!(mac(&key, &[head, tail]), theirs);
            }
        }
    }
}
