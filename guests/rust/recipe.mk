# Rust: each program here becomes a component, with the standard library for
# wasm32-unknown-unknown. Debian's compiler is named by its path: a rustup in
# front of it seldom has that target.

GUESTS_RUSTC ?= /usr/bin/rustc
GUESTS_RUST_LINKER ?= wasm-ld-14

guests.rust-programs := readthrough tour
guests.built += $(patsubst %,$(guests.out)/rust-%.component.wasm,$(guests.rust-programs))

.PHONY: guests-rust-compiler
guests-rust-compiler:
	@$(call guests.install,$(GUESTS_RUSTC),rustc libstd-rust-dev-wasm32 lld-14)

$(guests.out)/rust-%.component.wasm: guests/rust/%.rs guests/rust/console.rs guests/rust/wasikv_cache.rs guests/rust/recipe.mk \
		guests/wit/guests.wit | $(guests.tools) $(guests.build)/wit/stamp guests-rust-compiler
	mkdir -p $(@D)
	$(GUESTS_RUSTC) --edition 2021 --crate-type cdylib --target wasm32-unknown-unknown -D warnings \
		-C opt-level=s -C lto -C codegen-units=1 -C panic=abort -C strip=symbols -C linker=$(GUESTS_RUST_LINKER) \
		-o $(guests.build)/rust-$*.wasm $<
	$(call guests.embed,command,$(guests.build)/rust-$*.wasm) | $(call guests.new,-) > $@
	$(call guests.row,Rust,component,$(GUESTS_RUSTC) --version)
