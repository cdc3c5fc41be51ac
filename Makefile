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
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

GOLANGCI_VERSION := v2.15.0
FUNCTIONS := $(notdir $(wildcard functions/*))
WORKSPACE ?= demo
ROLE ?= admin
ROWS ?= 10000
FILE ?= people.csv
LAUNCHER = go run ./infra/local

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- Tools ----
.PHONY: tools
tools: .tools/ministack/.done .tools/sam/.done .tools/node_modules/.done ## installs the parts of the local stack into .tools

.tools/%/.done: infra/local/requirements-%.txt
	@echo "installing $* into .tools (once)" >&2
	@rm -rf .tools/$* && python3 -m venv .tools/$*
	@.tools/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $< >&2
	@touch $@

.tools/node_modules/.done: infra/local/package-lock.json
	@echo "installing dynoxide into .tools (once)" >&2
	@mkdir -p .tools && cp infra/local/package.json infra/local/package-lock.json .tools/
	@cd .tools && npm ci --silent --no-audit --no-fund --loglevel=error >&2
	@touch $@

.tools/bin/golangci-lint-$(GOLANGCI_VERSION):
	@echo "building golangci-lint $(GOLANGCI_VERSION) into .tools (once)" >&2
	@GOBIN=$(CURDIR)/.tools/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .tools/bin/golangci-lint $@

# ---- The local stack ----
.PHONY: run token env sample drop reset redrive
run: tools ## starts the local stack in the foreground; ready when it says so
	@go build -o .tools/bin/local ./infra/local && exec .tools/bin/local run

token: ## prints an ID token: WORKSPACE=demo ROLE=admin
	@$(LAUNCHER) token -workspace '$(WORKSPACE)' -role '$(ROLE)'

env: ## prints the environment that points AWS clients at the local stack
	@$(LAUNCHER) env

sample: ## writes people.csv: ROWS=10000
	@$(LAUNCHER) sample -rows '$(ROWS)' > people.csv && echo "people.csv: $(ROWS) rows" >&2

drop: ## uploads a file as an admin would: FILE=people.csv WORKSPACE=demo
	@$(LAUNCHER) drop -file '$(FILE)' -workspace '$(WORKSPACE)'

reset: ## empties the local data
	@$(LAUNCHER) reset

redrive: ## puts dead letters back into their queue (STACK=name of a stack on AWS; without it, the local stack)
	@$(LAUNCHER) redrive $(if $(STACK),-stack '$(STACK)')

# ---- Checks ----
.PHONY: test lint bench e2e-iam
test: tools ## runs every test, on ports of its own (RACE=-race with the race detector, which needs gcc)
	@$(if $(RACE),CGO_ENABLED=1) go test $(RACE) ./...

lint: tools .tools/bin/golangci-lint-$(GOLANGCI_VERSION) ## linters, architecture, template
	@.tools/bin/golangci-lint-$(GOLANGCI_VERSION) run ./...
	@go test -count=1 ./pkg
	@.tools/sam/bin/cfn-lint template.yaml
	@.tools/sam/bin/sam validate --lint --region $(AWS_DEFAULT_REGION) >/dev/null
	@echo "lint: clean" >&2

bench: tools ## speed beside its floor, start-up times, sizes
	@$(MAKE) build
	@go run ./infra/bench

e2e-iam: tools ## end-to-end tests with IAM enforced
	@CONTACTS_E2E_IAM=1 go test -count=1 ./infra/e2e

# ---- AWS ----
.PHONY: build sam-build deploy user
build: ## a stripped linux/arm64 bootstrap zip per function in build/, with sizes
	@mkdir -p build
	@for f in $(FUNCTIONS); do \
	  GOOS=linux GOARCH=arm64 go build $(BUILD_FLAGS) -o build/$$f/bootstrap ./functions/$$f; \
	  python3 -c "import sys,zipfile; z=zipfile.ZipFile(sys.argv[2],'w',zipfile.ZIP_DEFLATED); i=zipfile.ZipInfo('bootstrap'); i.external_attr=0o755<<16; i.compress_type=zipfile.ZIP_DEFLATED; z.writestr(i,open(sys.argv[1],'rb').read())" build/$$f/bootstrap build/$$f.zip; \
	  printf '%-14s %5.1f MB  (%.1f MB unzipped)\n' $$f $$(awk "BEGIN{print $$(stat -c %s build/$$f.zip)/1048576, $$(stat -c %s build/$$f/bootstrap)/1048576}"); \
	done

sam-build: tools
	@GOFLAGS="$(BUILD_FLAGS)" .tools/sam/bin/sam build --region $(AWS_DEFAULT_REGION)

deploy: sam-build ## deploys to AWS: SUFFIX=-acme ends the bucket names; PARAMS="Name=Value …"
	@.tools/sam/bin/sam deploy --parameter-overrides BucketSuffix='$(SUFFIX)' $(PARAMS)

user: ## makes a user of the deployed stack: EMAIL= WORKSPACE= ROLE= (STACK=contacts)
	@$(LAUNCHER) user -stack '$(or $(STACK),contacts)' -email '$(EMAIL)' -workspace '$(WORKSPACE)' -role '$(ROLE)'
