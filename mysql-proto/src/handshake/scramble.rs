//! The scrambles that prove a password without sending it.

use sha1::Digest;
use sha1::Sha1;
use sha2::Sha256;

use super::greeting::Salt;

/// The answer of `mysql_native_password`: empty for an empty password, else 20 bytes.
///
/// `SHA1(password) XOR SHA1(salt ++ SHA1(SHA1(password)))`
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html)
#[must_use]
pub fn native_password(password: &[u8], salt: &Salt) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = Sha1::digest(password);
    let twice = Sha1::digest(once);
    let mut hasher = Sha1::new();
    hasher.update(salt.as_bytes());
    hasher.update(twice);
    xor(&once, &hasher.finalize())
}

/// The fast answer of `caching_sha2_password`: empty for an empty password, else 32 bytes.
///
/// `SHA256(password) XOR SHA256(SHA256(SHA256(password)) ++ salt)`
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html)
#[must_use]
pub fn caching_sha2_password(password: &[u8], salt: &Salt) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = Sha256::digest(password);
    let twice = Sha256::digest(once);
    let mut hasher = Sha256::new();
    hasher.update(twice);
    hasher.update(salt.as_bytes());
    xor(&once, &hasher.finalize())
}

fn xor(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(a, b)| a ^ b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salt() -> Salt {
        Salt::from_server(*b"0123456789abcdefghij")
    }

    /// Undoes the scramble as a server does: it stores the double hash, recovers the single one.
    #[test]
    fn native_scramble_is_what_a_server_checks() {
        let answer = native_password(b"secret", &salt());
        let stored = Sha1::digest(Sha1::digest(b"secret"));
        let mask = Sha1::digest([&salt().as_bytes()[..], &stored].concat());
        assert_eq!(Sha1::digest(xor(&answer, &mask)), stored);
    }

    #[test]
    fn sha2_scramble_is_what_a_server_checks() {
        let answer = caching_sha2_password(b"secret", &salt());
        let stored = Sha256::digest(Sha256::digest(b"secret"));
        let mask = Sha256::digest([&stored[..], &salt().as_bytes()[..]].concat());
        assert_eq!(Sha256::digest(xor(&answer, &mask)), stored);
    }

    #[test]
    fn an_empty_password_gives_an_empty_answer() {
        assert!(native_password(b"", &salt()).is_empty());
        assert!(caching_sha2_password(b"", &salt()).is_empty());
    }
}
