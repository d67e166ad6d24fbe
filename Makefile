# Two commands: `make run` and `make test`. The rest is for developers; CONTRIBUTING.md explains it.
SHELL := /bin/bash
PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test bench lint clean

.venv/installed: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

test: .venv/installed
	$(BIN)/pytest -m "not browser and not postgresql" $(ARGS)
	@echo
	@echo "All passed on the embedded default. Next: 'make run' starts the site; .ci/run tests on PostgreSQL, Redis and in a browser too."

lint: export INFACTA_MODE := test
lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/djlint templates --check --lint --quiet
	$(BIN)/lint-imports

bench: .venv/installed
	$(BIN)/python -m bench $(ONLY)
