# Go: mainline Go for wasip1. examples is built in both forms, shop as a component
# that is called instead of run. The compiler is pinned, since its version is part
# of what it writes; go fetches it where another is installed.

GUESTS_GO ?= go1.26.8

guests.built += $(addprefix $(guests.out)/,go-examples.wasm go-examples.component.wasm go-shop.component.wasm)

guests.go-module := guests/go/go.mod guests/go/recipe.mk \
	$(filter-out %_test.go,$(wildcard guests/go/cache/*.go guests/go/cache/*.s guests/go/canon/*.go))
guests.go-adapter := guests/tools/preview1/nomem.wat guests/tools/preview1/nomem.wit guests/tools/coremodule/main.go

guests.go = $(call guests.row,Go,$(1),cd guests/go && GOTOOLCHAIN=$(GUESTS_GO) go env GOVERSION)

# $(call guests.go-build,FLAGS,PACKAGE,OUTPUT)
guests.go-build = cd guests/go && GOTOOLCHAIN=$(GUESTS_GO) GOFLAGS= GOWORK=off GOWASM= GOEXPERIMENT= GOOS=wasip1 GOARCH=wasm \
	go build -trimpath -buildvcs=false -ldflags='-s -w' $(1) -o ../../$(3) ./$(2)

$(guests.out)/go-examples.wasm: $(guests.go-module) $(wildcard guests/go/examples/*.go) | $(guests.tools)
	mkdir -p $(@D)
	$(call guests.go-build,,examples,$@)
	$(call guests.go,core module)

# A component: imports made unique, the world embedded, preview1 satisfied by the
# adapter that leaves Go's memory alone.
$(guests.out)/go-examples.component.wasm: $(guests.go-module) $(wildcard guests/go/examples/*.go) \
		$(guests.go-adapter) guests/wit/guests.wit $(guests.build)/command.adapter.wasm | $(guests.tools) $(guests.build)/wit/stamp
	mkdir -p $(@D)
	$(call guests.go-build,,examples,$(guests.build)/go-examples.wasm)
	$(guests.coremodule) < $(guests.build)/go-examples.wasm | $(call guests.embed,program,-) | \
		$(call guests.new,--adapt wasi_snapshot_preview1=$(guests.build)/command.adapter.wasm -) > $@
	$(call guests.go,component)

$(guests.out)/go-shop.component.wasm: $(guests.go-module) $(wildcard guests/go/shop/*.go) \
		$(guests.go-adapter) guests/wit/guests.wit $(guests.build)/reactor.adapter.wasm | $(guests.tools) $(guests.build)/wit/stamp
	mkdir -p $(@D)
	$(call guests.go-build,-buildmode=c-shared,shop,$(guests.build)/go-shop.wasm)
	$(guests.coremodule) < $(guests.build)/go-shop.wasm | $(call guests.embed,shop,-) | \
		$(call guests.new,--adapt wasi_snapshot_preview1=$(guests.build)/reactor.adapter.wasm -) > $@
	$(call guests.go,component)

# The adapter of a command has a few lines more than that of a reactor.
$(guests.build)/%.adapter.wasm: guests/tools/preview1/nomem.wat guests/tools/preview1/nomem.wit | $(guests.tools) $(guests.build)/wit/stamp
	rm -rf $(guests.build)/preview1-$* && mkdir -p $(guests.build)/preview1-$*
	cp -R $(guests.build)/wit/deps $(guests.build)/preview1-$*/deps
	cp guests/tools/preview1/nomem.wit $(guests.build)/preview1-$*
	sed -e '$(if $(filter command,$*),s/;;COMMAND //)' guests/tools/preview1/nomem.wat > $(guests.build)/preview1-$*/nomem.wat
	$(guests.wasm-tools) component embed -w $* $(guests.build)/preview1-$* $(guests.build)/preview1-$*/nomem.wat > $@
