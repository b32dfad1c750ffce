//! From publishing to *in force inside a running browser*, measured in the browser.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use fyr_schemas::Revision;
use fyr_tests::chromium::{Chromium, Page};
use fyr_tests::internet::Internet;
use fyr_tests::municipality::{Enrolled, Municipality};
use fyr_tests::remote::Visit;
use fyr_tests::wait;

/// Open until a publication closes them, one after the other.
const SITES: [&str; 3] = [
    "closed-today.example",
    "closed-next.example",
    "closed-last.example",
];

/// A browser reloads at once when the newest modification time in its policy directory stays what
/// it was, and otherwise never before it has been stable for five seconds.
const PLAIN_RELOAD: Duration = Duration::from_secs(5);

#[test]
fn a_publication_is_in_force_in_an_open_browser_at_once() -> Result<()> {
    let scene = Scene::new()?;
    let timestamp = scene
        .municipality
        .repository()
        .join("metadata/timestamp.json");
    let policy = scene.device.device.managed().join("fyr.json");
    // A busy machine can be slow once; without the immediate reload no browser obeys a file that is
    // younger than the plain one.
    let mut best = Duration::MAX;
    for site in SITES {
        let refused = scene.publish_beside(site, || Ok(()))?;
        let took = refused.duration_since(modified(&timestamp)?)?;
        // `make bench` reads this line.
        println!(
            "from publication to in force in the browser: {:.1} ms",
            took.as_secs_f64() * 1000.0
        );
        best = best.min(refused.duration_since(changed(&policy)?)?);
        if best < PLAIN_RELOAD {
            return Ok(());
        }
    }
    panic!("no publication was reloaded at once: {best:?} at best after the file changed")
}

#[test]
fn where_an_unmanaged_file_changed_too_the_browser_takes_its_usual_five_seconds() -> Result<()> {
    let scene = Scene::new()?;
    let unmanaged = scene.device.device.managed().join("unmanaged.json");
    let refused = scene.publish_beside(SITES[0], || {
        Ok(fs::write(&unmanaged, r#"{"BookmarkBarEnabled": true}"#)?)
    })?;
    let took = refused.duration_since(modified(&unmanaged)?)?;
    println!("from an unmanaged change to in force in the browser: {took:?}");
    assert!(took >= PLAIN_RELOAD, "{took:?}");
    Ok(())
}

/// A municipality, a device with a running agent, and nothing else yet.
struct Scene {
    municipality: Municipality,
    device: Enrolled,
}

impl Scene {
    fn new() -> Result<Self> {
        let municipality = Municipality::like("ballerup")?;
        municipality.let_tests_look_inside()?;
        let (municipality, mut device) = municipality.start("/skoler/skovlunde", "udskoling")?;
        device.run()?;
        municipality.in_force(Revision(1))?;
        Ok(Self {
            municipality,
            device,
        })
    }

    /// Publishes a rule that closes a site which is open in a browser, right after `disturb`, and
    /// returns when the browser refused it.
    fn publish_beside(
        &self,
        site: &str,
        disturb: impl FnOnce() -> Result<()>,
    ) -> Result<SystemTime> {
        let internet = Internet::open()?;
        let mut chromium = Chromium::start(self.device.device.root(), &internet, &[])?;
        let mut page = chromium.page()?;
        assert_eq!(visit(&mut page, site)?, Visit::Loaded);
        wait::quiet_browser();

        self.municipality.close(site)?;
        disturb()?;
        let publishing = self.municipality.start_publishing()?;
        wait::until("the browser to refuse", wait::LIMIT, || {
            Ok((visit(&mut page, site)? != Visit::Loaded).then_some(()))
        })?;
        let refused = SystemTime::now();
        publishing.wait()?.success()?;
        Ok(refused)
    }
}

fn modified(path: &Path) -> Result<SystemTime> {
    Ok(fs::metadata(path)?.modified()?)
}

/// When the kernel last saw a file change: its modification time is one that the agent sets.
fn changed(path: &Path) -> Result<SystemTime> {
    let metadata = fs::metadata(path)?;
    let since = Duration::new(
        u64::try_from(metadata.ctime())?,
        u32::try_from(metadata.ctime_nsec())?,
    );
    Ok(SystemTime::UNIX_EPOCH + since)
}

fn visit(page: &mut Page, site: &str) -> Result<Visit> {
    page.visit(&format!("https://{site}/"))
}
