# `make` alone says what there is. Two commands matter: `make demo` and `make test`.

# Everything is built for the whole workspace, so that each stage has the features of the others and
# nothing is compiled twice.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .cache/venv/bin/python
FUZZ_RUNS ?= 10000

.PHONY: help
help: ## says what there is
	@echo "Postern: a gateway through which agents use MySQL and MariaDB."
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo ONCE=1         ends after the tour"
	@echo "  make e2e ARGS='-k login' hands arguments to pytest"
	@echo "  make corpus FILE=path    sends another corpus"
	@echo "  make coverage SUITE=dir  takes another suite, and so does make lineage-oracle"
	@echo "  make server-suite EVERY=16   runs every 16th file; also FILE=part of a path, SUITE=dir"
	@echo "  make fuzz FUZZ_RUNS=n    runs each target n times"
	@echo "  make leakcheck N=200000 SEED=1   also SCHEMA=, POLICY=, GRAMMAR=, REPLAY=a finding's file"

.PHONY: demo
demo: ## a guided tour: a private database, the gateway, a real client; Ctrl-C ends it
	@scripts/demo $(if $(ONCE),--once)

.PHONY: test
test: ## everything: fmt, clippy, unit, benches once, fuzz, e2e, corpus, measures
	@scripts/test-all

.PHONY: fmt
fmt: ## checks the formatting
	cargo fmt --all --check

.PHONY: clippy
clippy: compilers ## lints all code, warnings are errors
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: unit
unit: compilers ## unit, property, integration and doc tests of the crates
	cargo test --workspace --locked

.PHONY: benches-once
benches-once: compilers ## runs each criterion bench once, so that they cannot rot
	cargo test --workspace --bench '*' --locked

.PHONY: fuzz
fuzz: compilers ## runs each fuzz target from its seeds, a fixed number of times
	@scripts/fuzz $(FUZZ_RUNS)

.PHONY: fuzz-once
fuzz-once: compilers ## the same without coverage, from a plain build, two thousand times
	@scripts/fuzz --plain 2000

.PHONY: e2e
e2e: services install-clients postern ## real servers, clients and identity provider, through the gateway
	$(PYTHON) -m pytest tests/e2e $(ARGS)

.PHONY: drivers
drivers: services install-clients postern ## a dozen drivers read masked rows of every type; UPDATE_EXPECT=1 renews docs/drivers.md
	$(PYTHON) -m pytest tests/e2e/test_drivers.py $(ARGS)

.PHONY: clients
clients: services install-clients postern ## every client does everything, directly and through; UPDATE_EXPECT=1 renews docs/clients.md
	@scripts/apt-install libdbd-mysql-perl libjson-xs-perl ruby-mysql2 sysbench mydumper
	@$(PYTHON) -B tests/matrix/run.py $(ARGS)

.PHONY: test-drivers
test-drivers: services driver-suites postern ## the drivers' own test suites, directly and through the gateway
	@$(PYTHON) -B tests/driver_suites/run.py $(ARGS)

.PHONY: test-driver
test-driver: services driver-suites postern ## the same for one of them: SUITE=pymysql, mysqlclient, aiomysql, sqlalchemy, sqlalchemy-compliance, sqlalchemy-reflection
	@$(PYTHON) -B tests/driver_suites/run.py $(SUITE) $(ARGS)

# Those of the C driver and of the pure one of Python, which cost the least.
.PHONY: test-drivers-once
test-drivers-once: services driver-suites postern
	@$(PYTHON) -m pytest -q -c tests/e2e/pytest.ini tests/driver_suites/test_compare.py
	@$(PYTHON) -B tests/driver_suites/run.py --fast

.PHONY: corpus
corpus: services postern ## attacks and harmless statements, through real clients on both servers
	@$(PYTHON) tests/corpus_run.py $(FILE)

.PHONY: coverage
coverage: services reader ## how many statements of a suite are understood, on both servers
	@$(PYTHON) tests/suite/coverage.py $(SUITE) $(ARGS)

.PHONY: server-suite
server-suite: services postern ## the servers' own tests, directly and through the gateway: what is refused or differs
	@$(PYTHON) -B tests/suite/lockstep.py $(SUITE) $(addprefix --every ,$(EVERY)) $(addprefix --file ,$(FILE)) $(ARGS)

.PHONY: lineage-oracle
lineage-oracle: services reader ## whether MySQL uses a column that our accesses do not hold
	@$(PYTHON) tests/suite/lineage_oracle.py $(SUITE) $(ARGS)

# Of these, `make test` runs every fortieth file; the texts of all are read.
.PHONY: coverage-once
coverage-once: services reader ## the same, but that few files are run
	@$(PYTHON) -m pytest -q -c tests/e2e/pytest.ini tests/suite
	@$(PYTHON) tests/suite/coverage.py --run-every 40

.PHONY: lineage-once
lineage-once: services reader ## the same over few files
	@$(PYTHON) tests/suite/lineage_oracle.py --every 40

.PHONY: lexer-differential
lexer-differential: services reader ## whether both servers read the same tokens as we do
	@$(PYTHON) tests/suite/lexer_differential.py $(ARGS)

# A long run is worth a release build.
.PHONY: leakcheck
leakcheck: services compilers ## random statements over two databases that differ in protected values alone
	cargo build --release --locked --workspace --bin postern
	@POSTERN_PROFILE=release $(PYTHON) tests/leakcheck/leakcheck.py --statements $(or $(N),200000) --seed $(or $(SEED),1) \
		$(addprefix --schema ,$(SCHEMA)) $(addprefix --policy ,$(POLICY)) $(addprefix --grammar ,$(GRAMMAR)) \
		$(addprefix --replay ,$(REPLAY)) $(ARGS)

.PHONY: leakcheck-once
leakcheck-once: services postern ## the same, a few thousand of them, always the same ones
	@$(PYTHON) -m pytest -c tests/e2e/pytest.ini tests/leakcheck
	@$(PYTHON) tests/leakcheck/leakcheck.py --statements 2000 --seed 1

.PHONY: bench
bench: ## CPU and memory of the release build beside HAProxy's, in one interleaved run
	@scripts/install-mariadb
	@scripts/install-python
	@scripts/apt-install haproxy
	cargo build --release --locked -p gateway-bin -p benches --bins
	@$(PYTHON) scripts/bench

.PHONY: endure
endure: services compilers ## sysbench with 64 threads, 10,000 connects, 1,000 idle connections: what is left of them
	@scripts/apt-install sysbench
	cargo build --release --locked --workspace --bin postern
	@$(PYTHON) scripts/endure

.PHONY: instructions
instructions: compilers ## instructions and allocations of reading a statement, beside sqlparser's own parse
	@scripts/apt-install valgrind
	cargo build --release --locked -p benches --bin reading
	@scripts/instructions $${CARGO_TARGET_DIR:-target}/release/reading

.PHONY: robustness
robustness: compilers ## the worst time to read or refuse a KiB of long chains and odd bytes
	cargo build --release --locked -p benches --bin robustness
	@$${CARGO_TARGET_DIR:-target}/release/robustness

.PHONY: compilers
compilers:
	@command -v cc >/dev/null && command -v c++ >/dev/null || scripts/apt-install gcc g++

.PHONY: services
services: ## installs the servers, drivers and identity provider of the end-to-end tests
	@scripts/install-mariadb
	@scripts/install-mysql
	@scripts/install-python
	@scripts/install-node

.PHONY: driver-suites
driver-suites:
	@scripts/install-driver-suites

.PHONY: install-clients
install-clients: compilers
	@scripts/install-php
	@scripts/install-java
	@scripts/build-rust-client

.PHONY: postern
postern: compilers
	@cargo build --locked --workspace --bin postern --example client --example server

.PHONY: reader
reader: compilers
	@cargo build --locked --workspace --bin suite-reader

.PHONY: clean-services
clean-services: ## ends servers that an interrupted run of the tests left behind
	@scripts/clean-services
