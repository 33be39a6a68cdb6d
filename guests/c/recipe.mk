# C: each program is built in both forms from one source, as a core module with
# wasi-libc, and as a component without any library.

GUESTS_CLANG ?= clang-22

guests.c-programs := readthrough basics
guests.built += $(foreach p,$(guests.c-programs),$(guests.out)/c-$(p).wasm $(guests.out)/c-$(p).component.wasm)

guests.c = $(call guests.row,C,$(1),$(GUESTS_CLANG) --version | head -n 1)
guests.c-flags := -O2 -g0 -Wall -Wextra -Werror -Wl,--strip-all

.PHONY: guests-c-compiler
guests-c-compiler:
	@$(call guests.install,$(GUESTS_CLANG),clang-22 lld-22 libclang-rt-22-dev-wasm32 wasi-libc)

$(guests.out)/c-%.wasm: guests/c/%.c guests/c/program.h guests/c/wasikv.h guests/c/recipe.mk | $(guests.tools) guests-c-compiler
	mkdir -p $(@D)
	$(GUESTS_CLANG) --target=wasm32-wasi -Wno-deprecated $(guests.c-flags) -o $@ $<
	$(call guests.c,core module)

$(guests.out)/c-%.component.wasm: guests/c/%.c guests/c/program.h guests/c/wasikv.h guests/c/recipe.mk \
		guests/wit/guests.wit | $(guests.tools) $(guests.build)/wit/stamp guests-c-compiler
	mkdir -p $(@D)
	$(GUESTS_CLANG) --target=wasm32-unknown-unknown -ffreestanding -nostdlib -Wl,--no-entry $(guests.c-flags) \
		-o $(guests.build)/c-$*.wasm $<
	$(call guests.embed,command,$(guests.build)/c-$*.wasm) | $(call guests.new,-) > $@
	$(call guests.c,component)
