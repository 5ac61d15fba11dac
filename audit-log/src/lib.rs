//! An append-only, hash-chained log of what a gateway decided and did.
