# Everything that one does here. `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
# Runs a command with the machine's Node and npm, or with those of a wheel if they are too old or not there.
WITH_NODE := $(CURDIR)/$(BIN)/python -m launcher.engines.node

.DEFAULT_GOAL := help
.PHONY: help setup up down status test test-compose test-terraform faults lint audit sbom fmt proto clients docs screenshots bench lock

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

# The environment follows its lock file. A Python that is too old is told so before anything is made.
.venv/.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "This is Python %d.%d, and 3.11 or newer is needed. Run `make up PYTHON=python3.11`, or whatever a newer one is called here." % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked packages (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: .venv/.stamp ## make the environment, and nothing more

up: .venv/.stamp ## start everything, and return when it is ready
	@$(BIN)/elastic-chat up

down: .venv/.stamp ## stop everything that `make up` started
	@$(BIN)/elastic-chat down

status: .venv/.stamp ## show every process
	@$(BIN)/elastic-chat status

test: .venv/.stamp build/googleapis web/node_modules/.stamp tests/integration/oidc/node_modules/.stamp tests/e2e/tus/node_modules/.stamp ## run all tests, on the real engines
	@cd web && $(WITH_NODE) npm test
	@$(BIN)/python -m tests.provide
	@$(BIN)/python -m tests
	@$(BIN)/python -m tests.e2e
	@$(BIN)/pytest tests/faults

test-terraform: .venv/.stamp ## hold terraform/ against the provider's schema, its promises and the services (a first time builds OpenTofu: minutes)
	@$(BIN)/pytest tests/terraform

test-compose: .venv/.stamp ## build all images, start all containers, and talk through them (docs/containers.md)
	@$(BIN)/pytest tests/containers

faults: .venv/.stamp ## try the matrix of faults at length: about an hour, over a million messages
	@FAULTS=long $(BIN)/pytest tests/faults -s

lint: .venv/.stamp build/googleapis web/node_modules/.stamp ## check style, types, layers, contracts and spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy .
	$(WITH_NODE) $(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format --exit-code --diff proto
	$(BIN)/python proto/breaking.py
	$(BIN)/codespell
	$(BIN)/shellcheck .ci/run containers/healthy containers/kafka tests/containers/base.sh
	$(BIN)/hadolint Dockerfile web/Dockerfile
	$(BIN)/zizmor --offline --quiet .github
	cd web && $(WITH_NODE) npm run --silent lint

audit: .venv/.stamp ## look up known vulnerabilities of what is used (docs/security-audit.md)
	@$(BIN)/python -m audit

sbom: .venv/.stamp ## write what images and the web client are made of, as CycloneDX, into build/sbom
	@mkdir -p build/sbom
	@$(BIN)/python -W ignore -m cyclonedx_py requirements containers/run.lock --pyproject pyproject.toml --output-reproducible --output-file build/sbom/elastic-chat.json
	@$(BIN)/python -W ignore -m cyclonedx_py requirements launcher/engines/wheels.lock --output-reproducible --output-file build/sbom/engines.json
	@cd web && $(WITH_NODE) npm sbom --package-lock-only --omit dev --sbom-format cyclonedx >../build/sbom/elastic-chat-web.json

fmt: .venv/.stamp ## format Python and contracts
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix
	@$(BIN)/buf format --write proto

proto: .venv/.stamp web/node_modules/.stamp ## generate the code of the contracts again
	@$(BIN)/python proto/generate.py
	@cd web && $(WITH_NODE) npm run --silent proto

clients: .venv/.stamp build/googleapis ## build the example clients in other languages, and run them against the running stack
	@$(BIN)/python -m clients

build/googleapis: .venv/.stamp
	@$(BIN)/python proto/generate.py build/gen

web/node_modules/.stamp: web/package-lock.json | .venv/.stamp
	@cd web && $(WITH_NODE) npm ci --no-audit --no-fund --silent
	@touch $@

tests/integration/oidc/node_modules/.stamp: tests/integration/oidc/package-lock.json | .venv/.stamp
	@cd tests/integration/oidc && $(WITH_NODE) npm ci --no-audit --no-fund --silent
	@touch $@

tests/e2e/tus/node_modules/.stamp: tests/e2e/tus/package-lock.json | .venv/.stamp
	@cd tests/e2e/tus && $(WITH_NODE) npm ci --no-audit --no-fund --silent
	@touch $@

screenshots: .venv/.stamp ## take the pictures of the documents from the running stack
	@$(BIN)/python docs/screenshots.py

docs: .venv/.stamp ## write again what the documents say of the code
	@$(BIN)/python docs/generate.py
	@$(BIN)/python docs/openapi.py

bench: .venv/.stamp ## measure the running stack, and write bench/results
	@$(BIN)/python -m bench

lock: .venv/.stamp ## pin all packages and engines again (for maintainers)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra dev pyproject.toml -o requirements.lock
	@for tool in botocore checkov; do \
	  $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header tests/terraform/tools/$$tool.in -o tests/terraform/tools/$$tool.lock || exit 1; \
	done
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --constraint requirements.lock pyproject.toml -o containers/run.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --constraint requirements.lock containers/build.in -o containers/build.lock
	@$(BIN)/python -m launcher.engines.relock
	@$(BIN)/python -m clients.relock
