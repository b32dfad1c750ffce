//! The certificate that changes while the server runs, and what probes see of it.

use std::fs;

use anyhow::Result;
use fyr_tests::certificate::{Certificate, Files};
use fyr_tests::server::Server;
use fyr_tests::wait;
use tempfile::TempDir;

struct Scene {
    server: Server,
    files: Files,
    certificate: Certificate,
    _directory: TempDir,
}

impl Scene {
    fn open() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let files = Files::below(directory.path());
        let certificate = Certificate::new()?;
        certificate.write(&files)?;
        let arguments = files.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (state, repository) = (directory.path().join("s"), directory.path().join("r"));
        Ok(Self {
            server: Server::start(&state, &repository, &arguments)?,
            files,
            certificate,
            _directory: directory,
        })
    }

    /// Waits until the server shows a certificate.
    fn until_shown(&self, certificate: &Certificate) -> Result<()> {
        wait::until("the certificate", wait::LIMIT, || {
            Ok(certificate.get(self.server.address(), "/login").ok())
        })?;
        Ok(())
    }

    fn health(&self, certificate: &Certificate) -> Result<(u16, String)> {
        let answer = certificate.get(self.server.address(), "/healthz")?;
        Ok((answer.status, answer.text()))
    }
}

#[test]
fn a_renewed_certificate_is_used_without_a_restart() -> Result<()> {
    let scene = Scene::open()?;
    let renewed = Certificate::new()?;
    renewed.write(&scene.files)?;
    scene.until_shown(&renewed)?;
    assert!(scene.certificate.get(scene.server.address(), "/").is_err());

    // As a renewal does that replaces links: to another directory, both at once.
    let again = Certificate::new()?;
    let elsewhere = tempfile::tempdir()?;
    let target = Files::below(elsewhere.path());
    again.write(&target)?;
    for (link, target) in [
        (&scene.files.certificate, &target.certificate),
        (&scene.files.key, &target.key),
    ] {
        let fresh = link.with_extension("new");
        std::os::unix::fs::symlink(target, &fresh)?;
        fs::rename(fresh, link)?;
    }
    scene.until_shown(&again)
}

#[test]
fn a_certificate_that_cannot_be_used_keeps_the_old_one_and_is_reported() -> Result<()> {
    let scene = Scene::open()?;
    let old = &scene.certificate;
    assert_eq!(scene.health(old)?, (200, "ok\n".to_owned()));
    let other = Certificate::new()?;
    let spoil: [(&str, &dyn Fn() -> Result<()>); 3] = [
        ("does not belong to the certificate", &|| {
            other.write_key(&scene.files.key)
        }),
        ("contains no private key", &|| {
            Ok(fs::write(&scene.files.key, "no key")?)
        }),
        ("cannot read", &|| Ok(fs::remove_file(&scene.files.key)?)),
    ];
    for (words, spoil) in spoil {
        let before = scene.server.log().len();
        spoil()?;
        let fault = "the changed certificate cannot be used\n".to_owned();
        wait::until(words, wait::LIMIT, || {
            Ok((scene.health(old)? == (503, fault.clone())).then_some(()))
        })?;
        let log = scene.server.log();
        assert!(
            log.get(before..).unwrap_or_default().contains(words),
            "{log}"
        );

        old.write_key(&scene.files.key)?;
        wait::until("health", wait::LIMIT, || {
            Ok((scene.health(old)? == (200, "ok\n".to_owned())).then_some(()))
        })?;
    }
    Ok(())
}
