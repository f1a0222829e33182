# Everything a developer types. `make help` lists the targets; each needs nothing but Python 3.11 or newer and make.

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
PYPROJECTS := $(wildcard services/*/pyproject.toml shared/*/pyproject.toml deploy/*/pyproject.toml)
JOBS ?= logical
export VENV

# What a target passes on: make demo DEMO="--units 30 --exit", make test TEST="tests/unit -k due".
DEMO ?=
UP ?=
TEST ?=
BENCH ?=
LOCK ?=
COUNT ?= 100
UNITS ?= 3000
NOTICES ?= 10000

.DEFAULT_GOAL := help
.PHONY: help venv up demo test check format scenarios properties scale faults delivery-faults bench mutation lock notices docs coverage clean

help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	    printf '  make %-10s %s\n' "$$name" "$$text"; done

venv: $(STAMP) ## make .venv from the lock (every other target does it by itself)

$(STAMP): requirements.lock tools/venv.sh $(PYPROJECTS)
	@echo "Making $(VENV) from requirements.lock (once; a minute or two) …"
	@sh tools/venv.sh

up: $(STAMP) ## run the whole installation on this machine until Ctrl-C (UP="--port 8000 …")
	@$(BIN)/cascade up $(UP)

demo: $(STAMP) ## a province in three minutes: issue, answers, silence, escalation, reports (DEMO="--units 300 --exit --json")
	@$(BIN)/cascade demo $(DEMO)

test: $(STAMP) ## run every test but the kill runs, on all cores (TEST="tests/unit -k due")
	@$(BIN)/pytest -n $(JOBS) --dist worksteal -m "not fault" $(TEST)

check: $(STAMP) ## lint, format, types, import rules, and that docs, lock and notices are true
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/architecture

format: $(STAMP) ## sort imports and format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

scenarios: $(STAMP) ## run the five source documents under the scenario clock, each a year in a minute
	@$(BIN)/pytest tests/scenarios --durations=5 $(TEST)

mutation: $(STAMP) ## change the rules a little everywhere: at least nine of ten changes must fail a test
	@$(BIN)/python tools/mutation.py

properties: $(STAMP) ## play random sequences of what people do, new ones each time (COUNT=100; some minutes)
	@CASCADE_PROPERTIES=$(COUNT) $(BIN)/pytest tests/properties $(TEST)

scale: $(STAMP) ## merge communes and abolish a department in a cascade of UNITS=3000, and undo it; prints what it took
	@CASCADE_REORGANISED_UNITS=$(UNITS) $(BIN)/pytest -q -s tests/integration/reorganisations/test_at_scale.py

faults: $(STAMP) ## kill each process in the middle of a cascade, one after the other (some minutes)
	@$(BIN)/pytest -m fault $(TEST)

delivery-faults: $(STAMP) ## NOTICES=10000 by e-mail and Zalo through faults and kills; ends with one JSON object
	@cd tests && ../$(BIN)/python -m delivery --notices $(NOTICES)

bench: $(STAMP) ## measure (BENCH="--units 3000 --json")
	@cd tests && ../$(BIN)/python -m benchmarks $(BENCH)

lock: ## resolve the dependencies into requirements.lock (LOCK="--upgrade")
	@sh tools/lock.sh $(LOCK)

notices: $(STAMP) ## write THIRD_PARTY_NOTICES from requirements.lock
	@$(BIN)/python tools/notices.py

docs: $(STAMP) ## write the generated tables of docs/ from the code
	@$(BIN)/python tools/reference.py

coverage: $(STAMP) ## run the tests with branch coverage
	@$(BIN)/coverage run -m pytest -m "not fault" $(TEST)
	@$(BIN)/coverage report

clean: ## remove .venv and everything made by tools
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
