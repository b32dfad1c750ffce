//! Brave's `adblock` crate: one `||domain^` a line, and requests whose URLs it has parsed and cut
//! into its tokens beforehand.

use adblock::Engine;
use adblock::lists::{FilterSet, ParseOptions};
use adblock::request::Request;
use anyhow::Result;
use url::Url;

use super::{Answers, ask, ready};

pub(super) fn answers(list: &str, urls: &[Url]) -> Result<Answers> {
    let rules: String = list
        .lines()
        .map(|domain| format!("||{domain}^\n"))
        .collect();
    let (engine, ready) = ready(|| {
        let mut filters = FilterSet::new(false);
        filters.add_filter_list(rules, ParseOptions::default());
        Ok(Engine::new_with_filter_set(filters))
    })?;
    let requests: Vec<Request> = urls
        .iter()
        .map(|url| {
            let host = url.host_str().unwrap_or_default();
            Request::preparsed(url.as_str(), host, "source.example", "script", true, "GET")
        })
        .collect();
    Ok(ask(ready, &requests, |request| {
        engine.check_network_request(request).should_block()
    }))
}
