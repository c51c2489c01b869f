# feedsvc: `make run` on a fresh machine, `make check test` before a commit.
# `make run PORT=9000 STORIES=…` serves elsewhere, and other stories.
# `make soak SOAK="--kills 50 --seed 7 --database sqlite"` kills less than `make soak`.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STORIES ?= examples/stories

.PHONY: run test check bench soak clean

run: $(VENV)/installed
	@$(BIN)/feedsvc migrate
	@$(BIN)/feedsvc import "$(STORIES)" || test $$? -eq 1
	@$(BIN)/feedsvc build --settings
	@$(BIN)/feedsvc feeds
	@exec $(BIN)/feedsvc serve

test: $(VENV)/installed-test
	$(BIN)/python -m pytest -n 2

check: $(VENV)/installed-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-test
	$(BIN)/python -m benchmarks.imports
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python -m benchmarks.build
	$(BIN)/python -m benchmarks.serve

soak: $(VENV)/installed-test
	$(BIN)/python -m tests.crash.soak $(SOAK)

clean:
	rm -rf $(VENV) var .mypy_cache .pytest_cache .ruff_cache

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "feedsvc needs Python 3.11 or newer; try make PYTHON=python3.12 …")'
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "installing feedsvc into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	@touch $@

$(VENV)/installed-check: $(VENV)/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[check]"
	@touch $@
