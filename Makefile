# Everything a person types. `make` alone lists it.

VENV   := .venv
PY     := $(VENV)/bin/python
SETUP  := python="$$(./scripts/setup/find_python.sh)" && exec "$$python" -m scripts.setup
INPUTS := pyproject.toml constraints.txt
# An environment whose interpreter is gone is made again, whatever its stamps say.
BROKEN := $(if $(wildcard $(PY)),,force)

.DEFAULT_GOAL := help
.PHONY: help run test check lint bench chaos demo clean force

help: ## Show this list
	@echo "Fixgate: make <target> [ARGS='...']"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.installed ## Set up what is missing and start the gateway; stop it with Ctrl-C
	@exec $(VENV)/bin/fixgate run $(ARGS)

test: $(VENV)/.installed-dev ## Run every test
	@$(PY) -m pytest $(ARGS)

check: lint test ## Everything a change must pass: lint, tests, documentation
	$(PY) -m mkdocs build --strict --quiet

lint: $(VENV)/.installed-dev ## Format, style, types and import rules
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/.installed-dev ## Measure against the baseline executor; about ten minutes
	@$(PY) -m benchmarks.run $(ARGS)

chaos: $(VENV)/.installed-dev ## Kill, pause and starve real processes, then compare all books; ARGS='--runs 200'
	@$(PY) -m tests.chaos $(ARGS)

demo: $(VENV)/.installed ## A minute of random orders through both ends, and a summary
	@exec $(VENV)/bin/fixgate demo $(ARGS)

clean: ## Remove the environment and all caches of this folder; keeps var/ and compiled wheels
	rm -rf $(VENV) build dist site src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: $(INPUTS) $(BROKEN)
	@$(SETUP) run

$(VENV)/.installed-dev: $(INPUTS) $(BROKEN)
	@$(SETUP) dev
