# Everything from nothing: `make conformance` judges a cluster, `make test` tests the suite itself. Both set up what is missing.

PYTHON ?= python3
VENV := .venv
# What `make allure` renders, with what, and where to.
REPORT ?= conformance-report
PAGE ?= allure-report
ALLURE_HISTORY ?= allure-history.jsonl
ALLURE := 3.18.0
FROM ?= v1.36.3
# What is compiled once need not be compiled by every process of a run.
unexport PYTHONDONTWRITEBYTECODE
TO ?= v1.37.2
# What our own tests need beside what the embedded cluster does (fixtures/embedded/host.py), and the Debian package of each.
TEST_PROGRAMS := pgrep:procps chromium:chromium

.PHONY: help setup packages packages-of-tests lock dist conformance test lint up down upstream versions upgrade-gate workload bench scale repeat schedules mutants kind samples rights allure clean

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

conformance: packages $(VENV)/installed ## judge the embedded Kubernetes (or ARGS="--cluster=current …") and write conformance-report/
	$(VENV)/bin/pytest $(ARGS)

test: setup lint ## all tests of the suite itself, those on a real cluster included
	$(VENV)/bin/pytest selftest $(ARGS)

lint: setup ## style and types
	$(VENV)/bin/ruff check --quiet
	$(VENV)/bin/ruff format --check --quiet
	$(VENV)/bin/mypy

up: setup ## bring the embedded cluster up and leave it up
	$(VENV)/bin/python -m fixtures.embedded up

down: setup ## take the embedded cluster down
	$(VENV)/bin/python -m fixtures.embedded down

upstream: setup ## Kubernetes' own tests of StatefulSets against the embedded cluster (half an hour)
	$(VENV)/bin/python -m fixtures.embedded up --name upstream
	$(VENV)/bin/python -m fixtures.embedded upstream --name upstream $(ARGS); code=$$?; \
		$(VENV)/bin/python -m fixtures.embedded down --name upstream; exit $$code

versions: setup ## judge every supported release of Kubernetes (half an hour where they must be built)
	$(VENV)/bin/python -m selftest.versions $(ARGS)

upgrade-gate: packages $(VENV)/installed ## may the embedded cluster be upgraded? FROM=v1.36.3 TO=v1.37.2
	@# One that was interrupted may have left a cluster between two releases.
	$(VENV)/bin/python -m fixtures.embedded down --name gate
	$(VENV)/bin/python -m fixtures.embedded up --name gate --nodes 3 --kubernetes-version $(FROM)
	$(VENV)/bin/pytest conformance/upgrade --cluster-name gate --report-dir upgrade-report $(ARGS) \
		--upgrade-with "$(VENV)/bin/python -m fixtures.embedded upgrade --name gate --to $(TO)"; code=$$?; \
		$(VENV)/bin/python -m fixtures.embedded down --name gate; exit $$code

workload: packages $(VENV)/installed ## a replicated database on three nodes: does it keep what it has acknowledged?
	$(VENV)/bin/python -m fixtures.embedded down --name workload
	$(VENV)/bin/python -m fixtures.embedded up --name workload --nodes 3
	$(VENV)/bin/pytest conformance/workload --cluster-name workload --report-dir workload-report $(ARGS); code=$$?; \
		$(VENV)/bin/python -m fixtures.embedded down --name workload; exit $$code

bench: setup ## how long it all takes, as ratios within one run
	$(VENV)/bin/python -m selftest.bench $(ARGS)

scale: setup ## 1,000 ordinals, driven and judged
	$(VENV)/bin/python -m selftest.scale $(ARGS)

repeat: setup ## the suite 30 times in a row: every run must come to the same outcomes
	$(VENV)/bin/python -m selftest.repeat $(ARGS)

schedules: setup ## random faults upon pods that are written to all the time (ARGS="100 --seed 1"; 10 by default)
	$(VENV)/bin/python -m selftest.schedules $(ARGS)

mutants: setup ## seeded faults and lawful runs: what the suite finds, and whether it accuses falsely
	$(VENV)/bin/python -m selftest.mutants $(ARGS)

kind: setup ## suite and gate on real clusters of kind's of three nodes, with Docker's engine started by hand (ARGS="--only suite")
	$(VENV)/bin/python -m selftest.kind $(ARGS)

samples: setup ## the reports in reports/samples/, made anew by the commands that stand beside each (ARGS=NAME: one)
	$(VENV)/bin/python -m selftest.samples $(ARGS)

rights: setup ## manifests/rights/ made anew: what the account of each kind of run needs, from what such runs ask for
	$(VENV)/bin/python -m selftest.rights $(ARGS)

allure: setup ## a report as one page of the npm package allure, without its tracker: allure-report/index.html
	$(VENV)/bin/node $(VENV)/allure/node_modules/allure/cli.js awesome --single-file --config $(REPORT)/allurerc.json \
		--history-path $(ALLURE_HISTORY) --output $(PAGE) $(REPORT)/allure-results
	$(VENV)/bin/python -m conformance untrack $(PAGE)

setup: packages packages-of-tests $(VENV)/installed $(VENV)/allure/$(ALLURE) ## install what is missing: Debian packages, and Python's and npm's into .venv/

# What is installed is what the locks say, with their hashes; they hold no address, so whatever registry pip knows will do.
LOCK = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" $(ARGS) pyproject.toml
lock: $(VENV)/installed ## requirements*.lock anew, where pyproject.toml asks for something else (ARGS=--upgrade: all of the newest)
	$(LOCK) --output-file requirements.lock
	$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock

dist: $(VENV)/installed ## the wheel and the sdist of this tree, in dist/
	rm -rf dist
	$(VENV)/bin/python -m hatchling build -d dist

$(VENV)/installed: requirements-dev.lock
	@echo "setup: Python packages into $(VENV)/"
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV) || { \
		echo "setup: $(PYTHON) has no venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Node comes with the Python packages. npm tells nobody what is installed (an audit would), and runs nothing of it.
$(VENV)/allure/$(ALLURE): $(VENV)/installed
	@echo "setup: the npm package allure into $(VENV)/allure/"
	@$(VENV)/bin/npm install --prefix $(VENV)/allure --ignore-scripts --no-audit --no-fund --no-update-notifier \
		--loglevel=error allure@$(ALLURE)
	@touch $@

# Where Debian's Python cannot make a virtual environment, what lets it is missing too.
packages:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
		echo "setup: Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) -V): PYTHON=… names another" >&2; exit 1; }
	@$(PYTHON) -m fixtures.embedded packages $$($(PYTHON) -c "import ensurepip" 2>/dev/null || echo ensurepip:python3-venv)

packages-of-tests: packages
	@$(PYTHON) -m fixtures.embedded packages $(TEST_PROGRAMS)

clean: ## remove what was made here, but not the cache in the user's home, nor what a fleet that waits for its upgrade needs
	rm -rf $(VENV) dist conformance-report* upgrade-report workload-report allure-report allure-history.jsonl \
		bench.json scale.json repeat.json mutants.json .pytest_cache .mypy_cache .ruff_cache
