# State Hub. `make help` is the front page.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPOSE := docker compose
PYTEST_ARGS ?=
JOBS ?= 2
# what loads the machine by itself: one after the other
ALONE_TESTS = tests/faults tests/api tests/mcp tests/browser
# what the dashboard's pages are made of
PAGES := $(shell find dashboard/src \( -name .observablehq -o -name __pycache__ \) -prune -o -type f -print 2>/dev/null) \
  $(wildcard dashboard/*.js dashboard/package*.json)
# pytest's word for: PYTEST_ARGS chose none of these
NONE_CHOSEN = [ $$? = 5 ]
S ?= 30

# migrations whose statements are transactions of their own
ALONE = $(shell grep -l '^-- transactional: false' sql/migrations/*.sql)

# the checkout's own settings; a .env of any other directory is never read
ifneq (,$(wildcard .env))
include .env
export $(shell sed -nE 's/^([A-Z_]+)=.*/\1/p' .env)
endif

.PHONY: help up down register-project register-from-classification register-from-classification-all test chaos soak fuzz install install-cli dashboard dashboard-install dashboard-build dashboard-check mcp-install check fix db db-tools db-stop migrate seed api mcp-http sync health schema docs examples lock bridges bridges-status bridges-stop bench clean

help: ## show this page
	@printf 'State Hub: the live answer to what is going on\n\n'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 42

up: install dashboard-build ## set up what is missing, then start everything (Ctrl-C stops it)
	@$(BIN)/custodian up

down: install ## stop the hub of this data directory
	@$(BIN)/custodian down

test: install mcp-install dashboard-build ## set up what is missing, then all tests, on PostgreSQL 18 and (SQL and cache) on 16
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile $(addprefix --ignore=,$(ALONE_TESTS)) $(PYTEST_ARGS) || $(NONE_CHOSEN)
	$(BIN)/pytest -q $(ALONE_TESTS) $(PYTEST_ARGS) || $(NONE_CHOSEN)
	STATEHUB_TEST_PG=16 $(BIN)/pytest -q -n $(JOBS) --dist loadfile tests/sql tests/test_schema.py tests/test_cache.py tests/test_summary.py
	@$(MAKE) --no-print-directory dashboard-check

chaos: install ## everything goes wrong at once, for S seconds, and every answer must be exact: make chaos S=60
	STATEHUB_CHAOS_S=$(S) $(BIN)/pytest -q -s tests/faults/test_chaos.py $(PYTEST_ARGS)

soak: install ## load for S seconds, and what grows meanwhile, as a table: make soak S=120
	STATEHUB_SOAK_S=$(S) $(BIN)/pytest -q -s tests/faults/test_soak.py $(PYTEST_ARGS)

fuzz: install ## whatever fits the OpenAPI document and whatever does not, for S seconds, from a new seed: make fuzz S=600
	STATEHUB_FUZZ_S=$(S) STATEHUB_FUZZ_SEED=$${SEED:-$$RANDOM} $(BIN)/pytest -q -s tests/api/test_schemathesis.py $(PYTEST_ARGS)

install: $(VENV)/installed.stamp dashboard-install ## a virtual environment with every extra, and the npm packages, from the locks

$(VENV)/installed.stamp: requirements.lock pyproject.toml scripts/custodian
	@$(PYTHON) -c 'import sys; sys.exit("State Hub needs Python 3.11 or newer, and this is %s; name one with: make PYTHON=/path/to/python3" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'installing packages into $(VENV)'
	@$(BIN)/python -m pip --disable-pip-version-check install -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip --disable-pip-version-check install -q --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q statehub mcp_server # as pip does with what it copies: else some environments compile at every start
	@touch $@

dashboard-install: dashboard/node_modules/installed.stamp ## the npm packages from the lock: what /docs is drawn with

dashboard/node_modules/installed.stamp: dashboard/package.json dashboard/package-lock.json
	@if command -v npm >/dev/null; then \
		echo 'installing packages into dashboard/node_modules'; \
		if npm --prefix dashboard ci --loglevel=error; then touch $@; \
		else echo 'npm could not fetch them: the hub runs without the page /docs and the dashboard; later: make dashboard-build' >&2; fi; \
	else \
		echo 'no npm here: the hub runs without it; for the page /docs and the dashboard install Node 18 or newer, then: make dashboard-build'; \
	fi

dashboard-build: dashboard/built.stamp ## the dashboard's pages, built against an empty hub of their own

dashboard/built.stamp: $(PAGES) dashboard/node_modules/installed.stamp scripts/build_dashboard.py | $(VENV)/installed.stamp
	@if command -v npm >/dev/null; then \
		echo 'building the dashboard into dashboard/dist'; \
		if $(BIN)/python scripts/build_dashboard.py; then touch $@; \
		else echo 'the dashboard could not be built: the hub runs without it; later: make dashboard-build' >&2; fi; \
	fi

dashboard-check: install ## build the dashboard as a check, put it nowhere, and run its own checks
	@if command -v npm >/dev/null; then $(BIN)/python scripts/build_dashboard.py --check; else echo 'no npm here: the dashboard is not checked'; fi

mcp-install: tests/mcp/node_modules/installed.stamp ## the npm packages of tests/mcp: other people's clients, and a tokenizer

tests/mcp/node_modules/installed.stamp: tests/mcp/package.json tests/mcp/package-lock.json
	@if command -v npm >/dev/null; then \
		echo 'installing packages into tests/mcp/node_modules'; \
		npm --prefix tests/mcp ci --ignore-scripts --loglevel=error && touch $@; \
	else \
		echo 'no npm here: tests of MCP clients in Node, and of token budgets, are skipped'; \
	fi

install-cli: install ## link custodian into ~/.local/bin
	@mkdir -p "$(HOME)/.local/bin"
	@ln -sfn "$(abspath $(BIN))/custodian" "$(HOME)/.local/bin/custodian"
	@echo 'custodian is in $(HOME)/.local/bin; it must be on your PATH'

check: install ## lint, format, types, import contracts, SQL lint: what CI runs beside the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/squawk $(filter-out %.rollback.sql $(ALONE),$(wildcard sql/migrations/*.sql))
	$(BIN)/squawk --no-assume-in-transaction $(ALONE)
	$(BIN)/sqlfluff lint --disable-progress-bar -q sql
	$(BIN)/python scripts/cli_reference.py --check
	$(BIN)/python scripts/dump_schema.py --check

fix: install ## format, and mend what a tool can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

db: ## PostgreSQL 16 in Docker on 127.0.0.1:5432
	@scripts/database_password.sh
	$(COMPOSE) up -d --wait postgres

db-tools: ## the same, with pgAdmin on 127.0.0.1:5050
	@scripts/database_password.sh
	$(COMPOSE) --profile tools up -d --wait

db-stop: ## stop them; the data stays
	$(COMPOSE) --profile tools stop

migrate: install ## the schema to head
	@$(BIN)/custodian migrate

seed: install ## canonical domains, topics, keywords
	@$(BIN)/custodian seed

register-project: install ## register a project with the hub: make register-project DOMAIN=x PROJECT_PATH=y
	@$(BIN)/custodian register-project $(if $(PROJECT_PATH),--path "$${PROJECT_PATH}",$(error say which: make register-project DOMAIN=infotech PROJECT_PATH=~/my-project)) $(if $(DOMAIN),--domain "$${DOMAIN}") $(ARGS)

api: install ## serve the API alone on the configured database, again if it runs so: wait for it, migrate, serve
	@$(BIN)/custodian migrate --wait 60
	@$(BIN)/custodian serve --replace

mcp-http: install ## serve MCP alone on 127.0.0.1:8001, again if it runs so, for the hub that runs
	@$(BIN)/custodian mcp --replace

dashboard: install ## work on the dashboard: a preview on 127.0.0.1:3000 that follows each change of its files, for the hub that runs
	@command -v node >/dev/null || { echo 'no Node here: install Node 18 or newer, then: make dashboard' >&2; exit 1; }
	@PATH="$(abspath $(BIN)):$$PATH" exec node $(abspath dashboard/dev.js)

register-from-classification: install ## register REPO=slug anew by the .repo-classification.yaml at its path
	@test -n "$(REPO)" || { echo 'name it: make register-from-classification REPO=slug' >&2; exit 2; }
	@$(BIN)/custodian classify --repo "$(REPO)"

register-from-classification-all: install ## the same for every registered repository that has a path here
	@$(BIN)/custodian classify --all

sync: install ## make workplan files and hub agree, in every registered repository of this machine
	@$(BIN)/custodian sync --all

health: ## ask /state/health
	@curl -sS "$${STATEHUB_API_URL:-http://127.0.0.1:$${STATEHUB_API_PORT:-8000}}/state/health"; echo

schema: install ## regenerate sql/schema.sql
	$(BIN)/python scripts/dump_schema.py

docs: install ## regenerate what docs/cli.md says of each command's options
	$(BIN)/python scripts/cli_reference.py

examples: install ## regenerate statehub/examples.json, what the OpenAPI document shows
	STATEHUB_WRITE_EXAMPLES=1 $(BIN)/pytest -q tests/test_openapi.py -k examples $(PYTEST_ARGS)

lock: install ## compile requirements.lock anew from pyproject.toml (needs uv)
	scripts/compile_lock.sh

bridges: ## SSH tunnels to or from other machines, as bridges.toml lists them: started, kept up, shown
	@scripts/bridges.sh start

bridges-status: ## show them
	@scripts/bridges.sh status

bridges-stop: ## stop them
	@scripts/bridges.sh stop

bench: install ## all benchmarks, side by side with their peers, and one table of them (half an hour)
	@$(BIN)/python bench/_all.py $(BENCH)

clean: ## stop the Docker database and remove its volume (asks first; never an embedded data directory)
	@test -t 0 || { echo 'make clean asks before it removes anything, and needs a terminal for that' >&2; exit 2; }
	@read -r -p 'Remove the Docker database of State Hub and all that is in it? Type its name, statehub, to go on: ' answer; \
	  test "$$answer" = statehub || { echo 'nothing was removed'; exit 1; }
	$(COMPOSE) --profile tools down --volumes
