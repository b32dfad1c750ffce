//! A certificate and its key in two files, and a client that believes only that certificate.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use rcgen::{CertifiedKey, KeyPair};
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};

use crate::client::Answer;
use crate::wait;

const HOST: &str = "localhost";

/// A self-signed certificate for `localhost`.
pub struct Certificate(CertifiedKey<KeyPair>);

/// Where a certificate and its key are written.
#[derive(Debug, Clone)]
pub struct Files {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

impl Files {
    /// The files in a directory; nothing is written yet.
    pub fn below(directory: &Path) -> Self {
        Self {
            certificate: directory.join("cert.pem"),
            key: directory.join("key.pem"),
        }
    }

    /// The arguments that make the server read them.
    pub fn arguments(&self) -> Vec<String> {
        let text = |path: &Path| path.display().to_string();
        vec![
            "--tls-cert".to_owned(),
            text(&self.certificate),
            "--tls-key".to_owned(),
            text(&self.key),
        ]
    }
}

impl Certificate {
    /// A new one.
    pub fn new() -> Result<Self> {
        let pair = rcgen::generate_simple_self_signed([HOST.to_owned()])?;
        Ok(Self(pair))
    }

    /// Writes both files, one after the other.
    pub fn write(&self, files: &Files) -> Result<()> {
        std::fs::write(&files.certificate, self.0.cert.pem())?;
        self.write_key(&files.key)
    }

    /// Writes the key alone.
    pub fn write_key(&self, file: &Path) -> Result<()> {
        std::fs::write(file, self.0.signing_key.serialize_pem())?;
        Ok(())
    }

    /// Asks a server for a path, believing this certificate alone.
    pub fn get(&self, server: SocketAddr, path: &str) -> Result<Answer> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.cert.der().clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tls = ClientConnection::new(Arc::new(config), HOST.try_into()?)?;
        let mut socket = TcpStream::connect(server)?;
        socket.set_read_timeout(Some(wait::LIMIT))?;
        let mut stream = Stream::new(&mut tls, &mut socket);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {HOST}\r\naccept: text/html\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        // A peer may close without the last TLS message; what came before it counts.
        let _ = stream.read_to_end(&mut answer);
        Answer::parse(&answer)
    }
}
