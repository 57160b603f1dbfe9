# Everything one can do here. `make` alone lists it.

# What `make run` and `make serve` take: reports, the columns that identify a
# record, a release folder, a synonym list, and where results and state go.
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
# What `make train` fits a model to: a gold file in the language TONGUE, and
# RELEASE, which holds it. MODEL is what it writes.
GOLD     ?=
TONGUE   ?= en
MODEL    ?= $(OUT)/model_$(TONGUE).json
# What `make bench` loads; empty: 50,000 reports made from the demo data.
LOAD     ?=

# What the programs say they are; empty: what git says.
VERSION  ?=
COMMIT   ?=

# Compose v2 where the docker client has it.
COMPOSE  ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

BIN      := bin

# Where Go's own archive installs itself, for a shell whose PATH lacks it.
export PATH := $(PATH):/usr/local/go/bin

# The build tags of the repository, beside the flags that you have set.
export GOFLAGS := $(shell PATH="$(PATH)" deploy/dev/scripts/goflags.sh)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build both services, syncctl, cron and the launcher into bin/
	@[ -e "$(BIN)/terminology" ] || echo "This is the first build: it downloads Go modules and takes minutes." >&2
	@flags=$$(VERSION="$(VERSION)" COMMIT="$(COMMIT)" deploy/scripts/ldflags.sh) && \
	CGO_ENABLED=0 go build -trimpath -ldflags "$$flags" -o $(BIN)/ ./terminology ./data-sync ./data-sync/cmd/syncctl ./deploy/cmd/cron ./deploy/dev/local

.PHONY: run
run: build ## the nightly sync, whole: AE=path.csv RELEASE=dir ID=col[,col...] SYNONYMS=path.csv OUT=dir STORE=postgres
	@$(BIN)/local run --store "$(STORE)" --ae "$(AE)" --id "$(ID)" --release "$(RELEASE)" --synonyms "$(SYNONYMS)" --out "$(OUT)"

.PHONY: serve
serve: build ## keep both services up until Ctrl-C: TERMINOLOGY_PORT=9101 DATASYNC_PORT=9102
	@$(BIN)/local serve --store "$(STORE)" --release "$(RELEASE)" --synonyms "$(SYNONYMS)" --out "$(OUT)" \
		--terminology-port "$(TERMINOLOGY_PORT)" --terminology-metrics-port "$(TERMINOLOGY_METRICS_PORT)" \
		--data-sync-port "$(DATASYNC_PORT)" --data-sync-metrics-port "$(DATASYNC_METRICS_PORT)"

.PHONY: test
test: ## install what the tests need, run them all with the race detector
	@deploy/dev/scripts/needs.sh gcc protoc postgresql redis prometheus
	@CGO_ENABLED=1 go test -race -timeout 20m ./...

.PHONY: images
images: ## build the container images, tagged AECODE_VERSION, stamped with version and commit: GO_IMAGE=...
	@VERSION="$${VERSION:-$$(git describe --tags --always --dirty)}" COMMIT="$${COMMIT:-$$(git describe --always --dirty --abbrev=12 --exclude '*')}" \
		$(COMPOSE) build terminology data-sync secrets

.PHONY: e2e
e2e: ## prove docker-compose.yml on this machine's Docker engine, minutes: E2E_SLOW=1
	@go build -o $(BIN)/e2e ./deploy/dev/e2e && exec $(BIN)/e2e -slow "$(E2E_SLOW)"

.PHONY: bench
bench: build ## measure: the system under load, then retry, idempotency, terminology beside other engines
	@deploy/dev/scripts/needs.sh postgresql redis
	@deploy/dev/scripts/bench.sh "$(LOAD)"

.PHONY: bench-million
bench-million: build ## measure a run of 1,000,000 reports on PostgreSQL: minutes
	@deploy/dev/scripts/needs.sh postgresql redis
	@deploy/dev/scripts/bench.sh --million

.PHONY: bench-memory
bench-memory: ## the heap over ten million queries and a hundred reloads: minutes
	@deploy/dev/scripts/bench.sh --memory

.PHONY: train
train: ## fit the ranking model, minutes: RELEASE=dir GOLD=file TONGUE=en|zh MODEL=out.json
	@test -n "$(GOLD)" || { echo "make train wants GOLD=file: verbatim, PT codes and rows, tabs between" >&2; exit 2; }
	@mkdir -p "$(dir $(MODEL))"
	@go run ./terminology/cmd/train -release "$(RELEASE)" -lang "$(TONGUE)" -gold "$(GOLD)" -out "$(MODEL)"

.PHONY: generate
generate: ## protobuf and goctl code from proto/, by the tools pinned in deploy/dev/tools
	@deploy/dev/scripts/needs.sh protoc
	@deploy/dev/scripts/generate.sh

.PHONY: tools
tools: ## build the pinned tools, grpcurl among them, into bin/tools/
	@go -C deploy/dev/tools build -o $(CURDIR)/$(BIN)/tools/ tool

.PHONY: compare
compare: ## hold the sample's codes in out/ against those of its medical coder
	@go run ./deploy/dev/demo/compare --coded "$(OUT)/ae_coded.csv"

.PHONY: demo
demo: ## the demo release, from the CTCAE table and the Chinese names
	@go run ./deploy/dev/demo/genrelease

.PHONY: lint
lint: ## formatting, go vet, golangci-lint
	@deploy/dev/scripts/lint.sh

.PHONY: clean
clean: ## remove bin/ and out/
	@rm -rf $(BIN) out
