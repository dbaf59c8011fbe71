# What a person can do with this project. `make` alone lists it.
# Nothing here needs root or a package installed by hand: Python 3.11 or newer and make are enough.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
PYTEST_ARGS ?=
BENCH_ARGS ?=
# Where a running dashboard answers; `make demo` starts one there.
DASHBOARD_URL ?= http://127.0.0.1:8501
# 1: a test that would be skipped fails instead, saying what it lacks (.ci/run sets it).
NO_SKIP ?=

# Without compiled files every program that is started would compile the whole project anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
OLD_VENV := .venv-pyxform3
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
INSTALLED_OLD := $(OLD_VENV)/.installed
BENCH_VENV := .venv-bench
INSTALLED_BENCH := $(BENCH_VENV)/.installed
WEB_FORM := tests/browser/engine/dist/web_form.js

# $(call make-venv,FOLDER): an empty environment, or a clear reason why not.
define make-venv
@test -n "$(PYTHON)" || { echo "This needs Python 3.11 or newer, and none was found."; \
	echo "Install one, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 2; }
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "This needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`."; \
	echo "Say where a newer one is: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 2; }
@$(PYTHON) -m venv $(1) || { echo "$(PYTHON) could not make an environment in $(1)."; \
	echo "On Debian and Ubuntu its venv module is a package of its own: python3-venv."; exit 2; }
endef

# $(call install,FOLDER,LOCK): what the lock names, each file checked against its hash; prints only the large ones.
define install
@{ $(1)/bin/python -m pip install --require-hashes --only-binary :all: -r $(2) \
	--disable-pip-version-check --no-input --progress-bar off 2>&1 || echo "ERROR: $(2) could not be installed"; } \
	| { failed=0; while read -r word rest; do case "$$word $$rest" in \
		Downloading*.metadata*) ;; \
		Downloading*MB*) echo "  $${rest%%-*}, $${rest##*(}" | tr -d ')' ;; \
		ERROR*) echo "$$word $$rest" >&2; failed=1 ;; \
	esac; done; exit $$failed; }
endef

.PHONY: help setup setup-tests demo test lint format bench soak screenshots lock clean

help:  ## this list
	@echo "make TARGET, where TARGET is:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1 \2/p' $(MAKEFILE_LIST) | while read -r name text; do \
		printf '  %-12s %s\n' "$$name" "$$text"; done

setup: $(INSTALLED)  ## make the environment in .venv (downloads about 170 MB the first time)
	@:

demo: setup  ## forms, server, simulated field work, sync and dashboard on this machine
	@$(BIN)/healing demo

test: setup-tests  ## the whole test suite (downloads about 110 MB more the first time)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(if $(NO_SKIP),--no-skips) $(PYTEST_ARGS)

lint: $(INSTALLED_DEV)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy

format: $(INSTALLED_DEV)  ## let ruff put imports and layout in order
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(INSTALLED_DEV) $(INSTALLED_BENCH)  ## speed and memory on this machine, into docs/benchmarks.md; BENCH_ARGS=--full takes an hour
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

soak: $(INSTALLED_DEV)  ## random examples in far larger numbers, new ones each time
	$(BIN)/python -m pytest -m "soak or hypothesis" --hypothesis-profile=soak $(PYTEST_ARGS)

screenshots: $(INSTALLED_DEV)  ## pictures of every page of the running dashboard, into docs/screenshots
	$(BIN)/python tests/browser/take_screenshots.py $(DASHBOARD_URL)

lock: $(INSTALLED_DEV)  ## choose the versions anew and write the lock files
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.*'
	$(BIN)/python tests/write_locks.py

clean:  ## remove the environments and caches; databases and settings stay
	rm -rf $(VENV) $(OLD_VENV) $(BENCH_VENV) tests/browser/engine/node_modules tests/browser/engine/dist build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find forms connector dashboard tests -name __pycache__ -type d -prune -exec rm -rf {} +

setup-tests: $(INSTALLED_DEV) $(INSTALLED_OLD) $(WEB_FORM)
	@:

$(INSTALLED): requirements.lock pyproject.toml
	$(call make-venv,$(VENV))
	@echo "Setting up .venv: about 170 MB to download the first time"
	$(call install,$(VENV),requirements.lock)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "Environment ready"

$(INSTALLED_DEV): $(INSTALLED) requirements-dev.lock
	@echo "Adding what the tests need: about 110 MB to download the first time"
	$(call install,$(VENV),requirements-dev.lock)
	@touch $@

$(INSTALLED_OLD): requirements-pyxform3.lock
	$(call make-venv,$(OLD_VENV))
	@echo "Setting up .venv-pyxform3, the pyxform that KoboToolbox runs: about 6 MB"
	$(call install,$(OLD_VENV),requirements-pyxform3.lock)
	@touch $@

$(INSTALLED_BENCH): requirements-bench.lock
	$(call make-venv,$(BENCH_VENV))
	@echo "Setting up .venv-bench with dlt, a peer to be measured against: about 40 MB"
	$(call install,$(BENCH_VENV),requirements-bench.lock)
	@touch $@

$(WEB_FORM): $(addprefix tests/browser/engine/,package-lock.json build.mjs web_form.js hands.js stylesheet.js) | $(INSTALLED_DEV)
	@echo "Setting up Enketo, the web forms that KoboToolbox serves: about 15 MB to download the first time"
	@$(BIN)/python tests/browser/set_up_web_form.py
