//! The Merkle tree hash of RFC 6962, from the lines alone.

use sha2::Digest as _;
use sha2::Sha256;

/// A SHA-256 value.
pub(super) type Hash = [u8; 32];

/// Perfect subtrees with their heights, the highest first; two of one height become one.
#[derive(Clone, Debug, Default)]
pub(super) struct MerkleTree {
    size: u64,
    subtrees: Vec<(u32, Hash)>,
}

impl MerkleTree {
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn push(&mut self, leaf: Hash) {
        self.size += 1;
        self.subtrees.push((0, leaf));
        while let [.., (left_height, left), (height, right)] = self.subtrees.as_slice()
            && left_height == height
        {
            let merged = (height + 1, hash(&[&[1], left, right]));
            self.subtrees.truncate(self.subtrees.len() - 2);
            self.subtrees.push(merged);
        }
    }

    pub(super) fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.clone();
        while let [.., (height, left), (_, right)] = subtrees.as_slice() {
            let merged = (*height, hash(&[&[1], left, right]));
            subtrees.truncate(subtrees.len() - 2);
            subtrees.push(merged);
        }
        subtrees
            .first()
            .map_or_else(|| hash(&[]), |(_, root)| *root)
    }

    /// The one spelling of the file that holds this state.
    pub(super) fn state(&self, head: &Hash) -> String {
        let nodes: Vec<String> = self
            .subtrees
            .iter()
            .map(|(_, node)| format!("\"{}\"", hex(node)))
            .collect();
        let (size, head) = (self.size, hex(head));
        format!(
            "{{\"size\":{size},\"head\":\"{head}\",\"nodes\":[{}]}}\n",
            nodes.join(",")
        )
    }
}

/// The hash of a line: that of a leaf.
pub(super) fn line_hash(line: &[u8]) -> Hash {
    hash(&[&[0], line])
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
