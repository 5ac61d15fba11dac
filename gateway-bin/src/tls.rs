//! rustls configurations made from PEM files: for clients that come in, and for the servers behind.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::CertificateError;
use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::SignatureScheme;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;

use crate::secret::Secret;

/// What is checked of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "every caller must handle each way of trusting a server"
)]
pub enum ServerCheck {
    /// The chain to the CA, and the name.
    ChainAndName,
    /// The chain to the CA only, for the certificates that MySQL makes itself, which bear no name.
    Chain,
}

/// Makes the server side of TLS 1.2 and 1.3 from a certificate chain and its key, both in PEM.
///
/// # Errors
/// A file cannot be read, holds no certificate or key, or the key does not belong to the certificate.
pub fn server_config(certificate: &Path, key: &Secret) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = read_certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key.expose()).map_err(|_| TlsError::NoKey)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Refused)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Refused)?;
    config.ticketer = ring::Ticketer::new().map_err(TlsError::Refused)?;
    Ok(Arc::new(config))
}

/// Makes the client side of TLS 1.2 and 1.3 that trusts the CA certificates of one PEM file.
///
/// # Errors
/// The file cannot be read or holds no certificate that can serve as a CA.
pub fn client_config(ca: &Path, check: ServerCheck) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(ca)? {
        roots.add(certificate).map_err(TlsError::Refused)?;
    }
    let roots = Arc::new(roots);
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Refused)?;
    let config = match check {
        ServerCheck::ChainAndName => builder.with_root_certificates(roots).with_no_client_auth(),
        ServerCheck::Chain => {
            let inner = WebPkiServerVerifier::builder_with_provider(roots, provider())
                .build()
                .map_err(|source| TlsError::Verifier(source.to_string()))?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(ChainVerifier { inner }))
                .with_no_client_auth()
        }
    };
    Ok(Arc::new(config))
}

/// Reads every certificate of a PEM file.
///
/// # Errors
/// The file cannot be read, is not PEM, or holds no certificate.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = fs::read(path).map_err(|source| TlsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let certificates = CertificateDer::pem_slice_iter(without_nul(&bytes))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| TlsError::NotPem {
            path: path.to_owned(),
        })?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate {
            path: path.to_owned(),
        });
    }
    Ok(certificates)
}

/// MySQL writes its own PEM files with a NUL byte at the end.
fn without_nul(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let Some((0, rest)) = bytes.split_last() {
        bytes = rest;
    }
    bytes
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Checks the chain, the validity and the signatures, but accepts any name.
struct ChainVerifier {
    inner: Arc<WebPkiServerVerifier>,
}

impl fmt::Debug for ChainVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ChainVerifier")
    }
}

impl ServerCertVerifier for ChainVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // The inner verifier looks at the name last, so a complaint about the name says that
        // everything before it was good.
        match self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        ) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Why no TLS configuration could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not PEM.
    #[error("`{}` is not a PEM file", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no certificate.
    #[error("`{}` holds no certificate", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no private key in the secret.
    #[error("the key is not a private key in PEM")]
    NoKey,
    /// rustls will not take it.
    #[error("not usable for TLS: {0}")]
    Refused(rustls::Error),
    /// No verifier can be built from the CA.
    #[error("the CA cannot be used: {0}")]
    Verifier(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files {
        directory: tempfile::TempDir,
        key: Secret,
    }

    fn self_signed() -> Files {
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let mut pem = made.cert.pem().into_bytes();
        pem.push(0);
        fs::write(directory.path().join("cert.pem"), pem).unwrap();
        let key = Secret::new(made.signing_key.serialize_pem().into_bytes());
        Files { directory, key }
    }

    #[test]
    fn reads_pem_that_ends_with_a_nul_byte() {
        let files = self_signed();
        let path = files.directory.path().join("cert.pem");
        assert!(server_config(&path, &files.key).is_ok());
        assert!(client_config(&path, ServerCheck::ChainAndName).is_ok());
        assert!(client_config(&path, ServerCheck::Chain).is_ok());
    }

    #[test]
    fn refuses_the_key_of_another_certificate() {
        let (files, other) = (self_signed(), self_signed());
        let path = files.directory.path().join("cert.pem");
        assert!(matches!(
            server_config(&path, &other.key),
            Err(TlsError::Refused(_))
        ));
    }

    #[test]
    fn refuses_a_file_without_a_certificate() {
        let files = self_signed();
        let path = files.directory.path().join("empty.pem");
        fs::write(&path, "nothing here\n").unwrap();
        assert!(matches!(
            read_certificates(&path),
            Err(TlsError::NoCertificate { .. })
        ));
        assert!(matches!(
            server_config(&path, &Secret::new(b"none".to_vec())),
            Err(TlsError::NoCertificate { .. })
        ));
        assert!(matches!(
            read_certificates(&files.directory.path().join("absent.pem")),
            Err(TlsError::Read { .. })
        ));
    }

    fn authority() -> rcgen::CertifiedIssuer<'static, rcgen::KeyPair> {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap()
    }

    fn chain_check(trusted: &str, signer: &rcgen::CertifiedIssuer<'_, rcgen::KeyPair>) -> bool {
        let leaf = rcgen::CertificateParams::new(vec!["other.example".to_owned()])
            .unwrap()
            .signed_by(&rcgen::KeyPair::generate().unwrap(), signer)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap())
            .unwrap();
        let verifier = ChainVerifier {
            inner: WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
                .build()
                .unwrap(),
        };
        let name = ServerName::try_from("localhost").unwrap();
        verifier
            .verify_server_cert(leaf.der(), &[], &name, &[], UnixTime::now())
            .is_ok()
    }

    #[test]
    fn chain_check_forgives_the_name_but_not_the_signer() {
        let (ours, theirs) = (authority(), authority());
        assert!(chain_check(&ours.pem(), &ours));
        assert!(!chain_check(&ours.pem(), &theirs));
    }
}
