# `make` without a target lists the targets.

# Inputs of `make run` and `make serve`: reports, the columns that identify a record, a
# release folder, a synonym list, and the folder for results and state.
DEMO     := deploy/demo
AE       ?= $(DEMO)/reports/statin_ae.csv
RELEASE  ?= $(DEMO)/release/ctcae-5.0
OUT      ?= out
ifeq ($(AE),$(DEMO)/reports/statin_ae.csv)
ID       ?= USUBJID,AESEQ
else
ID       ?= AESPID
endif
ifeq ($(RELEASE),$(DEMO)/release/ctcae-5.0)
SYNONYMS ?= $(DEMO)/synonyms.csv
else
SYNONYMS ?=
endif
# sqlite: a file in OUT. postgres: the database and Redis that DATASYNC_POSTGRES
# and DATASYNC_REDIS name.
STORE    ?= sqlite
# `make e2e` multiplies its limits by this, on a slow or busy machine.
E2E_SLOW ?= 1
# The loopback ports of `make serve`; a metrics port of 0 is 100 above the service's.
TERMINOLOGY_PORT         ?= 9101
TERMINOLOGY_METRICS_PORT ?= 0
DATASYNC_PORT            ?= 9102
DATASYNC_METRICS_PORT    ?= 0
# Inputs of `make train`: a gold file in the language TONGUE (en or zh) and RELEASE. It
# writes MODEL.
GOLD     ?=
TONGUE   ?= en
MODEL    ?= $(OUT)/model_$(TONGUE).json
# The reports of `make bench`; empty: 50,000 reports made from the demo data.
LOAD     ?=

# The version and commit of the programs; empty: from git.
VERSION  ?=
COMMIT   ?=

# Compose v2 if the docker client has it, else docker-compose.
COMPOSE  ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

BIN      := bin

# Go's default folder, for a shell whose PATH lacks it.
export PATH := $(PATH):/usr/local/go/bin

# The user's GOFLAGS with the repository's build tag.
export GOFLAGS := $(shell PATH="$(PATH)" deploy/dev/scripts/goflags.sh)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build both services, syncctl, cron and the launcher into bin/
	@[ -e "$(BIN)/terminology" ] || echo "This is the first build: it downloads Go modules and takes minutes." >&2
	@flags=$$(VERSION="$(VERSION)" COMMIT="$(COMMIT)" deploy/scripts/ldflags.sh) && \
	CGO_ENABLED=0 go build -trimpath -ldflags "$$flags" -o $(BIN)/ ./terminology ./data-sync ./data-sync/cmd/syncctl ./deploy/cmd/cron ./deploy/dev/local

.PHONY: run
run: build ## run the nightly sync once: AE=path.csv RELEASE=dir ID=col[,col...] SYNONYMS=path.csv OUT=dir STORE=postgres
	@$(BIN)/local run --store "$(STORE)" --ae "$(AE)" --id "$(ID)" --release "$(RELEASE)" --synonyms "$(SYNONYMS)" --out "$(OUT)"

.PHONY: serve
serve: build ## keep both services up until Ctrl-C: TERMINOLOGY_PORT=9101 DATASYNC_PORT=9102
	@$(BIN)/local serve --store "$(STORE)" --release "$(RELEASE)" --synonyms "$(SYNONYMS)" --out "$(OUT)" \
		--terminology-port "$(TERMINOLOGY_PORT)" --terminology-metrics-port "$(TERMINOLOGY_METRICS_PORT)" \
		--data-sync-port "$(DATASYNC_PORT)" --data-sync-metrics-port "$(DATASYNC_METRICS_PORT)"

.PHONY: test
test: ## install the tests' requirements and run all tests with the race detector
	@deploy/dev/scripts/needs.sh gcc protoc postgresql redis prometheus
	@CGO_ENABLED=1 go test -race -timeout 20m ./...

.PHONY: images
images: ## build the container images with version and commit, tagged AECODE_VERSION: GO_IMAGE=...
	@VERSION="$${VERSION:-$$(git describe --tags --always --dirty)}" COMMIT="$${COMMIT:-$$(git describe --always --dirty --abbrev=12 --exclude '*')}" \
		$(COMPOSE) build terminology data-sync secrets

.PHONY: e2e
e2e: ## test docker-compose.yml on this machine's Docker engine, minutes: E2E_SLOW=1
	@go build -o $(BIN)/e2e ./deploy/dev/e2e && exec $(BIN)/e2e -slow "$(E2E_SLOW)"

.PHONY: bench
bench: build ## measure the system under load, then retry, idempotency, and terminology beside other engines
	@deploy/dev/scripts/needs.sh postgresql redis
	@deploy/dev/scripts/bench.sh "$(LOAD)"

.PHONY: bench-million
bench-million: build ## measure a run of 1,000,000 reports on PostgreSQL, minutes
	@deploy/dev/scripts/needs.sh postgresql redis
	@deploy/dev/scripts/bench.sh --million

.PHONY: bench-memory
bench-memory: ## measure the heap over ten million queries and a hundred reloads, minutes
	@deploy/dev/scripts/bench.sh --memory

.PHONY: train
train: ## train the ranking model, minutes: RELEASE=dir GOLD=file TONGUE=en|zh MODEL=out.json
	@test -n "$(GOLD)" || { echo "make train needs GOLD=file: tab-separated verbatim, PT codes and rows" >&2; exit 2; }
	@mkdir -p "$(dir $(MODEL))"
	@go run ./terminology/cmd/train -release "$(RELEASE)" -lang "$(TONGUE)" -gold "$(GOLD)" -out "$(MODEL)"

.PHONY: generate
generate: ## generate the protobuf and goctl code from proto/ with the tools of deploy/dev/tools
	@deploy/dev/scripts/needs.sh protoc
	@deploy/dev/scripts/generate.sh

.PHONY: tools
tools: ## build the pinned tools, including grpcurl, into bin/tools/
	@go -C deploy/dev/tools build -o $(CURDIR)/$(BIN)/tools/ tool

.PHONY: compare
compare: ## compare the sample's codes in OUT with those of its medical coder
	@go run ./deploy/dev/demo/compare --coded "$(OUT)/ae_coded.csv"

.PHONY: demo
demo: ## generate the demo release from the CTCAE table and the Chinese names
	@go run ./deploy/dev/demo/genrelease

.PHONY: lint
lint: ## check formatting, go vet, golangci-lint
	@deploy/dev/scripts/lint.sh

.PHONY: clean
clean: ## remove bin/ and out/
	@rm -rf $(BIN) out
