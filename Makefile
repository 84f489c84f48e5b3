# Everything starts from Python 3.11 and pip: `make demo`, `make test`, `make check`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test runbook-tests conformance mutation check lint types layers docs docs-check charts format lock clean

demo: $(READY) ## run az-failure in the sandbox and roll it back
	$(BIN)/python tools/demo.py

test: $(READY) ## the whole test suite, in parallel
	$(BIN)/pytest -n auto --dist loadgroup -q

runbook-tests: $(READY) ## the tests beside the runbooks, with a fault at every call
	$(BIN)/sopctl test --faults all --junit runbook-tests.xml

conformance: $(READY) ## what clients rely on, asked of KUBECONFIG= [CONTEXT=] [CLUSTER_WIDE=1] or the simulator
	SOPCTL_CONFORMANCE_KUBECONFIG="$(if $(filter command line,$(origin KUBECONFIG)),$(KUBECONFIG))" \
	SOPCTL_CONFORMANCE_CONTEXT="$(CONTEXT)" SOPCTL_CONFORMANCE_CLUSTER_WIDE="$(CLUSTER_WIDE)" \
	SOPCTL_CONFORMANCE_RELEASE="$(or $(RELEASE),1.36)" \
	$(BIN)/pytest -q -rs -p no:randomly tests/conformance

campaign-%: $(READY) ## one of campaigns/, as in ARGS="--seed 7 --minutes 60 --keep"
	PYTHONPATH=. $(BIN)/python -m campaigns.$* $(ARGS)

mutation: $(READY) ## change the engine and the journal everywhere, and see which change no test notices
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutation.lock
	$(BIN)/mutmut run --max-children $(or $(JOBS),2)
	$(BIN)/mutmut export-cicd-stats
	$(BIN)/python tools/mutation_figure.py

check: lint types layers docs-check test ## everything CI checks

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

docs: $(READY) ## write the generated reference pages again
	$(BIN)/python tools/generate_docs.py

charts: $(READY) ## hold the drills of the documentation again, and draw them
	$(BIN)/python tools/charts.py

docs-check: $(READY)
	$(BIN)/python tools/generate_docs.py --check

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY) ## resolve the dependencies again, with hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet pyproject.toml --extra sandbox --extra drill --extra notify --group test --group type \
	  --group lint --generate-hashes --no-annotate --no-header -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --group mutation --constraint requirements/dev.lock --generate-hashes \
	  --no-annotate --no-header -o requirements/mutation.lock
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile --quiet - --constraint requirements/dev.lock \
	  --generate-hashes --no-annotate --no-header -o requirements/build.lock

$(READY): requirements/dev.lock requirements/build.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
