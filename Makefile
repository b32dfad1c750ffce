# The commands of the house. `make demo` shows the main job, `make test` proves it.

CARGO ?= cargo

.PHONY: help demo test check setup fmt lint doc build unit house system oracle bench generate
.NOTPARALLEL:

help: ## say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## build for release and run the whole loop on five pretended devices
	@tests/setup.sh build
	$(CARGO) build --release -p fyr -p fyr-agent -p fyr-server
	target/release/fyr demo

test: setup fmt lint build house unit system doc ## every test, in an order that fails early

check: fmt lint house unit ## the five-minute loop: format, lints, the rules of the house, unit and property tests

setup: ## install what the tests need and this machine lacks
	@tests/setup.sh test

fmt:
	$(CARGO) fmt --all --check

lint:
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	$(CARGO) clippy --manifest-path tests/bench/Cargo.toml --quiet -- -D warnings

build:
	$(CARGO) build --workspace --all-targets --quiet

unit: ## unit, property and golden tests
	$(CARGO) test --workspace --exclude fyr-tests --quiet

house: ## the rules of the house
	$(CARGO) test -p fyr-tests --test system --quiet house::

# A network namespace needs root, and anybody is root in a user namespace of their own.
as_root := $(if $(filter 0,$(shell id -u)),,unshare --map-root-user)

system: build ## real binaries, real browsers
	$(as_root) $(CARGO) test -p fyr-tests

oracle: build ## ask real browsers for verdicts over many more URLs; FYR_ORACLE_SETS says how many sets of filters
	FYR_ORACLE_SETS=$${FYR_ORACLE_SETS:-2000} $(as_root) $(CARGO) test -p fyr-tests --test system --quiet oracle:: -- --nocapture

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet

generate: ## write the generated files anew: JSON Schemas, reference
	$(CARGO) run --quiet -p fyr -- schema --out schemas/json
	$(CARGO) run --quiet -p fyr -- reference --out docs/reference

bench: ## measure size, memory, speed beside peers; writes docs/performance.md; SECTION=agent or SECTION=compiler measures that alone
	@tests/setup.sh bench
	$(CARGO) build --release $(if $(filter compiler,$(SECTION)),-p fyr,-p fyr -p fyr-agent -p fyr-server)
	$(CARGO) run --release --quiet --manifest-path tests/bench/Cargo.toml -- $(SECTION)
