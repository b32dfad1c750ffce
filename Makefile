# The commands of this repository. `make demo` shows the product, `make test` runs every test.

CARGO ?= cargo

.PHONY: help demo test check setup fmt lint doc build unit rules wasm system oracle bench generate
.NOTPARALLEL:

help: ## list these commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## build, and run the whole product on five simulated devices
	@tests/setup.sh build
	$(CARGO) build --profile demo -p fyr -p fyr-agent -p fyr-server
	target/demo/fyr demo

test: setup fmt lint doc build rules unit wasm system ## every test, in an order that fails early

check: fmt lint doc rules unit wasm ## in five minutes: format, lints, the repository's rules, unit and property tests

setup: ## install what the tests need and this machine does not have
	@tests/setup.sh test

fmt:
	$(CARGO) fmt --all --check

# `tests/wasm` is checked for this machine, which is cheap, and without a repository in it. `make wasm` builds it for WebAssembly.
lint:
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	$(CARGO) clippy --manifest-path tests/bench/Cargo.toml --quiet -- -D warnings
	FYR_REPOSITORY=/dev/null $(CARGO) clippy --manifest-path tests/wasm/Cargo.toml --target-dir target/lint --quiet -- -D warnings

build:
	$(CARGO) build --workspace --all-targets --quiet

# The whole workspace is selected each time, so that one build serves all of these: another selection has other features.
unit: ## unit, property and golden tests: every test target but `system`
	$(CARGO) test --workspace --lib --bins --test '[!s]*' --test 's[!y]*' --quiet

rules: ## the repository's rules: dependencies, sources, documents, words
	$(CARGO) test --workspace --test system --quiet house::

wasm: ## build what every device decides to WebAssembly, and call it
	$(CARGO) test --workspace --test system --quiet wasm::

# A network namespace needs root; every user is root in a user namespace of their own.
as_root := $(if $(filter 0,$(shell id -u)),,unshare --map-auto --map-root-user)

system: build ## real binaries, real browsers
	$(as_root) $(CARGO) test --workspace --test system

oracle: build ## compare verdicts with real browsers over many more URLs; FYR_ORACLE_SETS sets the number of sets of filters
	FYR_ORACLE_SETS=$${FYR_ORACLE_SETS:-2000} $(as_root) $(CARGO) test -p fyr-tests --test system --quiet oracle:: -- --nocapture

doc:
	$(CARGO) test --workspace --doc --quiet
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet

generate: ## write the generated files: JSON Schemas, reference
	$(CARGO) run --quiet -p fyr -- schema --out schemas/json
	$(CARGO) run --quiet -p fyr -- reference --out docs/reference
	$(CARGO) build --workspace --quiet
	FYR_BLESS=1 $(CARGO) test --workspace --test system --quiet reference::

bench: ## measure size, memory and speed, and compare with peers; writes docs/performance.md; SECTION=agent, compiler, publish or disk measures one part
	@tests/setup.sh bench
	$(CARGO) build --release $(if $(filter compiler,$(SECTION)),-p fyr,-p fyr -p fyr-agent -p fyr-server)
	$(CARGO) run --release --quiet --manifest-path tests/bench/Cargo.toml -- $(SECTION)
