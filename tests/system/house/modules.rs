//! Which modules of a crate use which: no two of them use each other.
//!
//! At every level of the tree, siblings are compared, each with everything below it as one: a parent
//! and its children may use each other. A name that a module re-exports is followed to where it comes
//! from. Tests are left out, since they may look at all of a crate and nothing is built on them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{files, packages, text};

/// A module by its path below the crate.
type Module = Vec<String>;

/// The source of each module, and the name under which it is shown.
type Sources = BTreeMap<Module, (String, String)>;

/// What each module says of others, and the name under which it is shown.
type Read = BTreeMap<Module, (String, Reader)>;

/// The modules that use others, by their parent and two siblings below it, with the lines that do.
type Uses = BTreeMap<(Module, String, String), BTreeSet<String>>;

#[test]
fn no_modules_of_a_crate_use_each_other() -> Result<()> {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for package in packages()? {
        let manifest = Path::new(text(&package, "manifest_path"));
        let place = manifest.parent().context("a manifest has a place")?;
        let sources = sources(&place.join("src"))?;
        seen += sources.len();
        wrong.extend(cycles(sources));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    anyhow::ensure!(seen > 300, "only {seen} modules were read");
    Ok(())
}

#[test]
fn modules_that_use_each_other_are_found_with_the_lines_that_do() {
    let sources = in_memory(&[
        ("", "mod a;\nmod b;\nmod c;\npub use self::a::A;"),
        ("a", "use crate::b::{inner::{self, B}, C};"),
        (
            "b",
            "mod inner;\npub fn f() -> u8 {\n    super::c::D.into()\n}",
        ),
        ("b::inner", "use super::C;"),
        (
            "c",
            "// use crate::b;\n#[cfg(test)]\nmod tests {\n    use crate::b;\n}",
        ),
    ]);
    assert_eq!(cycles(sources.clone()), Vec::<String>::new());
    let mut closed = sources;
    closed.extend(in_memory(&[(
        "c",
        "const TEXT: &str = \"crate::b\";\nstatic D: crate::a::A = 'a';",
    )]));
    assert_eq!(
        cycles(closed),
        [
            "`a` and `b` use each other, over others at least: a: 1: crate::b::C; \
             a: 1: crate::b::inner::B; a: 1: crate::b::inner::self",
            "`b` and `c` use each other, over others at least: b: 3: super::c::D",
            "`c` and `a` use each other, over others at least: c: 2: crate::a::A",
        ]
    );
}

#[test]
fn a_module_uses_the_one_that_a_name_comes_from_and_not_the_one_that_passes_it_on() {
    let through = |name: &str| {
        cycles(in_memory(&[
            (
                "",
                "mod a;\nmod b;\npub use self::a::A as Other;\npub use a::{C, serde};",
            ),
            ("a", "use crate::b::B;"),
            ("b", &format!("use super::{name};")),
        ]))
    };
    for name in ["Other", "C", "{C, D}"] {
        assert_eq!(through(name).len(), 2, "{name}");
    }
    for name in ["A", "D", "std"] {
        assert_eq!(through(name), Vec::<String>::new(), "{name}");
    }
    // Names that lead to one another lead nowhere.
    let endless = [
        ("", "mod a;\nuse crate::a::A;"),
        ("a", "use crate::A;\npub use super::A;"),
    ];
    assert_eq!(cycles(in_memory(&endless)), Vec::<String>::new());
}

#[test]
fn what_is_only_used_by_tests_is_left_out_and_what_follows_is_not() {
    let sources = |of_a: &str| {
        in_memory(&[
            ("", "mod a;\nmod b;"),
            ("a", of_a),
            ("b", "use crate::a::A;"),
        ])
    };
    let tested = "#[cfg(test)]\nuse crate::b::B;";
    assert_eq!(cycles(sources(tested)), Vec::<String>::new());
    let both = format!("{tested}\nmod inner {{\n    use crate::b::B;\n}}");
    assert_eq!(cycles(sources(&both)).len(), 2);
}

fn in_memory(modules: &[(&str, &str)]) -> Sources {
    let modules = modules.iter().map(|(name, source)| {
        let path = name.split("::").filter(|part| !part.is_empty());
        let module = path.map(str::to_owned).collect();
        (module, ((*name).to_owned(), (*source).to_owned()))
    });
    modules.collect()
}

/// The modules of a crate below `src/`. One that only tests are built from is not among them.
fn sources(src: &Path) -> Result<Sources> {
    let mut sources = Sources::new();
    for path in files(".rs")? {
        let Ok(inside) = path.strip_prefix(src) else {
            continue;
        };
        let mut module: Module = inside
            .with_extension("")
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        if module.len() == 1
            && ["lib", "main"].contains(
                &inside
                    .file_stem()
                    .and_then(|stem| stem.to_str())
                    .unwrap_or_default(),
            )
        {
            module.clear();
        }
        let source = fs::read_to_string(&path)?;
        sources.insert(module, (inside.display().to_string(), source));
    }
    let tests: Vec<Module> = sources
        .iter()
        .flat_map(|(module, (_, source))| {
            let names = tokens(source);
            let names = Reader::new(&names).tests;
            names.into_iter().map(|name| below(module, &name))
        })
        .collect();
    sources.retain(|module, _| !tests.iter().any(|tests| module.starts_with(tests)));
    Ok(sources)
}

/// Every pair of siblings of which each uses the other, itself or over further siblings.
fn cycles(sources: Sources) -> Vec<String> {
    let read = sources.into_iter().map(|(module, (shown, source))| {
        let reader = Reader::new(&tokens(&source));
        (module, (shown, reader))
    });
    let read: Read = read.collect();
    let mut uses = Uses::new();
    for (module, (shown, reader)) in &read {
        for (path, line) in &reader.paths {
            let Some(named) = resolve(&read, module, path, MOST_PASSED_ON) else {
                continue;
            };
            let common = module
                .iter()
                .zip(&named)
                .take_while(|(a, b)| a == b)
                .count();
            let parent = module.iter().take(common).cloned().collect();
            if let (Some(from), Some(to)) = (module.get(common), named.get(common)) {
                let lines = uses.entry((parent, from.clone(), to.clone())).or_default();
                lines.insert(format!("{shown}: {line}: {}", path.join("::")));
            }
        }
    }
    let both_ways = uses
        .iter()
        .filter(|((parent, from, to), _)| reaches(&uses, parent, to, from));
    both_ways
        .map(|((parent, from, to), lines)| {
            let [from, to] = [from, to].map(|name| below(parent, name).join("::"));
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            format!(
                "`{from}` and `{to}` use each other, over others at least: {}",
                lines.join("; ")
            )
        })
        .collect()
}

/// Whether one sibling uses another, itself or over further ones.
fn reaches(uses: &Uses, parent: &[String], from: &str, wanted: &str) -> bool {
    let (mut seen, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(name) = waiting.pop() {
        if name == wanted {
            return true;
        }
        if seen.insert(name) {
            let here = uses
                .keys()
                .filter(|(above, by, _)| above == parent && by == name);
            waiting.extend(here.map(|(_, _, used)| used.as_str()));
        }
    }
    false
}

/// How many modules may pass a name on before it is taken for one that leads nowhere.
const MOST_PASSED_ON: usize = 8;

/// The module that a path names or names something in; `None` where it leads out of the crate. A name
/// that a module passes on is followed `passed_on` times at most.
fn resolve(read: &Read, module: &Module, path: &[String], passed_on: usize) -> Option<Module> {
    let (first, mut rest) = path.split_first()?;
    let mut found = match first.as_str() {
        "crate" => Module::new(),
        "self" => module.clone(),
        "super" => {
            let mut above = module.clone();
            above.pop();
            while let Some((_, further)) = rest.split_first().filter(|(next, _)| *next == "super") {
                above.pop();
                rest = further;
            }
            above
        }
        child => Some(below(module, child)).filter(|child| read.contains_key(child))?,
    };
    for name in rest {
        let inside = Some(below(&found, name)).filter(|inside| read.contains_key(inside));
        let passed_on_from = || {
            let passed_on = passed_on.checked_sub(1)?;
            let (_, reader) = read.get(&found)?;
            resolve(read, &found, reader.names.get(name)?, passed_on)
        };
        match inside.or_else(passed_on_from) {
            Some(inside) => found = inside,
            None => break,
        }
    }
    Some(found)
}

fn below(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// A piece of source outside comments and texts, and its line.
type Token = (String, usize);

/// What a file says of modules.
#[derive(Default)]
struct Reader {
    /// Every path, in declarations and in code, with its line.
    paths: Vec<(Vec<String>, usize)>,
    /// What `use` declarations name, by the name that it has here.
    names: BTreeMap<String, Vec<String>>,
    /// The modules that only tests are built from.
    tests: Vec<String>,
}

impl Reader {
    fn new(tokens: &[Token]) -> Self {
        let mut reader = Self::default();
        let mut rest = tokens;
        let mut is_for_tests = false;
        while let Some(((word, line), after)) = rest.split_first() {
            let next = |at: usize| after.get(at).map_or("", |(word, _)| word.as_str());
            rest = after;
            match word.as_str() {
                "cfg" if next(0) == "(" && next(1) == "test" && next(2) == ")" => {
                    is_for_tests = true;
                }
                "mod" if is_for_tests => {
                    reader.tests.push(next(0).to_owned());
                    rest = after.get(1..).unwrap_or_default();
                    if next(1) == "{" {
                        rest = behind_block(rest);
                    }
                    is_for_tests = false;
                }
                "use" if is_for_tests => {
                    rest = Self::default().read_tree(&[], after);
                    is_for_tests = false;
                }
                "use" => rest = reader.read_tree(&[], after),
                "fn" | "struct" | "enum" | "type" | "trait" | "impl" | "const" | "static" => {
                    is_for_tests = false;
                }
                word if is_name(word) && next(0) == "::" => {
                    let mut path = vec![word.to_owned()];
                    while let [(colons, _), (name, _), further @ ..] = rest
                        && colons == "::"
                        && is_name(name)
                    {
                        path.push(name.clone());
                        rest = further;
                    }
                    reader.paths.push((path, *line));
                }
                _ => {}
            }
        }
        reader
    }

    /// Reads one tree of a `use` declaration; what follows it.
    fn read_tree<'t>(&mut self, prefix: &[String], tokens: &'t [Token]) -> &'t [Token] {
        let mut path = prefix.to_vec();
        let mut rest = tokens;
        let mut alias = None;
        let mut line = 0;
        while let Some(((word, at), after)) = rest.split_first() {
            match word.as_str() {
                "{" => {
                    rest = after;
                    loop {
                        rest = self.read_tree(&path, rest);
                        match rest.split_first() {
                            Some(((word, _), after)) if word == "," => rest = after,
                            Some((_, after)) => return after,
                            None => return rest,
                        }
                    }
                }
                "," | ";" | "}" => break,
                "as" => {
                    alias = after.first().map(|(word, _)| word.clone());
                    rest = after.get(1..).unwrap_or_default();
                }
                word => {
                    if is_name(word) {
                        path.push(word.to_owned());
                        line = *at;
                    }
                    rest = after;
                }
            }
        }
        if line > 0 {
            if let Some(name) = alias.or_else(|| path.iter().rfind(|it| *it != "self").cloned()) {
                let whole = match path.split_last() {
                    Some((last, above)) if last == "self" && !above.is_empty() => above,
                    _ => &path,
                };
                self.names.insert(name, whole.to_vec());
            }
            self.paths.push((path, line));
        }
        rest
    }
}

/// What follows a block that begins here.
fn behind_block(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    for (number, (word, _)) in tokens.iter().enumerate() {
        match word.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return tokens.get(number + 1..).unwrap_or_default();
        }
    }
    &[]
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The names and signs of a source, without its comments, texts and characters.
fn tokens(source: &str) -> Vec<Token> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), source, 1);
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first);
        let (word, after) = rest.split_at(length);
        if is_name(word) && !after.starts_with('"')
            || first.is_ascii_punctuation() && length <= 2 && !word.starts_with(['"', '\''])
        {
            tokens.push((word.to_owned(), line));
        }
        line += word.matches('\n').count();
        rest = after;
    }
    tokens
}

/// How many bytes the piece takes that begins here.
fn length(rest: &str, first: char) -> usize {
    let until = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("//") {
        return until("\n");
    }
    if rest.starts_with("/*") {
        return until("*/");
    }
    let hashes = rest
        .trim_start_matches('r')
        .chars()
        .take_while(|sign| *sign == '#')
        .count();
    if first == 'r'
        && rest
            .get(1 + hashes..)
            .is_some_and(|text| text.starts_with('"'))
    {
        let end = format!("\"{}", "#".repeat(hashes));
        let text = rest.get(2 + hashes..).unwrap_or_default();
        return 2 + hashes + text.find(&end).map_or(text.len(), |at| at + end.len());
    }
    match first {
        '"' => 1 + quoted(rest, '"'),
        '\'' if is_character(rest) => 1 + quoted(rest, '\''),
        _ if is_name(rest) => {
            let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_');
            end.unwrap_or(rest.len())
        }
        _ if rest.starts_with("::") => 2,
        _ => first.len_utf8(),
    }
}

/// Whether a quotation mark begins a character, rather than a lifetime.
fn is_character(rest: &str) -> bool {
    let mut signs = rest.chars().skip(1);
    match signs.next() {
        Some('\\') => true,
        Some(_) => signs.next() == Some('\''),
        None => false,
    }
}

/// How many bytes a text takes, its end included, after the sign that begins it.
fn quoted(rest: &str, end: char) -> usize {
    let mut is_escaped = false;
    for (at, sign) in rest.char_indices().skip(1) {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            sign if sign == end => return at + end.len_utf8() - 1,
            _ => {}
        }
    }
    rest.len() - 1
}
