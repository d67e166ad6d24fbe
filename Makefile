# Two commands: `make run` and `make test`. The rest is for developers; CONTRIBUTING.md explains it.
SHELL := /bin/bash
PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run demo staff-code test lint messages fuzz bench

help:
	@echo "make run                          set everything up, and start the site (PORT=$(PORT))"
	@echo "make demo EMAIL=you@example.com   play the partner: post a signed purchase to the running site (PRODUCT=…, QUANTITY=…)"
	@echo "make staff-code                   the code of the demonstration administrator's authenticator app"
	@echo "make test                         set everything up, and pass the tests (ARGS=… for pytest)"
	@echo "make lint                         ruff, mypy, djLint and import-linter"
	@echo "make messages                     after a change of texts: gathers them for translation, and compiles what is translated"
	@echo "make fuzz                         100,000 bodies for each partner's module; for the night (FUZZ_EXAMPLES=…)"
	@echo "make bench                        the measures, one line each (ONLY=foundation picks a group)"

.venv/installed: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@echo "Setting up .venv/ with what requirements.txt names; this takes a minute, once."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.env:
	@umask 077; $(PYTHON) -c 'import base64, secrets; print("INFACTA_MODE=development\nSECRET_KEY=" + secrets.token_urlsafe(64) + "\nSTANDARD_WEBHOOKS_SECRETS=whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())' > $@

run: export PORT := $(PORT)
run: export SITE_URL := http://localhost:$(PORT)
run: .venv/installed .env
	@[[ "$(PORT)" =~ ^[0-9]{1,5}$$ ]] || { echo "PORT is '$(PORT)'; it must be a number, such as 8001."; exit 2; }
	@$(PYTHON) -c 'import socket, sys; s = socket.socket(); s.settimeout(1); sys.exit("Port $(PORT) is in use. Choose another: make run PORT=8001" if s.connect_ex(("127.0.0.1", $(PORT))) == 0 else 0)'
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@$(BIN)/python manage.py load_demo
	@$(BIN)/honcho start --no-colour || [ $$? -eq 130 ]

demo: .venv/installed .env
	@test -n "$(EMAIL)" || { echo "Whose purchase? make demo EMAIL=you@example.com"; exit 2; }
	@$(BIN)/python manage.py demo_purchase --url http://localhost:$(PORT) --email "$(EMAIL)" $(if $(PRODUCT),--product "$(PRODUCT)") $(if $(QUANTITY),--quantity "$(QUANTITY)")

staff-code: .venv/installed .env
	@$(BIN)/python manage.py load_demo --code

test: .venv/installed
	$(BIN)/pytest -q -n auto -m "not browser and not postgresql" $(ARGS)
	@echo
	@echo "All passed on the embedded default. Next: 'make run' starts the site; .ci/run tests on PostgreSQL, Redis and in a browser too."

lint: export INFACTA_MODE := test
lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/djlint templates --check --lint --quiet
	$(BIN)/lint-imports

messages: export INFACTA_MODE := test
messages: .venv/installed
	@command -v xgettext >/dev/null || { echo "GNU gettext gathers the texts. Install it, such as with: apt-get install gettext"; exit 2; }
	$(BIN)/python manage.py makemessages --locale de --no-obsolete --no-wrap --add-location file --ignore .venv --ignore node_modules --ignore var --ignore tests --ignore bench
	$(BIN)/pybabel --quiet compile --domain django --directory locale
	@echo "Translate what is empty or marked fuzzy in locale/*/LC_MESSAGES/django.po, and run this again (docs/languages.md)."

fuzz: export FUZZ_EXAMPLES ?= 100000
fuzz: .venv/installed
	$(BIN)/pytest -q -n auto -m "not browser and not postgresql" $$(grep -lE "fuzz" tests/purchases/test_*.py) $(ARGS)

bench: .venv/installed
	$(BIN)/python -m bench $(ONLY)
