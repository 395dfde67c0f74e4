# make demo · make test · make lint · make bench · make docs · make lock · make docking
PYTHON ?= python3
BIN = .venv/bin
# The lock has nothing for other systems, so that their .venv would be empty.
SUPPORTED = import sys, platform as p; \
  known = sys.platform == "linux" or (sys.platform, p.machine()) == ("darwin", "arm64"); \
  sys.exit(None if known and (3, 11) <= sys.version_info[:2] <= (3, 13) else \
  "crosshub needs Python 3.11 to 3.13 on Linux or Apple silicon; name one: make PYTHON=python3.12")

.PHONY: demo test test-first test-second test-workflow lint bench docs lock docking

demo: .venv/installed
	$(BIN)/snakemake --cores all
	@echo "The report of the demo: results/demo/report.html"

# Where AutoDock Vina has no wheel, the tests that need it skip and say so. Two of the three parts
# run side by side.
test: .venv/installed
	-$(MAKE) --no-print-directory docking
	$(MAKE) --no-print-directory -j2 test-first test-workflow test-second

test-first: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/unit/test_[a-d]*.py

test-second: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -p no:cacheprovider tests/unit/test_[!a-d]*.py

test-workflow: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -p no:cacheprovider tests/workflow

# AutoDock Vina and Meeko, which only docking needs; wheels for Python 3.11 and 3.12.
docking: .venv/docking

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

bench: .venv/installed
	OMP_NUM_THREADS=2 $(BIN)/python tests/bench/run.py
	OMP_NUM_THREADS=2 $(BIN)/python tests/bench/reading.py
	OMP_NUM_THREADS=2 $(BIN)/python tests/bench/wgcna.py
	OMP_NUM_THREADS=2 $(BIN)/python tests/bench/costs.py
	OMP_NUM_THREADS=2 $(BIN)/python tests/bench/lasso.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/bench/svm_rfe.py
	$(BIN)/python tests/bench/connectivity.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/bench/signature_store.py

docs: .venv/installed
	PYTHONPATH=workflow/scripts $(BIN)/python -m crosshub.documentation

# Needs uv (https://docs.astral.sh/uv); the lock serves Python 3.11 to 3.13.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
	  --python-version 3.11 envs/requirements.in -o envs/requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
	  --python-version 3.11 envs/docking.in -c envs/requirements.lock -o envs/docking.lock

.venv/installed: envs/requirements.lock
	@$(PYTHON) -c '$(SUPPORTED)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

.venv/docking: envs/docking.lock .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@$(BIN)/python workflow/scripts/crosshub/docking/extras.py
	touch $@
