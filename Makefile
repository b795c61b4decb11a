# Two commands do everything: `make demo` and `make test`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& echo $$p && break; done || true)
ifeq ($(strip $(PYTHON)),)
PYTHON := python3
endif
BIN := .venv/bin
PORT ?= 8080
WORKERS ?= 4

.PHONY: demo test lint bench soak clean setup setup-dev

setup:
	@$(PYTHON) tools/setup_venv.py run

setup-dev:
	@$(PYTHON) tools/setup_venv.py dev

demo: setup
	@$(BIN)/python -m bot demo --port $(PORT)

test: setup-dev
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not soak and not model and not browser"
	$(BIN)/pytest -n 2 --dist loadfile -m "(model or browser) and not soak"

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-dev
	$(BIN)/python -m bench

soak: setup-dev
	$(BIN)/pytest -n $(WORKERS) -m soak --timeout 3600

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
