# Commands of the project. Everything is installed inside the checkout (.tools), at pinned versions.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

export PORT ?= 3000
export DATA_DIR ?= .local
export PARAMS ?=
# How the functions are built, by us and by sam: no paths, no RPC mode, no symbols, no C.
BUILD_FLAGS := -trimpath -tags=lambda.norpc -ldflags=-s -buildvcs=false
export CGO_ENABLED ?= 0
# Checkouts whose owner git does not trust (as in containers) build too: nothing here asks for the commit.
export GOFLAGS ?= -buildvcs=false
export SAM_CLI_TELEMETRY := 0

GOLANGCI_VERSION := v2.15.0
FUNCTIONS := $(patsubst functions/%/main.go,%,$(sort $(wildcard functions/*/main.go)))
# Where sam believes to be while it checks and builds; a deployment goes where the AWS settings of the caller say.
BUILD_REGION := us-east-1
WORKSPACE ?= demo
ROLE ?= admin
ROWS ?= 10000
FILE ?= people.csv
LAUNCHER = go run ./infra/local

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- Tools ----
# A tool's stamp is a copy of what it was installed from: it is installed again only when that changes.
LOCAL := infra/local
.PHONY: tools
tools: ## installs the parts of the local stack into .tools (DYNAMODB= as for make run)
	@mkdir -p .tools && python3 $(LOCAL)/locked.py .tools/lock $(MAKE) .tools-ministack .tools-sam .tools-dynamodb

# The DynamoDB server that this machine is to use: dynoxide on Linux x86-64, DynamoDB Local, or the emulator's own.
.PHONY: .tools-dynamodb
.tools-dynamodb:
	@kind=$$(go run ./$(LOCAL)/dynamodb/choose) && if [ "$$kind" != ministack ]; then $(MAKE) .tools-$$kind; fi

.PHONY: .tools-ministack .tools-sam .tools-checkov .tools-dynoxide .tools-dynamodb-local
.tools-ministack .tools-sam .tools-checkov: .tools-%:
	@cmp -s $(LOCAL)/requirements-$*.txt .tools/$*/stamp || { echo "installing $* into .tools (once)" >&2; \
	  rm -rf .tools/$*; python3 -m venv .tools/$*; \
	  .tools/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $(LOCAL)/requirements-$*.txt >&2; \
	  cp $(LOCAL)/requirements-$*.txt .tools/$*/stamp; }

.tools-schemathesis: PINNED := infra/openapi/requirements-schemathesis.txt
.tools-schemathesis:
	@cmp -s $(PINNED) .tools/schemathesis/stamp || { echo "installing schemathesis into .tools (once)" >&2; \
	  rm -rf .tools/schemathesis; python3 -m venv .tools/schemathesis; \
	  .tools/schemathesis/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $(PINNED) >&2; \
	  cp $(PINNED) .tools/schemathesis/stamp; }

.tools-dynoxide:
	@cmp -s $(LOCAL)/package-lock.json .tools/node_modules/stamp || { echo "installing dynoxide into .tools (once)" >&2; \
	  rm -rf .tools/node_modules; cp $(LOCAL)/package.json $(LOCAL)/package-lock.json .tools/; \
	  cd .tools; npm ci --silent --no-audit --no-fund --loglevel=error >&2; \
	  cp package-lock.json node_modules/stamp; }

.tools-dynamodb-local:
	@cmp -s $(LOCAL)/dynamodb/jars.txt .tools/dynamodb-local/stamp || { echo "installing DynamoDB Local into .tools (once)" >&2; \
	  python3 $(LOCAL)/dynamodb/install.py .tools/dynamodb-local; }

.tools/bin/golangci-lint-$(GOLANGCI_VERSION):
	@echo "building golangci-lint $(GOLANGCI_VERSION) into .tools (once)" >&2
	@GOBIN=$(CURDIR)/.tools/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .tools/bin/golangci-lint $@

# ---- The local stack ----
.PHONY: run token env sample drop webhook reset redrive verify-data
run: tools ## starts the local stack in the foreground; ready when it says so
	@go build -o .tools/bin/local ./infra/local && exec .tools/bin/local run

token: ## prints an ID token: WORKSPACE=demo ROLE=admin
	@$(LAUNCHER) token -workspace '$(WORKSPACE)' -role '$(ROLE)'

env: ## prints the environment that points AWS clients at the local stack
	@$(LAUNCHER) env

sample: ## writes people.csv: ROWS=10000
	@trap 'rm -f people.csv.part' EXIT; $(LAUNCHER) sample -rows '$(ROWS)' > people.csv.part; \
	  mv people.csv.part people.csv; echo "people.csv: $(ROWS) rows" >&2

drop: ## uploads a file as an admin would: FILE=people.csv WORKSPACE=demo
	@$(LAUNCHER) drop -file '$(FILE)' -workspace '$(WORKSPACE)'

webhook: ## posts a sample webhook as its provider would: SAMPLE=whatsapp-message WORKSPACE=demo; without SAMPLE, all of them
	@$(LAUNCHER) webhook -sample '$(SAMPLE)' -workspace '$(WORKSPACE)'

reset: ## empties the local data
	@$(LAUNCHER) reset

redrive: ## puts dead letters back into their queue (STACK=name of a stack on AWS; without it, the local stack)
	@$(LAUNCHER) redrive $(if $(STACK),-stack '$(STACK)')

.PHONY: smoke
smoke: ## preflight, health, sign-in, an import of 10 rows, a signed webhook (STACK= on AWS; ORIGIN=https://app.example.com)
	@$(LAUNCHER) smoke $(if $(STACK),-stack '$(STACK)') $(if $(ORIGIN),-origin '$(ORIGIN)')

.PHONY: restore
restore: ## sets the tables back to a second: STACK= AT=2026-01-31T09:30:00Z, then CONFIRM=yes (or ABANDON=yes)
	@$(LAUNCHER) restore $(if $(STACK),-stack '$(STACK)') $(if $(AT),-at '$(AT)') $(if $(filter yes,$(CONFIRM)),-confirm) $(if $(filter yes,$(ABANDON)),-abandon)

verify-data: ## walks the tables of the running stack and checks every invariant
	@$(LAUNCHER) verify

# ---- Checks ----
.PHONY: test lint bench e2e-iam e2e-fallbacks test-faults test-openapi
# Tests of the units that requests consume: only dynoxide counts them as AWS does.
COUNTED := ^Test(AnUndoCosts|CommitPacksCreations|CreateCostsNineUnits|EventsCost|NoPageCostsMoreThanItMay|TimelinesCost|UpdateCosts|WhatAFilteredPageCosts|WhatAPageCosts|WhatOtherReadsCost)$$
test: tools ## runs every test, on ports of its own (RACE=-race with the race detector, which needs gcc)
	@kind=$$(go run ./$(LOCAL)/dynamodb/choose 2>/dev/null); counted='^$$'; if [ "$$kind" != dynoxide ]; then \
	  counted='$(COUNTED)'; echo "tests of what requests consume are left out: $$kind does not count it as AWS does" >&2; fi; \
	  $(if $(RACE),CGO_ENABLED=1) go test -timeout 20m $(RACE) -skip "$$counted" ./...

lint: tools .tools/bin/golangci-lint-$(GOLANGCI_VERSION) ## linters, architecture, template, other machines
	@GOOS=darwin GOARCH=arm64 go vet ./...
	@.tools/bin/golangci-lint-$(GOLANGCI_VERSION) run ./...
	@go test -count=1 ./pkg
	@.tools/sam/bin/cfn-lint template.yaml
	@said=$$(.tools/sam/bin/sam validate --lint --region $(BUILD_REGION) 2>&1) || { echo "$$said" >&2; exit 1; }
	@python3 $(LOCAL)/locked.py .tools/lock $(MAKE) .tools-checkov
	@.tools/checkov/bin/checkov --config-file .checkov.yaml >&2
	@echo "lint: clean" >&2

bench: tools ## speed beside its floor, memory, start-up times, sizes
	@$(MAKE) build
	@go run ./infra/bench

e2e-iam: tools ## end-to-end tests with IAM enforced
	@CONTACTS_E2E_IAM=1 go test -timeout 20m -count=1 ./infra/e2e

# What people do most, on each of the DynamoDB servers that other machines use.
SHORT_E2E := TestAContactIsCreatedFoundAndEdited|TestImportOfADroppedFile|TestExportsComeBack|TestSomebodyWritesAndLeaves
e2e-fallbacks: ## a short end-to-end run on DynamoDB Local (needs a JDK) and on the emulator's own DynamoDB
	@for kind in dynamodb-local ministack; do \
	  DYNAMODB=$$kind $(MAKE) tools && DYNAMODB=$$kind go test -timeout 10m -count=1 -run '$(SHORT_E2E)' ./infra/e2e || exit 1; \
	done

test-openapi: tools ## calls every operation of a local stack by its OpenAPI document, with schemathesis
	@flock .tools/lock $(MAKE) .tools-schemathesis
	@go run ./infra/openapi

SEEDS ?= 20
HISTORY_SEEDS ?= 200
test-faults: tools ## the long fault runs: SEEDS=20, imports of 10,000 rows, 5,000 operations, 1,000 webhooks at once, HISTORY_SEEDS=200
	@HISTORY_SEEDS=$(HISTORY_SEEDS) go test -timeout 2h -count=1 -v -run 'TestHistor' ./pkg/dynamo
	@FAULT_SEEDS=$(SEEDS) FAULT_ROWS=10000 FAULT_OPERATIONS=5000 FAULT_PEOPLE=100 FAULT_WEBHOOKS=1000 FAULT_THROTTLE=60 go test -timeout 3h -count=1 -v ./infra/faults
	@FAULT_READER_BYTES=5242880 FAULT_READER_PATTERNS=200 go test -timeout 1h -count=1 -run 'Slow' ./pkg/sheet/... ./pkg/importing

# ---- AWS ----
.PHONY: build sam-build deploy adopt user
build: ## a stripped linux/arm64 bootstrap zip per function in build/, with sizes
	@mkdir -p build
	@for f in $(FUNCTIONS); do \
	  GOOS=linux GOARCH=arm64 go build $(BUILD_FLAGS) -o build/$$f/bootstrap ./functions/$$f; \
	  python3 -c "import sys,zipfile; z=zipfile.ZipFile(sys.argv[2],'w',zipfile.ZIP_DEFLATED); i=zipfile.ZipInfo('bootstrap'); i.external_attr=0o755<<16; i.compress_type=zipfile.ZIP_DEFLATED; z.writestr(i,open(sys.argv[1],'rb').read())" build/$$f/bootstrap build/$$f.zip; \
	  printf '%-14s %5.1f MB  (%.1f MB unzipped)\n' $$f $$(awk "BEGIN{print $$(wc -c < build/$$f.zip)/1048576, $$(wc -c < build/$$f/bootstrap)/1048576}"); \
	done

sam-build: tools
	@GOFLAGS="$(BUILD_FLAGS)" .tools/sam/bin/sam build --region $(BUILD_REGION)

deploy: tools ## checks, builds, deploys to AWS: STAGE=dev|prod PARAMS="Name=Value …" (STACK=contacts; YES=1 does not ask; CHECK=1 only checks)
	@go run ./infra/deploy deploy -stage '$(or $(STAGE),default)' -stack '$(STACK)' $(if $(YES),-yes) $(if $(CHECK),-check)

adopt: ## takes over the data that a deleted stack left: POOL= KEY= (STAGE, STACK and PARAMS as for deploy)
	@go run ./infra/deploy adopt -stage '$(or $(STAGE),default)' -stack '$(STACK)' -pool '$(POOL)' -key '$(KEY)'

user: ## makes a user of the deployed stack: EMAIL= WORKSPACE= ROLE= (STACK=contacts)
	@$(LAUNCHER) user -stack '$(or $(STACK),contacts)' -email '$(EMAIL)' -workspace '$(WORKSPACE)' -role '$(ROLE)'
