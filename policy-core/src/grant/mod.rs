//! Grants: biscuits that carry an approval, made, signed, guarded and verified.
