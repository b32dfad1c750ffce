//! `regorus`: the list as an object, a policy that looks each name above the host up in it, and
//! its virtual machine, which is its fastest way; the inputs are its own values beforehand.

use anyhow::Result;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};
use url::Url;

use super::{Answers, ask, ready};

/// What OPA is asked too.
pub const POLICY: &str = include_str!("../../urls.rego");

pub(super) fn answers(list: &str, urls: &[Url]) -> Result<Answers> {
    let (mut machine, ready) = ready(|| {
        let blocked: serde_json::Map<_, _> = list
            .lines()
            .map(|domain| (domain.to_owned(), serde_json::Value::Bool(true)))
            .collect();
        let data = Value::from(serde_json::json!({ "blocked": blocked }));
        let mut engine = Engine::new();
        engine.add_policy("urls.rego".to_owned(), POLICY.to_owned())?;
        engine.add_data(data.clone())?;
        let rule = "data.urls.block";
        let compiled = engine.compile_with_entrypoint(&Rc::from(rule))?;
        let program = Compiler::compile_from_policy(&compiled, &[rule])
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut machine = RegoVM::new_with_policy(compiled);
        machine.load_program(program);
        machine
            .set_data(data)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(machine)
    })?;
    let inputs: Vec<Value> = urls
        .iter()
        .map(|url| Value::from(serde_json::json!({ "names": names_above(url) })))
        .collect();
    Ok(ask(ready, &inputs, |input| {
        machine.set_input(input.clone());
        matches!(machine.execute(), Ok(Value::Bool(true)))
    }))
}

/// The host of a URL and every name above it.
fn names_above(url: &Url) -> Vec<&str> {
    let host = url.host_str().unwrap_or_default();
    let below = host
        .match_indices('.')
        .filter_map(|(at, _)| host.get(at + 1..));
    std::iter::once(host).chain(below).collect()
}
