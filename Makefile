# make run       installs everything and starts the app
# make test      installs everything, a browser included, and runs all checks and tests
# make test-all  also runs the benchmarks on tiny data, to see that they still work
# make lock      rewrites requirements.lock; run it after changing requirements.txt
# make audit     checks the locked packages for known vulnerabilities

.PHONY: run test test-all test-fast test-browser test-benchmarks setup setup-test check lock audit clean
.DEFAULT_GOAL := run

SUPPORTED = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# The first Python that is not too old and not too new; PYTHON=... chooses another.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python,\
	$(shell $(name) -c "$(SUPPORTED)" >/dev/null 2>&1 && echo $(name))))
BIN = .venv/bin

run: setup
	$(BIN)/streamlit run app.py

test: PARTS = check test-fast test-browser
test-all: PARTS = check test-fast test-browser test-benchmarks
# Every part runs, whatever the one before it found; make fails when any of them did.
test test-all: setup-test
	$(BIN)/python tests/browser/install.py
	$(MAKE) --keep-going --jobs=1 --no-print-directory $(PARTS)

# Three workers keep two cores busy: tests often wait for a process that they started.
test-fast:
	$(BIN)/python -m pytest -m "not browser and not benchmark" -q -n 3 --dist loadfile --durations 10

test-browser:
	$(BIN)/python -m pytest -m "browser and not benchmark" -q -n 2 --dist loadfile --durations 10

test-benchmarks:
	$(BIN)/python -m pytest -m benchmark --durations 10

check: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# For every platform and Python at once. --upgrade takes the newest of what nobody pinned.
lock: setup-test
	$(BIN)/uv pip compile requirements.txt --universal --python-version 3.11 --generate-hashes --upgrade \
		--quiet --custom-compile-command "make lock" --output-file requirements.lock

audit: setup-test
	$(BIN)/python tests/audit.py

setup: .venv/app-is-installed
setup-test: .venv/tests-are-installed

.venv/bin/python:
	@if ! $(or $(PYTHON),false) -c "$(SUPPORTED)" 2>/dev/null; then \
		echo "This project needs Python 3.11, 3.12 or 3.13; found $$($(or $(PYTHON),python3) --version 2>&1)."; \
		echo "Install one of these, or say where it is: make PYTHON=/path/to/python3.12 run"; \
		exit 1; \
	fi
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python has no venv module; on Debian and Ubuntu, run: apt-get install python3-venv"; exit 1; }

# Stamps, so that a second run starts at once and a changed requirement is installed.
# What is locked, byte for byte; `pip install -r requirements.txt` would do as well.
.venv/app-is-installed: requirements.lock .venv/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/tests-are-installed: requirements-dev.txt requirements.txt .venv/app-is-installed
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements-dev.txt
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache test-artefacts
