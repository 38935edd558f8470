.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/installed: requirements.lock pyproject.toml lti_room/media/sfu/forwarding/_fan.c
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "lti-room needs Python 3.11 or newer; this is $$($(PYTHON) --version)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python cannot make a virtual environment: apt install python3-venv"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@echo "Installing (the first start takes about a minute) ..."
	@$(BIN)/python -m pip install --quiet --progress-bar off --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --progress-bar off --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --progress-bar off --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

node_modules/installed: package.json package-lock.json
	@bash tests/prepare.sh node
	@# Not `npm ci`: it refuses a lock made where the registry lacks other platforms' optional binaries.
	@npm install --no-save --silent --no-audit --no-fund
	@touch $@

run: .venv/installed ## Start everything: Redis, web, media, emulated LMSs
	@LTI_ROOM_DEVELOPMENT=$${LTI_ROOM_DEVELOPMENT-1} exec $(BIN)/python -m lti_room up

test: .venv/installed-dev node_modules/installed ## Run every test
	@bash tests/prepare.sh browser
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/installed-dev node_modules/installed ## Format, lint, types, imports, JavaScript
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@npx --no-install biome check
	@npx --no-install tsc -p .

format: .venv/installed-dev node_modules/installed ## Format everything
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@npx --no-install biome check --write

bench: .venv/installed-dev ## Measure against named peers; prints tables
	@$(BIN)/python -m benchmarks $(ARGS)

vendor: node_modules/installed ## Make static/vendor again from package-lock.json
	@node static/vendor/build.mjs

lock: .venv/installed-dev ## Resolve the lock files again (needs uv)
	@uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header -o requirements.lock pyproject.toml
	@uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --extra dev -o requirements-dev.lock pyproject.toml

.PHONY: help run test check format bench vendor lock
