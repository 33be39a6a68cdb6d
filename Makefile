# wasikv: build, test, measure. `make help` lists the targets; each does the set-up it needs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The component model's own test suites, read in place.
WASIKV_SUITES ?= $(abspath ../shared/suites)
export WASIKV_SUITES

BIN := bin/wasikv
TOOLS := go tool -modfile=.ci/tools/go.mod
FUZZTIME ?= 30s

.PHONY: help build run test race suites generate guests bench fuzz lint setup clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | sed 's/:.*## /\t/' | expand -t 16

build: ## build the command line tool as bin/wasikv
	go build -trimpath -o $(BIN) ./cmd/wasikv

run: build ## run guests that share a cache: one computes, the others get it
	@echo '# four instances of a read-through guest on one cache in memory'
	$(BIN) run --instances 4 testdata/guests/rust-readthrough.component.wasm

test: setup guests-js ## run the tests (installs redis-server where it is missing, builds the JavaScript guests where npm is there)
	go test -timeout 9m ./...

race: setup ## run the tests with the race detector
	go test -race -timeout 20m ./backends/... ./host/...

suites: ## run the component model's own suites (WASIKV_SUITES)
	@test -d "$(WASIKV_SUITES)" || { echo "no suites at $(WASIKV_SUITES): set WASIKV_SUITES"; exit 1; }
	go run ./host/internal/suites/run "$(WASIKV_SUITES)"

generate: ## regenerate bindings from WIT
	go generate ./...

bench: build ## measure host calls against hand-written floors in the same run
	$(BIN) bench

fuzz: ## fuzz every decoder for FUZZTIME each
	@for p in $$(grep -rl --include='*_test.go' 'func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -rhoE 'func Fuzz[A-Za-z0-9_]+' $$p/*_test.go | cut -c6-); do \
	    echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p; \
	  done; done

lint: ## vet, formatting and static analysis
	@test -z "$$(git ls-files -z '*.go' | xargs -0 gofmt -l)" || { echo 'not gofmt-ed:'; git ls-files -z '*.go' | xargs -0 gofmt -l; exit 1; }
	go vet ./...
	$(TOOLS) golangci-lint run ./...

setup: ## install what tests need: redis-server
	@command -v redis-server >/dev/null || { \
	  echo 'installing redis-server (Debian package)'; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq redis-server >/dev/null; \
	  else echo 'redis-server is missing: install it to run the Redis tests, which are skipped now'; fi; }

clean: ## remove what was built
	rm -rf bin

-include guests/guests.mk
