# `make` lists its targets.

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

# Three steps, each a stamp: what running takes, what the demo takes on a real server, and what tests and linters take.
RUNNABLE := $(VENV)/.runnable
WITH_MEDIA := $(VENV)/.with-media
INSTALLED := $(VENV)/.installed
NODE_MODULES := node_modules/.complete
ASSETS := src/livekit_dashboard/static/vendor/icons.svg
ASSET_SOURCES := package-lock.json scripts/build_assets.py src/livekit_dashboard/static/mark.svg \
	$(shell find src/livekit_dashboard -name '*.j2' -o -name '*.py')

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command 'make lock' $(LOCK_FLAGS)

# Whether .env or the environment names a server, and whether there is a livekit-server for the demo.
NAMED := $(shell [ -n "$$LIVEKIT_URL" ] || grep -Eiqs '^[[:space:]]*(export[[:space:]]+)?LIVEKIT_URL[[:space:]]*=.*://' .env && echo yes)
REAL := $(or $(wildcard $(LIVEKIT_SERVER) .tools/bin/server),$(LIVEKIT_SERVER_BIN),$(shell command -v livekit-server))
DEMO := $(RUNNABLE) $(ASSETS) $(if $(REAL),$(WITH_MEDIA))

PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Without bytecode: Python compiles what it imports, which is faster than compiling everything now.
INSTALL := $(PIP) install --no-compile --require-hashes

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo serve test fmt lint assets livekit-server sip-oracle lock image wheel clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

run: $(if $(NAMED),$(RUNNABLE) $(ASSETS),$(DEMO)) ## Serve the LiveKit server that .env or the environment names; without one, the demo
	@echo "Starting livekit-dashboard $(if $(NAMED),serve,demo)"
	@exec $(BIN)/livekit-dashboard $(if $(NAMED),serve,demo)

demo: $(DEMO) ## Serve the dashboard with a LiveKit server of its own, rooms and participants included
	@echo "Starting livekit-dashboard demo"
	@exec $(BIN)/livekit-dashboard demo

serve: $(RUNNABLE) $(ASSETS) ## Serve the LiveKit server that .env or the environment names
	@exec $(BIN)/livekit-dashboard serve

test: $(INSTALLED) $(ASSETS) $(NODE_MODULES) ## Run all tests; those that need a missing program are skipped and name it
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

fmt: $(INSTALLED) ## Format the code and apply the linter's fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(INSTALLED) ## Check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy scripts

assets: $(RUNNABLE) $(ASSETS) ## Build static/vendor: Bootstrap, htmx, and a sprite of the icons in use

livekit-server: $(LIVEKIT_SERVER) ## Build the real LiveKit server for the demo and the tests (needs Go, takes minutes)

sip-oracle: $(SIP_ORACLE) ## Build LiveKit's own SIP matching as a program that tests compare with (needs Go)

lock: $(INSTALLED) ## Lock the dependencies again; LOCK_FLAGS=--upgrade takes newer versions
	$(COMPILE) --extra demo --group dev pyproject.toml -o requirements-dev.txt
	$(COMPILE) -c requirements-dev.txt pyproject.toml -o requirements.txt
	$(COMPILE) -c requirements-dev.txt --group build pyproject.toml -o requirements-run.txt
	$(COMPILE) -c requirements-dev.txt --extra demo pyproject.toml -o requirements-demo.txt
	$(COMPILE) -c requirements-dev.txt --group build --group node -o requirements-build.txt

image: ## Build the container image with docker, podman or buildah; PYTHON_IMAGE names another base
	@if docker info >/dev/null 2>&1; then tool=docker; else tool=$$(command -v podman || command -v buildah); fi; \
	[ -n "$$tool" ] || { echo "make image needs a running Docker, or podman, or buildah."; exit 1; }; \
	export BUILDAH_FORMAT=docker; set -x; $$tool build $(if $(PYTHON_IMAGE),--build-arg PYTHON_IMAGE=$(PYTHON_IMAGE)) -t $(IMAGE) .

wheel: $(RUNNABLE) $(ASSETS) ## Build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

clean: ## Remove everything that make has built, except .env and .tools
	rm -rf $(VENV) node_modules build dist src/livekit_dashboard/static/vendor .mypy_cache .pytest_cache .ruff_cache

$(VENV)/pyvenv.cfg:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or later is needed; none of $(PYTHONS) is. Name another with PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "Python 3.11 or later is needed; $(PYTHON) is `$(PYTHON) -V 2>&1`."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) lacks venv: on Debian and Ubuntu, apt install python3-venv."; exit 1; }
	@echo "Creating a Python environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(RUNNABLE): requirements-run.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "Installing the Python packages that the dashboard needs"
	@$(INSTALL) -r requirements-run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(WITH_MEDIA): requirements-demo.txt | $(RUNNABLE)
	@echo "Installing LiveKit's client for the demo's participants: there is a livekit-server here"
	@$(INSTALL) -r requirements-demo.txt
	@touch $@

$(INSTALLED): requirements-dev.txt | $(RUNNABLE)
	@echo "Installing the Python packages for tests and checks"
	@$(INSTALL) -r requirements-dev.txt
	@touch $(WITH_MEDIA) $@

$(ASSETS): $(ASSET_SOURCES) | $(RUNNABLE)
	@echo "Building the browser assets"
	@command -v npm >/dev/null || { echo "Installing npm: this machine has none"; $(INSTALL) -r requirements-build.txt; }
	@$(BIN)/python scripts/build_assets.py

$(NODE_MODULES): package-lock.json | $(ASSETS)
	@echo "Installing the npm packages for browser tests"
	@$(BIN)/python scripts/build_assets.py --test-packages
	@touch $@

$(LIVEKIT_SERVER):
	@command -v go >/dev/null || { echo "Building livekit-server needs Go: https://go.dev/dl/"; exit 1; }
	GOBIN=$(CURDIR)/.tools/bin go install github.com/livekit/livekit-server/cmd/server@v$(LIVEKIT_VERSION)
	mv .tools/bin/server $@

$(SIP_ORACLE): $(wildcard tests/sip_oracle/*)
	@command -v go >/dev/null || { echo "Building sip-oracle needs Go: https://go.dev/dl/"; exit 1; }
	cd tests/sip_oracle && go build -o $(CURDIR)/$@ .
