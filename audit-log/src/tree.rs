//! Tree: the Merkle tree of RFC 6962 over all lines, kept as its right edge only.

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

use crate::digest::Digest;

/// The roots of the perfect subtrees that the lines so far make up, the largest first. There are
/// as many as `size` has one-bits, so adding a line costs two hashes on average.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tree {
    size: u64,
    nodes: Vec<Digest>,
}

impl Tree {
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of the next line.
    pub(crate) fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        let mut size = self.size;
        while size & 1 == 1 {
            let Some(left) = self.nodes.pop() else { break };
            node = node_hash(&left, &node);
            size >>= 1;
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The Merkle tree hash (RFC 6962, section 2.1).
    pub(crate) fn root(&self) -> Digest {
        let mut nodes = self.nodes.iter().rev();
        let Some(last) = nodes.next() else {
            return Digest::of(b"");
        };
        nodes.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The hash of a line, which is its leaf hash in the tree and the `prev` of the next line.
pub(crate) fn leaf_hash(line: &[u8]) -> Digest {
    Digest::new(
        Sha256::new()
            .chain_update([0])
            .chain_update(line)
            .finalize()
            .into(),
    )
}

fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let hash = Sha256::new()
        .chain_update([1])
        .chain_update(left.as_bytes())
        .chain_update(right.as_bytes());
    Digest::new(hash.finalize().into())
}

/// The state before a segment as it stands in its `.tree` file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TreeDocument {
    /// How many lines there are before the segment.
    pub(crate) size: u64,
    /// The hash of the last of them.
    pub(crate) head: Digest,
    /// See [`Tree`].
    pub(crate) nodes: Vec<Digest>,
}

impl TreeDocument {
    pub(crate) fn new(tree: &Tree, head: Digest) -> Self {
        Self {
            size: tree.size,
            head,
            nodes: tree.nodes.clone(),
        }
    }

    /// `None` when the numbers do not fit each other.
    pub(crate) fn into_tree(self) -> Option<(Tree, Digest)> {
        (self.nodes.len() == usize::try_from(self.size.count_ones()).ok()?).then_some((
            Tree {
                size: self.size,
                nodes: self.nodes,
            },
            self.head,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962, section 2.1, word for word.
    fn by_definition(lines: &[Vec<u8>]) -> Digest {
        match lines {
            [] => Digest::of(b""),
            [line] => leaf_hash(line),
            _ => {
                let (left, right) = lines.split_at(lines.len().next_power_of_two() / 2);
                node_hash(&by_definition(left), &by_definition(right))
            }
        }
    }

    #[test]
    fn agrees_with_the_definition_at_every_size() {
        let lines: Vec<Vec<u8>> = (0..70_u8).map(|n| vec![n; usize::from(n)]).collect();
        let mut tree = Tree::default();
        for size in 0..lines.len() {
            assert_eq!(tree.root(), by_definition(&lines[..size]), "{size}");
            tree.push(leaf_hash(&lines[size]));
        }
    }

    #[test]
    fn agrees_with_known_answers() {
        // The leaves and roots that the certificate transparency logs test with.
        let leaves: [&[u8]; 3] = [b"", b"\x00", b"\x10"];
        let mut tree = Tree::default();
        let mut roots = Vec::new();
        for leaf in leaves {
            tree.push(leaf_hash(leaf));
            roots.push(tree.root().to_string());
        }
        assert_eq!(
            roots,
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ]
        );
    }

    #[test]
    fn a_state_with_the_wrong_number_of_nodes_is_refused() {
        let mut tree = Tree::default();
        tree.push(leaf_hash(b"a"));
        let mut document = TreeDocument::new(&tree, leaf_hash(b"a"));
        document.nodes.push(Digest::ZERO);
        assert!(document.into_tree().is_none());
    }
}
