//! Real browsers take every policy that the table of settings can write, without a remark.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use fyr_policy_core::catalogue::Given;
use fyr_policy_core::desired::{Decided, Desired};
use fyr_policy_core::lower::lower;
use fyr_policy_core::settings::{self, Kind, Name, Setting, Value};
use fyr_schemas::bundle::{Audience, Bundle};
use fyr_tests::chromium::Chromium;
use fyr_tests::device::Device;
use fyr_tests::firefox::Firefox;
use fyr_tests::internet::Internet;
use fyr_tests::network::LoneNetwork;
use fyr_tests::remote::Visit;
use serde_json::json;

#[test]
fn chromium_takes_every_policy_that_settings_write_without_a_remark() -> Result<()> {
    let mut bundle = everything_strict()?;
    // A browser that refuses to be inspected cannot be asked.
    assert_eq!(
        bundle
            .chromium
            .insert("DeveloperToolsAvailability".into(), json!(1)),
        Some(json!(2))
    );
    assert_eq!(
        bundle
            .chromium
            .insert("RemoteDebuggingAllowed".into(), json!(true)),
        Some(json!(false))
    );
    let device = Device::new()?;
    write_policies(&device, &bundle)?;
    let internet = Internet::open()?;
    let mut chromium = Chromium::start(device.root(), &internet, &[])?;
    let shown = chromium.page()?.policies()?;

    let (mut values, mut remarks) = (BTreeMap::new(), BTreeMap::new());
    for (name, shown) in shown {
        if !shown.remarks.is_empty() {
            remarks.insert(name.clone(), shown.remarks);
        }
        values.insert(name, shown.value);
    }
    assert_eq!(remarks, BTreeMap::new());
    assert_eq!(values, bundle.chromium);
    Ok(())
}

#[test]
fn firefox_takes_every_policy_that_settings_write() -> Result<()> {
    let mut bundle = everything_strict()?;
    // A browser that refuses to be inspected cannot be asked.
    assert_eq!(
        bundle.firefox.remove("DisableDeveloperTools"),
        Some(json!(true))
    );
    let device = Device::new()?;
    write_policies(&device, &bundle)?;
    fs::write(device.root().join("etc/hosts"), "192.0.2.1 open.example\n")?;
    let network = LoneNetwork::open(&["192.0.2.1".parse()?])?;
    let _internet = network.internet()?;
    let mut firefox = Firefox::start(device.root(), &network, &[])?;

    assert_eq!(firefox.active_policies()?, json!(bundle.firefox));
    Ok(())
}

#[test]
fn no_program_drives_a_chromium_whose_developer_tools_are_closed() -> Result<()> {
    let bundle = everything_strict()?;
    let device = Device::new()?;
    write_policies(&device, &bundle)?;
    let internet = Internet::open()?;
    let mut chromium = Chromium::start(device.root(), &internet, &[])?;
    assert!(!chromium.lets_itself_be_driven()?);
    Ok(())
}

#[test]
fn a_program_that_drives_a_chromium_opens_private_windows_behind_a_proxy_of_its_choice()
-> Result<()> {
    let mut bundle = everything_strict()?;
    // Without this one policy all the others do not keep it out.
    let closed = bundle.chromium.remove("RemoteDebuggingAllowed");
    assert_eq!(closed, Some(json!(false)));
    let device = Device::new()?;
    write_policies(&device, &bundle)?;
    let internet = Internet::open()?;
    let mut chromium = Chromium::start(device.root(), &internet, &[])?;
    assert!(chromium.lets_itself_be_driven()?);
    assert!(chromium.opens_a_private_context_behind("http://127.0.0.1:9")?);
    // Its pages cannot be inspected, which prevents none of that.
    assert_eq!(chromium.inspection_answer()?, "HTTP/1.1 403 Forbidden");
    Ok(())
}

/// Sites that settings close, and sites beside them that stay open.
const CLOSED: [&str; 6] = [
    "https://duckduckgo.com/?q=ulv",
    "https://images.google.dk/search?q=ulv",
    "https://www.startpage.com/",
    "https://open-example.translate.goog/",
    "https://www.google.dk/amp/s/open.example",
    "https://studio.youtube.com/",
];
const OPEN: [&str; 3] = [
    "https://open.example/",
    "https://safe.duckduckgo.com/?q=ulv",
    "https://www.youtube.com/",
];

#[test]
fn both_browsers_close_the_sites_that_settings_close_and_no_others() -> Result<()> {
    let mut bundle = everything_strict()?;
    for file in [&mut bundle.chromium, &mut bundle.firefox] {
        file.retain(|name, _| {
            matches!(
                name.as_str(),
                "URLBlocklist" | "URLAllowlist" | "WebsiteFilter"
            )
        });
    }
    let device = Device::new()?;
    write_policies(&device, &bundle)?;
    let hosts: Vec<_> = CLOSED
        .iter()
        .chain(&OPEN)
        .filter_map(|url| url.split('/').nth(2))
        .map(|host| format!("192.0.2.1 {host}\n"))
        .collect();
    fs::write(device.root().join("etc/hosts"), hosts.concat())?;

    let internet = Internet::open()?;
    let mut chromium = Chromium::start(device.root(), &internet, &[])?;
    let mut page = chromium.page()?;
    let network = LoneNetwork::open(&["192.0.2.1".parse()?])?;
    let _lone_internet = network.internet()?;
    let mut firefox = Firefox::start(device.root(), &network, &[])?;
    for url in CLOSED {
        assert_ne!(page.visit(url)?, Visit::Loaded, "{url} in Chromium");
        assert_ne!(firefox.visit(url)?, Visit::Loaded, "{url} in Firefox");
    }
    for url in OPEN {
        assert_eq!(page.visit(url)?, Visit::Loaded, "{url} in Chromium");
        assert_eq!(firefox.visit(url)?, Visit::Loaded, "{url} in Firefox");
    }
    Ok(())
}

/// Puts a bundle's policy where the browsers of a device look for it.
fn write_policies(device: &Device, bundle: &Bundle) -> Result<()> {
    fs::create_dir_all(device.managed())?;
    fs::write(
        device.managed().join("fyr.json"),
        serde_json::to_vec(&bundle.chromium)?,
    )?;
    let directory = device.root().join("etc/firefox/policies");
    fs::create_dir_all(&directory)?;
    let policies = json!({ "policies": bundle.firefox });
    fs::write(
        directory.join("policies.json"),
        serde_json::to_vec(&policies)?,
    )?;
    Ok(())
}

/// What a group gets that decides everything, as strictly as it can be.
fn everything_strict() -> Result<Bundle> {
    let settings = settings::all()
        .map(|setting| {
            let decided = Decided {
                value: strictest(setting)?,
                rule: "everything".parse()?,
                decision: None,
            };
            Ok((setting.name.parse()?, decided))
        })
        .collect::<Result<_>>()?;
    let lowered = lower(&Desired {
        organisation: "ballerup".parse()?,
        group: "skovlunde-2031".parse()?,
        unit: "/skoler/skovlunde".parse()?,
        unit_name: None,
        audience: Audience::Pupils,
        stage: "indskoling".parse()?,
        settings,
        sites: Vec::new(),
        kept_parts: Vec::new(),
        oldest_browsers: BTreeMap::new(),
        decisions: BTreeMap::new(),
    });
    assert_eq!(lowered.clashes, []);
    Ok(lowered.bundle)
}

fn strictest(setting: &Setting) -> Result<Value> {
    let given = match setting.kind {
        Kind::Levels(levels) | Kind::Choice(levels) => {
            Given::from(levels.last().context("a setting has levels")?.word)
        }
        Kind::Number(scale) => Given::Scalar(scale.least.to_string()),
        Kind::Names(Name::Domain) => Given::from(vec!["skola.example", "elev.example"]),
        Kind::Names(Name::Origin) => Given::from("https://meet.example"),
        Kind::Names(Name::Extension) => Given::from(vec![
            "cjpalhdlnbpafiamejdnhcphjbkeiagm",
            "uBlock0@raymondhill.net",
        ]),
        Kind::Policy(policy) => anyhow::bail!("`{}` is no row of the table", policy.full_name),
    };
    Ok(setting.parse(&given)?)
}
