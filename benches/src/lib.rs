//! Criterion benches of the libraries and a load driver for whole-process measurements.
