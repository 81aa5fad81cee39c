# Everything a developer or CI runs. The environment is .venv, made from
# requirements.lock (exact versions, hashes); `make lock` remakes that file.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

BIN := .venv/bin
STAMP := .venv/.made-from-lock

# An interpreter without bytecode compiles Great Expectations at each start: 4 s.
unexport PYTHONDONTWRITEBYTECODE
# These would bring another environment's modules into ours.
unexport PYTHONHOME
unexport PYTHONPATH
unexport VIRTUAL_ENV

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

.PHONY: setup
setup: $(STAMP) ## Make .venv with locked dependencies and capi-jobs in it

$(STAMP): requirements.lock pyproject.toml scripts/setup
	@scripts/setup
	@touch $@

.PHONY: demo
demo: setup ## Run the main job on a made-up shop against the sandbox
	@$(BIN)/capi-jobs demo

.PHONY: airflow
airflow: setup ## Run a local Airflow with the DAGs, a demo shop and the sandbox
	@$(BIN)/python -m capi_jobs.airflow.local

.PHONY: test
test: lint ## Check format, lint, types and imports, then run the tests
	@# One more than there are cores: some tests wait for what they started.
	$(BIN)/pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) \
	  --dist worksteal

.PHONY: lint
lint: setup ## Check format, lint, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: goldens
goldens: setup ## Write expected files that are missing; never overwrite one
	$(BIN)/pytest --write-goldens

.PHONY: docs
docs: setup ## Rewrite the generated parts of docs/ and README's session
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/session.py
	$(BIN)/python docs/reupload_session.py

.PHONY: bench
bench: setup ## Print what each stage takes, and what scripts take: a minute or two
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks pairs --orders 50000 --missing 0.1
	$(BIN)/python -m benchmarks stages --orders 10000

.PHONY: chaos
chaos: setup ## Hurt runs at random, and count: RUNS=100 SEED=1
	$(BIN)/python -m chaos --runs $(or $(RUNS),100) --seed $(or $(SEED),1)

.PHONY: mutants
mutants: setup ## Break the life of a batch in many ways: a test must see each
	$(BIN)/python -m chaos.mutants

.PHONY: advisories
advisories: setup ## Ask the network whether a locked version has a known hole
	@# 1: it has; 3: not every version could be asked about.
	$(BIN)/python scripts/advisories.py

.PHONY: guards
guards: setup ## Take each guard of docs/security.md away: a test must see it
	$(BIN)/python -m chaos.mutants --guards

.PHONY: fuzz
fuzz: setup ## Feed readers with bytes that find new paths: SECONDS_EACH=60
	@# atheris has no wheel for some Pythons, so that no lock has it.
	@$(BIN)/python -c 'import atheris' 2>/dev/null || \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python atheris
	$(BIN)/python -m chaos.fuzz --seconds $(or $(SECONDS_EACH),60)

.PHONY: lock
lock: setup ## Remake requirements.lock with the newest versions that fit
	@# uv.lock holds the addresses of an index; the export has none.
	rm -f uv.lock
	$(BIN)/uv lock --quiet
	$(BIN)/uv export --quiet --no-header --no-emit-project --all-groups --all-extras \
	  --format requirements-txt --output-file requirements.lock
	@# What the image holds: no tools of development.
	$(BIN)/uv export --quiet --no-header --no-emit-project --no-dev --all-extras \
	  --format requirements-txt --output-file requirements-airflow.lock
	rm -f uv.lock

.PHONY: clean
clean: ## Remove .venv and what tools left behind
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
	  .ruff_cache uv.lock
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
