//! Facts of queries and row changes: which columns come out, which steer, which are written.
