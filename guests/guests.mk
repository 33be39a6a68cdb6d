# The guests of this repository: "make guests" builds them from guests/ into
# testdata/guests, byte for byte the same each time, and installs what it needs.
#
# Each language has its recipe in guests/LANGUAGE/recipe.mk. A recipe's
# prerequisites are the guest's sources, and "manifest row" notes them with their
# hashes: a test compares those with the tree, so that no prebuilt guest is older
# than its source. On a machine that is not Debian, install the compilers
# yourself and name them: make guests GUESTS_CLANG=clang GUESTS_RUSTC=rustc …

guests.out := testdata/guests
guests.build := guests/build
guests.rows := $(guests.build)/rows

guests.wasm-tools := $(guests.build)/bin/wasm-tools
guests.coremodule := $(guests.build)/bin/coremodule
guests.manifest := $(guests.build)/bin/manifest
guests.tools := $(guests.wasm-tools) $(guests.coremodule) $(guests.manifest)

# A guest that a tool failed over would look finished.
.DELETE_ON_ERROR:

.PHONY: guests guests-js guests-clean
guests: ## build the prebuilt guests from source (installs compilers with apt-get)
guests-clean: ## forget what "make guests" has built on the way
	rm -rf $(guests.build) guests/js/node_modules

include guests/wat/recipe.mk guests/go/recipe.mk guests/c/recipe.mk guests/rust/recipe.mk guests/js/recipe.mk \
	guests/conformance/recipe.mk

# The last step puts the rows of what was built into the manifest.
guests: $(guests.built) $(guests.on-demand-rows) | $(guests.manifest)
	$(guests.manifest) merge $(guests.rows) $(guests.out)
	cp $(wildcard $(guests.out)/wat-bench*.wasm) cmd/wasikv/internal/bench/guest/ # what "wasikv bench" embeds

# ---- for the recipes ----

# $(call guests.row,LANGUAGE,FORM,VERSION COMMAND) notes the target of a rule; the
# recipe is the fragment of the language.
guests.row = chmod 644 $@ && $(guests.manifest) row -rows $(guests.rows) -language "$(1)" -form "$(2)" \
	-recipe $(filter %/recipe.mk,$^) -toolchain "$$($(3))" $@ $(filter-out $(guests.build)/%,$^)

# $(call guests.install,COMMAND,PACKAGES) has apt-get install what is missing.
guests.install = if ! command -v $(1) >/dev/null; then \
	echo "guests: $(1) is missing: installing $(2) with apt-get"; \
	root=; test "$$(id -u)" = 0 || root=sudo; \
	$$root apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
	$$root apt-get -qq install -y --no-install-recommends $(2) >/dev/null; fi

# $(call guests.embed,WORLD,MODULE) writes MODULE with the type of a world.
# $(call guests.new,MODULE) writes that as a component.
# Both name files below this directory: wasm-tools, being WebAssembly, sees no other.
guests.embed = $(guests.wasm-tools) component embed -w $(1) $(guests.build)/wit $(2)
guests.new = $(guests.wasm-tools) component new $(1)

# ---- what all of them need ----

# A component encoder that needs no more than Go: wasm-tools, run by wazero.
$(guests.wasm-tools): guests/tools/go.mod
	cd guests/tools && go build -o ../../$@ go.bytecodealliance.org/internal/cmd/wasm-tools
$(guests.coremodule): guests/tools/coremodule/main.go
	cd guests/tools && go build -o ../../$@ ./coremodule
$(guests.manifest): guests/manifest/main.go guests/guests.go
	go build -o $@ ./guests/manifest

# The worlds of the guests with the interfaces that they refer to. The latter are
# no sources of a guest: their text has no part in its bytes, and a guest whose
# interface changed fails when it is run.
$(guests.build)/wit/stamp: $(wildcard guests/wit/*.wit guests/wat/*.wit wit/deps/*/*.wit)
	rm -rf $(@D) && mkdir -p $(@D)/deps $(@D)/deps/bench
	cp -R wit/deps/. $(@D)/deps
	cp guests/wit/*.wit $(@D)
	cp guests/wat/bench.wit $(@D)/deps/bench
	touch $@
