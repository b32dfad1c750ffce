//! Brave's `adblock` crate: one `||domain^` a line. It is given the URL already parsed, as every side
//! is, or, as it could be used where one request is asked about many times, already cut into tokens.

use adblock::Engine;
use adblock::lists::{FilterSet, ParseOptions};
use adblock::request::Request;
use anyhow::Result;
use url::Url;

use super::{Answers, ask, ready};

pub(super) fn answers(list: &str, urls: &[Url]) -> Result<Answers> {
    let (engine, ready) = ready(|| Ok(engine(list)))?;
    Ok(ask(ready, urls, |url| {
        engine.check_network_request(&request(url)).should_block()
    }))
}

pub(super) fn answers_with_tokens(list: &str, urls: &[Url]) -> Result<Answers> {
    let (engine, ready) = ready(|| Ok(engine(list)))?;
    let requests: Vec<Request> = urls.iter().map(request).collect();
    Ok(ask(ready, &requests, |request| {
        engine.check_network_request(request).should_block()
    }))
}

fn engine(list: &str) -> Engine {
    let rules: String = list
        .lines()
        .map(|domain| format!("||{domain}^\n"))
        .collect();
    let mut filters = FilterSet::new(false);
    filters.add_filter_list(rules, ParseOptions::default());
    Engine::new_with_filter_set(filters)
}

fn request(url: &Url) -> Request {
    let host = url.host_str().unwrap_or_default();
    Request::preparsed(url.as_str(), host, "source.example", "script", true, "GET")
}
