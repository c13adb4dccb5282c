# `make` says what there is to make.

VENV := .venv
BIN := $(VENV)/bin
LIVEKIT_VERSION := 1.13.5
LIVEKIT_SERVER := .tools/bin/livekit-server
SIP_ORACLE := .tools/bin/sip-oracle
IMAGE ?= livekit-dashboard

# The first Python that is new enough; `make run PYTHON=/path/to/python3` names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11
PYTHON ?= $(shell for p in $(PYTHONS); do $$p -c '$(NEW_ENOUGH)' 2>/dev/null && { echo $$p; break; }; done)

INSTALLED := $(VENV)/.installed
ASSETS := src/livekit_dashboard/static/vendor/icons.svg
ASSET_SOURCES := package-lock.json scripts/build_assets.py src/livekit_dashboard/static/mark.svg \
	$(shell find src/livekit_dashboard -name '*.j2' -o -name '*.py')

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command 'make lock' $(LOCK_FLAGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo serve test fmt lint assets livekit-server sip-oracle lock image wheel clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED) $(ASSETS) ## Serve the LiveKit that .env or the environment names; without one, the demo
	@if [ -n "$$LIVEKIT_URL" ] || grep -Eiqs '^[[:space:]]*(export[[:space:]]+)?LIVEKIT_URL[[:space:]]*=.*://' .env; \
	then exec $(BIN)/livekit-dashboard serve; else exec $(BIN)/livekit-dashboard demo; fi

demo: $(INSTALLED) $(ASSETS) ## Show the dashboard with a LiveKit of its own, full of rooms and participants
	@exec $(BIN)/livekit-dashboard demo

serve: $(INSTALLED) $(ASSETS) ## Serve the LiveKit that .env or the environment names
	@exec $(BIN)/livekit-dashboard serve

test: $(INSTALLED) $(ASSETS) ## Run all tests; those whose parts are missing here are skipped and say what to get
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

fmt: $(INSTALLED) ## Format the code and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(INSTALLED) ## Check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy scripts

assets: $(INSTALLED) $(ASSETS) ## Build static/vendor: Bootstrap, htmx, and a sprite of the icons in use

livekit-server: $(LIVEKIT_SERVER) ## Build the real LiveKit server for the demo and the tests (needs Go, takes minutes)

sip-oracle: $(SIP_ORACLE) ## Build the program that says what LiveKit itself does with a SIP call, for the tests (needs Go)

lock: $(INSTALLED) ## Lock the dependencies again; LOCK_FLAGS=--upgrade takes newer ones
	$(COMPILE) --extra demo --group dev pyproject.toml -o requirements-dev.txt
	$(COMPILE) -c requirements-dev.txt pyproject.toml -o requirements.txt
	$(COMPILE) -c requirements-dev.txt --group build --group node -o requirements-build.txt

image: ## Build the container image with docker, podman or buildah; PYTHON_IMAGE names another base
	@if docker info >/dev/null 2>&1; then tool=docker; else tool=$$(command -v podman || command -v buildah); fi; \
	[ -n "$$tool" ] || { echo "make image needs a running Docker, or podman, or buildah."; exit 1; }; \
	export BUILDAH_FORMAT=docker; set -x; $$tool build $(if $(PYTHON_IMAGE),--build-arg PYTHON_IMAGE=$(PYTHON_IMAGE)) -t $(IMAGE) .

wheel: $(INSTALLED) $(ASSETS) ## Build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

clean: ## Remove all that was made, but not .env and .tools
	rm -rf $(VENV) node_modules build dist src/livekit_dashboard/static/vendor .mypy_cache .pytest_cache .ruff_cache

$(VENV)/pyvenv.cfg:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or later is needed; none of $(PYTHONS) is. PYTHON=/path/to/python3 names another."; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "Python 3.11 or later is needed; $(PYTHON) is `$(PYTHON) -V 2>&1`."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) lacks venv: on Debian and Ubuntu, apt install python3-venv."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): requirements-dev.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(ASSETS): $(ASSET_SOURCES) | $(INSTALLED)
	@command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.txt
	@$(BIN)/python scripts/build_assets.py

$(LIVEKIT_SERVER):
	@command -v go >/dev/null || { echo "Building livekit-server needs Go: https://go.dev/dl/"; exit 1; }
	GOBIN=$(CURDIR)/.tools/bin go install github.com/livekit/livekit-server/cmd/server@v$(LIVEKIT_VERSION)
	mv .tools/bin/server $@

$(SIP_ORACLE): $(wildcard tests/sip_oracle/*)
	@command -v go >/dev/null || { echo "Building sip-oracle needs Go: https://go.dev/dl/"; exit 1; }
	cd tests/sip_oracle && go build -o $(CURDIR)/$@ .
