.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
FORGE = PATH="node_modules/.bin:$$PATH" forge
# Python programs in scripts/ that carry no .py
PYTHON_SCRIPTS = $(shell grep -l '^\#!.*python' scripts/* 2>/dev/null)
PIP = $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all:
# The Foundry programs of package.json are for Linux on x86-64; elsewhere those on the PATH are used.
NPM_CI = npm ci --loglevel=error --no-progress $(if $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -)),,--force --omit=dev)
# Tests start the program some hundreds of times: what Python has compiled once is kept.
unexport PYTHONDONTWRITEBYTECODE
UV = VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv --quiet pip

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## Run the main job from deployment to report; results in build/demo/
	@scripts/demo

.PHONY: test
test: ARGS = --numprocesses auto
test: setup ## Run all tests: Python on SQLite and PostgreSQL, Solidity in forge (some: ARGS="-k name")
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: test-deep
test-deep: setup ## Run 500 seeds of the simulator, each forged cell alone, Solidity with 10,000 inputs; two hours
	@$(BIN)/python -m tests.mirror.simulator --seeds 500
	@DEEP=1 $(BIN)/python -m pytest --numprocesses auto tests/verifier/checks/test_operator.py
	@FOUNDRY_PROFILE=deep $(FORGE) test

.PHONY: gas
gas: setup ## Show what each operation costs beside other systems; results in build/gas.json
	@$(BIN)/python -m benchmarks.gas

.PHONY: throughput
throughput: setup ## Show how fast 10,000 holders are admitted and issued to; results in build/bench.json
	@$(BIN)/python -m benchmarks.throughput

.PHONY: audit-bench
audit-bench: setup ## Show what an audit of 100,000 holders costs; results in build/bench.json (builds a chain, half an hour)
	@$(BIN)/python -m benchmarks.audit

.PHONY: bench
bench: setup ## Show how fast a chain is mirrored and proved; results in build/bench.json (builds three chains, an hour)
	@$(BIN)/python -m benchmarks.mirror

.PHONY: slither
slither: setup ## Have slither look for weaknesses of the contracts
	@PATH="node_modules/.bin:$$PATH" scripts/slither

.PHONY: lint
lint: setup ## Check style and types
	@$(BIN)/ruff check --quiet . $(PYTHON_SCRIPTS)
	@$(BIN)/ruff format --quiet --check . $(PYTHON_SCRIPTS)
	@$(BIN)/mypy --no-error-summary
	@for script in $(PYTHON_SCRIPTS); do $(BIN)/mypy --no-error-summary $$script || exit 1; done
	@$(FORGE) fmt --check

.PHONY: format
format: setup ## Put the code into its style
	@$(BIN)/ruff check --quiet --fix-only . $(PYTHON_SCRIPTS)
	@$(BIN)/ruff format --quiet . $(PYTHON_SCRIPTS)
	@$(FORGE) fmt

.PHONY: verifier
verifier: setup ## Write the verifier of evidence packs as one file: build/rwaledger-verify.pyz
	@mkdir -p build && $(BIN)/python -m rwaledger.verifier --write-zipapp build/rwaledger-verify.pyz

.PHONY: contracts
contracts: setup ## Compile contracts/ into src/rwaledger/artifacts/
	@$(BIN)/python -m rwaledger.chain.compile

.PHONY: roles
roles: setup ## Write docs/roles.md anew from the contracts
	@$(BIN)/python -m tests.contracts.role_page

.PHONY: mutate
mutate: setup ## See that the Solidity tests notice faults put into the contracts (some: ARGS="--sample 50")
	@$(BIN)/python scripts/mutate $(ARGS)

.PHONY: lock
lock: setup ## Bring the lock files up to date with pyproject.toml and package.json
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
		--group dev --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command 'make lock' --output-file requirements.lock pyproject.toml
	@echo slither-analyzer | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
		--output-file slither.lock -
	@npm install --package-lock-only --loglevel=error >/dev/null

.PHONY: setup
setup: .venv/.stamp node_modules/.stamp ## Install what is missing into .venv and node_modules
	@:

# uv, taken from the lock with its hash by pip, installs the rest in a tenth of pip's time;
# where only pip is configured to reach a mirror, pip does it all.
.venv/.stamp: requirements.lock pyproject.toml
	@python=$$(scripts/check-prerequisites) && echo "setup: Python packages into .venv" && $$python -m venv .venv
	@sed -n '/^uv==/,/^    # via/p' requirements.lock | $(PIP) -r /dev/stdin
	@$(UV) sync --require-hashes --only-binary :all: requirements.lock || $(PIP) -r requirements.lock
	@$(UV) install --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.stamp: package-lock.json
	@scripts/check-prerequisites >/dev/null && echo "setup: anvil, forge, solc and contract libraries into node_modules"
	@$(NPM_CI) >/dev/null
	@touch $@

.PHONY: clean
clean: ## Remove all that make has made
	@rm -rf .venv node_modules build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
