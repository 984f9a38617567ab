# Every target makes what it needs: a fresh clone and Python 3.11 are enough.
PYTHON ?= python3.11
BIN := .venv/bin
PINS := --quiet --python-version 3.11 --generate-hashes --no-annotate --no-header

.PHONY: help setup demo searches test browser lint pins sbom app evaluate bench-speed bench-baselines campaign contentctl clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: .venv/installed ## a virtual environment with everything pinned

.venv/installed: requirements.txt setup.py
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the PATH: install it, or say make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## from nothing to a ranked, explained queue and demo/report.html
	$(BIN)/aiscore demo

searches: setup ## every shipped search, run in the stand-in over a day: a table, and whether each was right
	$(BIN)/python -m tests.searches

test: setup browser lint ## every test (a quarter of an hour on two cores)
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

browser: ## Debian's Chromium, in which the tests open the setup page, where no browser is found
	@command -v chromium || command -v google-chrome \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium; } \
	|| echo "NO BROWSER: the tests of the setup page will be SKIPPED. Install chromium or google-chrome (as root: apt-get install chromium)."

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit -q -c pyproject.toml -r models sidecar splunk_app/bin

pins: setup ## renew the hashes of requirements.txt and sidecar/requirements.txt after a change of setup.py
	$(BIN)/uv pip compile setup.py --extra dev $(PINS) --output-file requirements.txt
	$(BIN)/uv pip compile setup.py --extra build --constraints requirements.txt $(PINS) --output-file sidecar/requirements.txt

sbom: setup ## what the sidecar and the app are made of, in CycloneDX: dist/*.cdx.json
	$(BIN)/python -m splunk_app.sbom

app: setup ## the Splunk app: dist/aiscore-<version>.tar.gz
	$(BIN)/python -m splunk_app.package

evaluate: setup ## detection quality on real alerts (needs ../shared/data), docs/real-data.md
	$(BIN)/python -m bench.quality

bench-speed: setup ## speed beside a naive and a tuned design, docs/performance.md
	$(BIN)/python -m bench.speed --doc

bench-baselines: setup ## 1,000,000 entities and 100,000,000 events learned (ten minutes, 10 GB of disk), docs/learning.md
	$(BIN)/python -m bench.baselines

campaign: setup ## PART=faults|durability|fuzz|bundles|auth|overload|ledger: half an hour of trying to break it
	$(BIN)/python -m tests.reliability $(PART)

contentctl: setup ## the detections as a project of Splunk's contentctl: validated, built and compared (fetches contentctl)
	$(BIN)/python -m splunk_app.searches.contentctl

clean: ## remove what was made
	rm -rf .venv dist build demo bench/work *.egg-info
