//! HMAC-SHA-256 (RFC 2104) over the rounds of `sha2`, for very many short messages under one key.
//!
//! A digest takes two rounds of SHA-256 for a short cell; around them the general machinery of a
//! message authentication code costs as much again. What is here is held against it in the tests.

use sha2::Digest;
use sha2::Sha256;
use sha2::compress256;
use zeroize::Zeroize;
use zeroize::Zeroizing;

/// A key that the hash has taken in already: the state behind the first block, inside and outside.
///
/// It is wiped from memory when it is dropped.
pub(crate) struct Keyed {
    inner: State,
    outer: State,
}

/// A message under way.
pub(crate) struct Mac {
    inner: State,
    outer: State,
    /// What of the last block has come.
    block: [u8; BLOCK_BYTES],
    filled: usize,
    /// The bytes of the message, the padded key counted.
    length: u64,
}

/// The state between the rounds of SHA-256.
#[derive(Clone, Copy)]
struct State([u32; 8]);

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
            inner: State::behind(&key, 0x36),
            outer: State::behind(&key, 0x5c),
        }
    }

    /// The code of one byte and a message behind it, where both fit one block.
    #[inline]
    pub(crate) fn short(&self, first: u8, message: &[u8]) -> Option<[u8; 32]> {
        let mut block = Block::EMPTY;
        block.hold(first, message).then(|| {
            self.inner(&mut block);
            self.outer(&block)
        })
    }

    /// The first half of the work for a message of one block, which becomes that of its inner digest.
    #[inline]
    pub(crate) fn inner(&self, block: &mut Block) {
        let mut state = self.inner;
        state.take(&block.0);
        block.0 = OUTER_BLOCK;
        if let Some(front) = block.0.first_chunk_mut() {
            *front = state.bytes();
        }
    }

    /// The second half.
    #[inline]
    pub(crate) fn outer(&self, block: &Block) -> [u8; 32] {
        let mut state = self.outer;
        state.take(&block.0);
        state.bytes()
    }

    #[inline]
    pub(crate) const fn begin(&self) -> Mac {
        Mac {
            inner: self.inner,
            outer: self.outer,
            block: [0; BLOCK_BYTES],
            filled: 0,
            length: BLOCK_BYTES as u64,
        }
    }
}

/// The only block of a message, or of its inner digest.
#[derive(Clone, Copy)]
pub(crate) struct Block([u8; BLOCK_BYTES]);

impl Block {
    pub(crate) const EMPTY: Self = Self([0; BLOCK_BYTES]);

    /// Holds one byte, a message and the padding; false where they are too long.
    #[inline]
    pub(crate) fn hold(&mut self, first: u8, message: &[u8]) -> bool {
        self.0 = [0; BLOCK_BYTES];
        let [place, text @ .., _, _, _, _, _, _, _, _] = &mut self.0;
        let Some((taken, [end, ..])) = text.split_at_mut_checked(message.len()) else {
            return false;
        };
        *place = first;
        taken.copy_from_slice(message);
        *end = 0x80;
        if let Some(length) = self.0.last_chunk_mut() {
            *length = ((BLOCK_BYTES + 1 + message.len()) as u64 * 8).to_be_bytes();
        }
        true
    }
}

impl Drop for Keyed {
    fn drop(&mut self) {
        // The states are as good as the key.
        self.inner.0.zeroize();
        self.outer.0.zeroize();
    }
}

impl Mac {
    #[inline]
    pub(crate) fn update(&mut self, part: &[u8]) {
        self.length = self.length.wrapping_add(part.len() as u64);
        let mut rest = part;
        while let Some((room, taken, tail)) = self.room(rest) {
            room.copy_from_slice(taken);
            let taken = taken.len();
            rest = tail;
            self.filled += taken;
            if self.filled == BLOCK_BYTES {
                self.inner.take(&self.block);
                self.filled = 0;
            }
        }
    }

    #[inline]
    pub(crate) fn finish(mut self) -> [u8; 32] {
        self.inner
            .end(&mut self.block, self.filled, self.length * 8);
        let digest = self.inner.bytes();
        let (front, _) = self.block.split_at_mut(digest.len());
        front.copy_from_slice(&digest);
        let bits = (BLOCK_BYTES + digest.len()) as u64 * 8;
        self.outer.end(&mut self.block, digest.len(), bits);
        self.outer.bytes()
    }

    /// The room in the block, what of `part` goes there, and what is left; `None` when all is taken.
    #[inline]
    fn room<'p>(&mut self, part: &'p [u8]) -> Option<(&mut [u8], &'p [u8], &'p [u8])> {
        let free = self.block.get_mut(self.filled..)?;
        let (taken, rest) = part.split_at(part.len().min(free.len()));
        let room = free.get_mut(..taken.len())?;
        (!taken.is_empty()).then_some((room, taken, rest))
    }
}

impl State {
    /// The state behind the padded key.
    fn behind(key: &[u8; BLOCK_BYTES], pad: u8) -> Self {
        let mut state = Self(INITIAL);
        let block = Zeroizing::new(key.map(|byte| byte ^ pad));
        state.take(&block);
        state
    }

    #[inline]
    fn take(&mut self, block: &[u8; BLOCK_BYTES]) {
        compress256(&mut self.0, std::slice::from_ref(block.into()));
    }

    /// Takes the last block, of which so many bytes are of the message (FIPS 180-4, 5.1.1).
    #[inline]
    fn end(&mut self, block: &mut [u8; BLOCK_BYTES], filled: usize, bits: u64) {
        let (_, padding) = block.split_at_mut(filled);
        padding.fill(0);
        if let Some(first) = padding.first_mut() {
            *first = 0x80;
        }
        if padding.len() <= size_of::<u64>() {
            self.take(block);
            block.fill(0);
        }
        if let Some(length) = block.last_chunk_mut() {
            *length = bits.to_be_bytes();
        }
        self.take(block);
    }

    #[inline]
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (words, _) = bytes.as_chunks_mut();
        for (place, word) in words.iter_mut().zip(self.0) {
            *place = word.to_be_bytes();
        }
        bytes
    }
}

const BLOCK_BYTES: usize = 64;

/// The last block of the outer hash, but for the inner digest at its front: its padding, and its length
/// in bits.
const OUTER_BLOCK: [u8; BLOCK_BYTES] = {
    let mut block = [0; BLOCK_BYTES];
    if let Some(length) = block.last_chunk_mut() {
        *length = ((BLOCK_BYTES + 32) as u64 * 8).to_be_bytes();
    }
    if let (_, [padding, ..]) = block.split_at_mut(32) {
        *padding = 0x80;
    }
    block
};

/// With what SHA-256 begins (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

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
                let Some((first, rest)) = message.split_first() else {
                    continue;
                };
                let short = Keyed::new(&key).short(*first, rest);
                assert_eq!(short, (rest.len() <= 54).then_some(theirs));
            }
        }
    }
}
