# make demo   the example portfolio, settled, compared and reported, in halfhour-demo/
# make test   every check that a change must pass
# make docs   the generated pages of docs/, written again
# make clean  everything that these made, removed
#
# Needs Python 3.11 or later with its venv module. Another interpreter is named so: make demo PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: help demo test docs clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# make /make /p' Makefile

demo: $(VENV)/halfhour-installed
	@$(BIN)/halfhour demo

test: $(VENV)/tools-installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto

docs: $(VENV)/tools-installed
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) halfhour-demo halfhour-bench build dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find src tests docs -type d -name __pycache__ -prune -exec rm -rf {} +

# A stamp is newer than pyproject.toml when what it names was installed as pyproject.toml now says.
$(VENV)/halfhour-installed: pyproject.toml | $(VENV)/ready
	@echo "Installing Halfhour into $(VENV)"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/tools-installed: pyproject.toml | $(VENV)/ready
	@echo "Installing Halfhour and the tools for its tests into $(VENV)"
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/halfhour-installed

$(VENV)/ready:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Halfhour needs Python 3.11 or later, and there is no '$(PYTHON)' on this machine." >&2; \
	  echo "Install it, or name the interpreter: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Halfhour needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Install a later one and name it: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "'$(PYTHON)' cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@
