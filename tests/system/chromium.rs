//! What a real Chromium does with a policy file.

use std::fs;

use anyhow::Result;
use fyr_tests::chromium::{Chromium, Visit};
use fyr_tests::internet::Internet;

#[test]
fn probe() -> Result<()> {
    let root = tempfile::tempdir()?;
    let managed = root.path().join("etc/chromium/policies/managed");
    fs::create_dir_all(&managed)?;
    fs::write(
        managed.join("fyr.json"),
        r#"{"IncognitoModeAvailability":1,"ForceGoogleSafeSearch":true,"ForceYouTubeRestrict":2,"URLBlocklist":["blocked.example"],"DeveloperToolsAvailability":1}"#,
    )?;
    let internet = Internet::open()?;
    let mut chromium = Chromium::start(root.path(), &internet, &[])?;
    let mut page = chromium.page()?;
    assert_eq!(page.visit("https://www.youtube.com/")?, Visit::Loaded);
    println!("{:?}", internet.arrival("www.youtube.com", "/")?);
    println!("{:?}", page.visit("https://blocked.example/")?);
    println!("{:?}", page.visit("https://www.google.com/search?q=x")?);
    println!("{:?}", internet.arrival("www.google.com", "/search")?);
    println!("{:?}", page.complaints());
    println!("{:?}", page.policies());
    Ok(())
}

#[test]
fn incog() -> Result<()> {
    for policy in ["{}", r#"{"IncognitoModeAvailability":1,"BrowserGuestModeEnabled":false}"#] {
        for arg in ["--incognito", "--guest"] {
        let root = tempfile::tempdir()?;
        let managed = root.path().join("etc/chromium/policies/managed");
        fs::create_dir_all(&managed)?;
        fs::write(managed.join("fyr.json"), policy)?;
        let internet = Internet::open()?;
        let mut chromium = Chromium::start(root.path(), &internet, &[arg, "https://one.example/"])?;
        let mut page = chromium.page()?;
        println!("{:?}", internet.arrival("one.example", "/")?.url());
        println!("{:?}", page.is_off_the_record("https://one.example/")?);
        }
    }
    Ok(())
}
