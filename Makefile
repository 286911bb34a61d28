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
# The programs that the embedded cluster needs beside what it builds, those that our own tests need, and the Debian package of each.
PROGRAMS := runc:runc nft:nftables ip:iproute2 busybox:busybox-static unshare:util-linux mkfs.ext4:e2fsprogs losetup:mount
TEST_PROGRAMS := pgrep:procps chromium:chromium
REQUIREMENTS = import tomllib; p = tomllib.load(open("pyproject.toml", "rb")); \
	print(*p["project"]["dependencies"], *p["dependency-groups"]["dev"], sep="\n")

.PHONY: help setup packages packages-of-tests conformance test lint up down upstream versions upgrade-gate workload bench scale repeat schedules mutants samples rights allure clean

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

samples: setup ## the reports in reports/samples/, made anew by the commands that stand beside each (ARGS=NAME: one)
	$(VENV)/bin/python -m selftest.samples $(ARGS)

rights: setup ## manifests/rights/ made anew: what the account of each kind of run needs, from what such runs ask for
	$(VENV)/bin/python -m selftest.rights $(ARGS)

allure: setup ## a report as one page of the npm package allure, without its tracker: allure-report/index.html
	$(VENV)/bin/node $(VENV)/allure/node_modules/allure/cli.js awesome --single-file --config $(REPORT)/allurerc.json \
		--history-path $(ALLURE_HISTORY) --output $(PAGE) $(REPORT)/allure-results
	$(VENV)/bin/python -m conformance untrack $(PAGE)

setup: packages packages-of-tests $(VENV)/installed $(VENV)/allure/$(ALLURE) ## install what is missing: Debian packages, and Python's and npm's into .venv/

$(VENV)/installed: pyproject.toml
	@echo "setup: Python packages into $(VENV)/"
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV) || { \
		echo "setup: $(PYTHON) has no venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(VENV)/bin/python -c '$(REQUIREMENTS)' | $(VENV)/bin/pip install --quiet --disable-pip-version-check -r /dev/stdin
	@touch $@

# Node comes with the Python packages. npm tells nobody what is installed (an audit would), and runs nothing of it.
$(VENV)/allure/$(ALLURE): $(VENV)/installed
	@echo "setup: the npm package allure into $(VENV)/allure/"
	@$(VENV)/bin/npm install --prefix $(VENV)/allure --ignore-scripts --no-audit --no-fund --no-update-notifier \
		--loglevel=error allure@$(ALLURE)
	@touch $@

define install
@missing=""; for pair in $(1); do \
	PATH="$$PATH:/usr/sbin:/sbin" command -v "$${pair%%:*}" >/dev/null || missing="$$missing $${pair#*:}"; done; \
$(PYTHON) -c "import ensurepip" 2>/dev/null || missing="$$missing python3-venv"; \
if [ -n "$$missing" ]; then \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "setup: Debian packages:$$missing"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	else echo "setup: not installed, since that takes root and apt-get:$$missing ($(2) needs them)" >&2; fi; fi
endef

packages:
	$(call install,$(PROGRAMS),the embedded cluster)

packages-of-tests:
	$(call install,$(TEST_PROGRAMS),make test)

clean: ## remove what was made here, but not the cache in the user's home, nor what a fleet that waits for its upgrade needs
	rm -rf $(VENV) conformance-report* upgrade-report workload-report allure-report allure-history.jsonl \
		bench.json scale.json repeat.json mutants.json .pytest_cache .mypy_cache .ruff_cache
