# Conformance: the programs of this folder show behaviours of wasi:keyvalue/cache,
# for this host and for any other. Each is built in both forms from one source
# without any library, into a folder with a manifest of its own. Beside them are
# components that a host is to refuse.

guests.conformance := futures values keys ttl delete safety rendezvous timeouts abi asynchrony
guests.conformance-out := $(guests.out)/conformance
guests.conformance-build := $(guests.build)/conformance
guests.conformance-built := $(foreach p,$(guests.conformance),\
	$(guests.conformance-out)/$(p).wasm $(guests.conformance-out)/$(p).component.wasm) \
	$(guests.conformance-out)/async.component.wasm $(guests.conformance-out)/async-exists.component.wasm

guests.conformance-flags := --target=wasm32-unknown-unknown -ffreestanding -nostdlib -flto -Oz -g0 -Wall -Wextra -Werror \
	-Wl,--no-entry -Wl,--strip-all
guests.conformance-shared := $(addprefix guests/conformance/,tap.c requests.c bodies.c memory.c)
guests.conformance-sources := $(guests.conformance-shared) $(addprefix guests/conformance/,conformance.h memory.h recipe.mk) \
	guests/c/wasikv.h

.PHONY: guests-conformance
guests: guests-conformance
guests-conformance: $(guests.conformance-built) | $(guests.manifest) ## build the conformance guests alone
	$(guests.manifest) merge $(guests.conformance-build)/rows $(guests.conformance-out)

# Their rows are merged apart from those of the other guests.
$(guests.conformance-built): guests.rows := $(guests.conformance-build)/rows

$(guests.conformance-out)/%.wasm: guests/conformance/%.c $(guests.conformance-sources) | $(guests.tools) guests-c-compiler
	mkdir -p $(@D)
	$(GUESTS_CLANG) $(guests.conformance-flags) -o $@ $< $(guests.conformance-shared)
	$(call guests.row,C,core module,$(GUESTS_CLANG) --version | head -n 1)

# Imports stay in the versions that the core module names: encoders merge them
# unless told otherwise.
$(guests.conformance-out)/%.component.wasm: guests/conformance/%.c $(guests.conformance-sources) \
		guests/conformance/wit/conformance.wit | $(guests.conformance-out)/%.wasm $(guests.conformance-build)/wit/stamp
	$(guests.wasm-tools) component embed -w $(if $(filter abi,$*),versions,program) \
		$(guests.conformance-build)/wit $(guests.conformance-out)/$*.wasm | \
		$(guests.wasm-tools) component new --merge-imports-based-on-semver false - > $@
	$(call guests.row,C,component,$(GUESTS_CLANG) --version | head -n 1)

$(guests.conformance-out)/async.component.wasm: guests/conformance/async/world.wit \
		guests/conformance/async/deps/wasi-keyvalue/cache.wit guests/conformance/recipe.mk | $(guests.tools)
	mkdir -p $(@D)
	$(guests.wasm-tools) component embed --dummy-names legacy -w program $(<D) | $(guests.wasm-tools) component new - > $@
	$(call guests.row,WIT,component,$(guests.wasm-tools) --version)
$(guests.conformance-out)/async-exists.component.wasm: guests/conformance/async/exists.wat guests/conformance/async/world.wit \
		guests/conformance/async/deps/wasi-keyvalue/cache.wit guests/conformance/recipe.mk | $(guests.tools)
	mkdir -p $(@D)
	$(guests.wasm-tools) component embed -w program $(<D) $< | $(guests.wasm-tools) component new - > $@
	$(call guests.row,WAT,component,$(guests.wasm-tools) --version)

$(guests.conformance-build)/wit/stamp: guests/conformance/wit/conformance.wit $(wildcard wit/deps/*/*.wit)
	rm -rf $(@D) && mkdir -p $(@D)/deps/wasi-io-0.2.0
	cp -R wit/deps/. $(@D)/deps
	for f in wit/deps/wasi-io-0.2.3/*.wit; do sed 's/@0\.2\.3/@0.2.0/' $$f > $(@D)/deps/wasi-io-0.2.0/$${f##*/}; done
	cp $< $(@D)
	touch $@
