# What people type. Each target is a line or two; longer work is in scripts/.

.NOTPARALLEL:
.PHONY: help run test lint fmt fmt-check doc test-native test-web sim sim-mutants wasm deny bench crash fuzz soak

ARGS ?=
SEEDS ?= 200
SEED ?=
CYCLES ?= 200
CONNECTIONS ?= 2000
SECONDS ?=
step := @scripts/step

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## start a relay with its web app on this machine: make run, or make run ARGS="--log json"
	@scripts/web || echo "The web app could not be built, for the reason above. The relay runs without it." >&2
	cargo run --locked -p poo-server -- --listen 127.0.0.1:8787 --data ./data $(ARGS)

test: ## everything that must pass, from formatting to WebAssembly
	$(step) "What tests need" scripts/setup-tests
	@$(MAKE) --no-print-directory fmt-check lint doc wasm test-web test-native

fmt: ## format the code
	cargo fmt --all

fmt-check:
	$(step) "Format" cargo fmt --all --check

lint: ## clippy, warnings are errors
	$(step) "Lint" cargo clippy --workspace --all-targets --all-features --locked -- -D warnings

doc: ## the API documentation, warnings are errors
	$(step) "Documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --locked

wasm: ## build the engine for WebAssembly and run it under Node
	$(step) "WebAssembly" scripts/wasm-smoke

test-web: ## the web app, in a browser
	@scripts/test-web

test-native: ## the tests of every crate
	@scripts/test-native

sim: ## the simulation, and random histories: make sim SEEDS=1000, or make sim SEED=7
	@scripts/sim $(SEEDS) $(SEED)

sim-mutants: ## look which seed catches which wrong engine, and write it into docs/SIMULATION.md
	@scripts/sim-mutants $(SEEDS)

crash: ## kill real processes at random moments: make crash, or make crash CYCLES=2000
	POO_CRASH_CYCLES=$(CYCLES) cargo test --locked --workspace --all-features --test crash

fuzz: ## look for bytes that break a reader: make fuzz TARGET=session SECONDS=600
	@scripts/fuzz "$(TARGET)" "$(or $(SECONDS),60)"

soak: ## many devices on one relay for long: make soak, or make soak CONNECTIONS=500 SECONDS=60
	@scripts/soak $(CONNECTIONS) $(or $(SECONDS),600)

deny: ## licences, banned crates, sources, and advisories where they can be reached
	$(step) "Dependencies" scripts/deny

bench: ## measure it all: make bench, make bench ARGS="--only web", or ARGS="--write docs/BENCHMARKS.md"
	@scripts/bench $(ARGS)
