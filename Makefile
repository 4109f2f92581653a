# Two commands do all the set-up: `make app` and `make test`. Paths are relative throughout, so
# that a checkout may lie in a folder whose name has spaces.

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
RUN := $(VENV)/bin/python
# Two test processes and those they start share the cores: threads of one library would contend.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: app test check durations lint audit findings clean install browser screenshots help

help:
	@echo "make app     install, run a first job on sample data, open the app on it"
	@echo "make test    install, then run every test (a real browser included, where there is one)"
	@echo "make check   what a change needs while you work on it, in about a minute: ruff, mypy, and the"
	@echo "             quick tests of the rooms that differ from main, or of make check ROOM=\"runs app\""
	@echo "make lint    ruff and mypy"
	@echo "make durations  which tests are long, told by the last make test: they begin first"
	@echo "make audit   ask a public database for known weaknesses of what is installed (network)"
	@echo "make findings  run what surprised us in other libraries, to see whether it still holds (network)"
	@echo "make clean   remove the virtual environment and caches; runs and data stay"

app: $(VENV)/.installed
	@echo "==> Opening the app on http://localhost:$(PORT) (a first job runs if there is none yet)"
	@$(RUN) -m finine_core.cli app --port $(PORT) --first-job sample:tweets

test: $(VENV)/.installed-dev browser
	@echo "==> Running the tests, two files at a time"
	@$(ONE_THREAD) $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
		--junitxml=build/tests.xml

check: lint
	@$(ONE_THREAD) $(RUN) -m tests.rooms $(ROOM)

durations:
	@echo "==> Taking the times of the last make test over into tests/durations.json"
	@$(RUN) -m tests.durations

lint: $(VENV)/.installed-dev
	@echo "==> Checking style (ruff) and types (mypy)"
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@mkdir -p build/types  # app/ and sample_data/ under the names they are imported by
	@ln -sfn ../../app build/types/finine_app
	@ln -sfn ../../sample_data build/types/finine_sample_data
	@MYPYPATH=build/types $(RUN) -m mypy -p finine_core -p finine_app -p finine_sample_data
	@MYPYPATH=build/types:. $(RUN) -m mypy tests/api/typed_calls.py

audit: $(VENV)/.installed
	@echo "==> Checking installed packages against the public database of weaknesses"
	@$(PYTHON) -m venv $(VENV)-audit && $(VENV)-audit/bin/python -m pip install --quiet pip-audit
	@$(RUN) -m pip freeze --exclude-editable > $(VENV)-audit/installed.txt
	@$(VENV)-audit/bin/pip-audit --no-deps --disable-pip -r $(VENV)-audit/installed.txt

# Not part of the tests: it says what others' packages do, a minute or two each.
findings:
	@PYTHON="$(PYTHON)" sh -c 'failed=0; for one in findings/*_*.sh; do \
		echo "==> $$one"; "$$one" || failed=1; done; exit $$failed'

screenshots: $(VENV)/.installed-dev browser
	@echo "==> Taking the README's screenshots from the running app into docs/screenshots"
	@FININE_SCREENSHOTS=docs/screenshots $(RUN) -m pytest --basetemp=/tmp/finine tests/e2e

install: $(VENV)/.installed

$(VENV)/bin/python:
	@echo "==> Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "==> Installing finine and what it needs (a few minutes the first time)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "==> Installing what the tests need"
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

browser:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
		|| command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "==> Installing chromium for the browser tests (apt-get)"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null \
			|| echo "==> chromium could not be installed: the browser tests will be skipped"; \
	else \
		echo "==> No chromium here: the browser tests will be skipped. To run them: sudo apt-get install chromium"; \
	fi

clean:
	@echo "==> Removing $(VENV) and caches"
	@rm -rf $(VENV) $(VENV)-audit .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
