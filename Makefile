# Everything needs python3 (3.11 or later) and make; `setup` fetches the rest. State: .venv/ and .weft/.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
STAMP := $(VENV)/.synced

.PHONY: setup demo up test check bench simulate fuzz chaos recovery doctor clean
.DEFAULT_GOAL := demo

setup: $(STAMP) rabbitmq

$(UV):
	@PYTHON=$(PYTHON) VENV=$(VENV) scripts/make_venv.sh

$(STAMP): pyproject.toml uv.lock | $(UV)
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(UV) sync --locked --inexact --quiet --python $(PY)
	@touch $@

.PHONY: rabbitmq
rabbitmq:
	@scripts/rabbitmq.sh

demo: setup
	@$(PY) -m services demo

up: setup
	@exec $(PY) -m services up

# What needs no broker and no store side by side, the rest one after the other: it shares a system.
test: setup
	@$(PY) -m pytest -n auto tests/unit tests/contract
	@$(PY) -m pytest tests/integration tests/e2e tests/chaos

check: $(STAMP)
	$(VENV)/bin/ruff check
	$(VENV)/bin/pyright
	$(VENV)/bin/lint-imports
	$(PY) -m pytest tests/unit/test_house.py

bench: setup
	@$(PY) -m bench

simulate: $(STAMP)
	@$(PY) -m tests.simulation --seeds $(or $(SEEDS),100000)

fuzz: setup
	@WEFT_FUZZ_EXAMPLES=$(or $(EXAMPLES),200) WEFT_FUZZ_SEED=$(or $(SEED),$(shell date +%s)) \
		$(PY) -m pytest tests/integration/gateway/test_schemathesis.py

chaos: setup
	@$(PY) -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(KILLS),--kills $(KILLS)) $(if $(RUNS),--runs $(RUNS))

recovery: setup
	@$(PY) -m tests.chaos --recovery

doctor: $(STAMP)
	@$(PY) -m services doctor

clean:
	rm -rf .weft .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
