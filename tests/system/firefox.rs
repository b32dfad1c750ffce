//! What a real Firefox does with a policy file.

use std::fs;

use anyhow::Result;
use fyr_tests::firefox::Firefox;
use fyr_tests::network::LoneNetwork;

#[test]
fn probe_firefox() -> Result<()> {
    let root = tempfile::tempdir()?;
    let managed = root.path().join("etc/firefox/policies");
    fs::create_dir_all(&managed)?;
    fs::write(
        managed.join("policies.json"),
        r#"{"policies":{"DisablePrivateBrowsing":true,"WebsiteFilter":{"Block":["*://*.blocked.example/*"]},"BlockAboutConfig":true}}"#,
    )?;
    fs::write(
        root.path().join("etc/hosts"),
        "127.0.0.1 localhost\n216.239.38.120 www.youtube.com www.google.com\n127.0.0.1 blocked.example helpline.example\n",
    )?;
    let network = LoneNetwork::open(&["216.239.38.120".parse()?])?;
    let internet = network.internet()?;
    let mut firefox = Firefox::start(
        root.path(),
        &network,
        &["--private-window", "https://helpline.example/"],
    )?;
    println!("{:#}", firefox.active_policies()?);
    println!("{:?}", firefox.visit("https://www.youtube.com/"));
    println!("{:?}", internet.arrival("www.youtube.com", "/")?);
    println!("{:?}", firefox.visit("https://blocked.example/"));
    println!("{:?}", firefox.visit("https://helpline.example/"));
    println!("{:?}", firefox.visit("about:privatebrowsing"));
    println!("{:?}", firefox.visit("about:config"));
    println!("{:?}", internet.arrivals("blocked.example"));
    println!("{:?}", firefox.evaluate("[...Services.wm.getEnumerator('navigator:browser')].map(w => [PrivateBrowsingUtils.isWindowPrivate(w), w.gBrowser.tabs.map(t=>t.linkedBrowser.currentURI.spec)])"));
    Ok(())
}
