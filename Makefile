# Two commands: `make run` to see it, `make check` before you send a change.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UI := web/ui
UI_SOURCES := $(shell find $(UI) \( -name node_modules -o -name dist -o -name paraglide -o -name test-results -o -name e2e \) -prune -o -type f -not -name '*.go' -print)
GO_SOURCES := $(shell find . \( -name node_modules -o -path './var*' \) -prune -o \( -name '*.go' -o -name '*.sql' \) -print) go.mod go.sum
UI_INSTALLED := $(UI)/node_modules/.installed
UI_BUILT := $(UI)/node_modules/.built
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

# Public data for tests lies beside the clone on some machines; elsewhere those tests say that they skip.
ifndef HAIDANG_TESTDATA
ifneq ($(wildcard ../shared/data/.),)
export HAIDANG_TESTDATA := $(shell cd ../shared/data && pwd)
endif
endif

.PHONY: help run test test-go test-ui test-browser build ui lint bench chaos flood realdata fuzz conformance conformance-mqtt conformance-ogc ogc-suite check clean deps deps-test screenshots

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: deps build ## Bring up the operations centre with a simulated province
	@exec bin/haidang serve --demo

build: ui bin/haidang ## Build the pages and bin/haidang

bin/haidang: $(GO_SOURCES) $(UI_BUILT)
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $@ ./cmd/haidang

ui: $(UI_BUILT) ## Build the pages

$(UI_BUILT): $(UI_INSTALLED) $(UI_SOURCES)
	cd $(UI) && npm run --silent build -- --logLevel error
	@touch $@

# Not `npm ci`: it stops at an optional package for other systems that its publisher never
# published (@lix-js/sdk-darwin-arm64). This installs just what package-lock.json names, too.
$(UI_INSTALLED): $(UI)/package-lock.json
	cd $(UI) && npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

deps: ## Install PostgreSQL with PostGIS when it is missing
	@deploy/install-deps.sh run

deps-test: ## Install also a C compiler, Chromium and Mosquitto when they are missing
	@deploy/install-deps.sh test

test: deps-test test-go test-ui test-browser ## Run every test: Go with the race detector, pages, browser

test-go: deps-test $(UI_BUILT)
	CGO_ENABLED=1 go test -race -timeout 15m ./...

realdata: deps-test $(UI_BUILT) ## Send all real series through the path in four ways and count (needs HAIDANG_TESTDATA; half an hour)
	HAIDANG_REALDATA=full go test -count 1 -timeout 120m -v -run TestRealData ./ingest | grep -v INFO

test-ui: $(UI_INSTALLED)
	cd $(UI) && npm test --silent

test-browser: deps-test build
	cd $(UI) && npm run --silent e2e

screenshots: deps-test build ## Take the pictures in docs/ again
	cd $(UI) && npm run --silent screenshots

lint: $(UI_BUILT) ## Check format, vet, staticcheck and the pages' types
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt -w these: $$unformatted"; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	cd $(UI) && npm run --silent check

bench: deps build ## Measure against a floor taken in the same run; figures go to var/bench.json
	@mkdir -p var bin
	go build -trimpath -buildvcs=false -o bin/bench ./cmd/bench
	@bin/bench $(BENCH)

bin/chaos: $(GO_SOURCES)
	go build -trimpath -buildvcs=false -o $@ ./cmd/chaos

chaos: deps build bin/chaos ## Kill program, database and ingester 20 times under load and count; about an hour (CHAOS="-only kill")
	@bin/chaos -bin bin/haidang $(CHAOS)

flood: deps build bin/chaos ## Let 200 devices, and one alone, publish as fast as they can
	@bin/chaos -bin bin/haidang -only '^(flood|hog)$$' $(CHAOS)

# A fuzz target runs alone: go test takes one at a time. Each has FUZZTIME.
FUZZTIME ?= 10m
fuzz: ## Run every fuzz target for FUZZTIME each (10m)
	@git grep -lE '^func Fuzz' -- '*_test.go' | while read -r file; do \
		for target in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$$file"); do \
			dir=$$(dirname "$$file"); echo "== $$target ($$dir)"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "./$$dir"; \
		done; done

conformance: conformance-mqtt conformance-ogc ## Run the suites of others: CONFORMANCE_SUITE is Paho's folder interoperability, OGC_SUITE the jars that ogc-suite made

OGC_SUITE ?= $(CURDIR)/var/ogc-suite

ogc-suite: ## Build the OGC's suite for Features from a copy of its source, OGC_SOURCE
	@[ -f "$(OGC_SOURCE)/pom.xml" ] || { echo "Give OGC_SOURCE=… , a copy of ets-ogcapi-features10 at its tag 1.9 (docs/conformance.md)."; exit 1; }
	@command -v mvn >/dev/null || { echo "Maven is missing: apt-get install maven default-jdk-headless"; exit 1; }
	cd "$(OGC_SOURCE)" && mvn -q -B package dependency:copy-dependencies -DskipTests -Denforcer.skip -Dmaven.buildNumber.skip -Dmaven.javadoc.skip
	@mkdir -p "$(OGC_SUITE)"
	@cp $$(ls "$(OGC_SOURCE)"/target/ets-*.jar | grep -v -- -site.jar) "$(OGC_SOURCE)"/target/dependency/*.jar "$(OGC_SUITE)"

conformance-ogc: deps-test $(UI_BUILT)
	@ls "$(OGC_SUITE)"/ets-ogcapi-features10-*.jar >/dev/null 2>&1 || { echo "The OGC's suite is not in $(OGC_SUITE): make ogc-suite OGC_SOURCE=…"; exit 1; }
	@deploy/install-deps.sh conformance
	OGC_SUITE=$(OGC_SUITE) go test -count=1 -timeout 60m -v -run 'TestOGCSuite|TestQGIS|TestGDAL|TestStrangers' ./web ./web/mapserver | grep -v '^time='

conformance-mqtt:
	CONFORMANCE_SUITE=$(abspath $(CONFORMANCE_SUITE)) go test -count=1 -timeout 20m -v -run TestConformance ./ingest/broker

check: lint test ## Everything that a change must pass

clean: ## Remove what was built (not your data in var/)
	rm -rf bin $(UI)/node_modules $(UI)/test-results $(UI)/playwright-report $(UI)/src/paraglide
	find $(UI)/dist -mindepth 1 -not -name .keep -delete
