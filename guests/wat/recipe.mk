# WAT: each .wat here becomes wat-NAME. Needs no compiler but wasm-tools.

guests.built += $(addprefix $(guests.out)/,wat-nop.component.wasm wat-readthrough.component.wasm \
	wat-die.wasm wat-die.component.wasm \
	wat-bench.wasm wat-bench.component.wasm wat-bench-shim.component.wasm)

guests.wat = $(call guests.row,WAT,$(1),$(guests.wasm-tools) --version)

# The text of a component to its binary: nothing is above the threshold, so that
# no module is taken out.
guests.assemble = $(guests.wasm-tools) component unbundle --module-dir $(guests.build) --threshold 4294967295

$(guests.out)/wat-%.component.wasm: guests/wat/%.wat guests/wat/recipe.mk | $(guests.tools)
	mkdir -p $(@D)
	$(guests.assemble) $< > $@
	$(call guests.wat,component)

# A core module is embedded into its world as a component's would be, which also
# checks it, and the mark of that removed.
$(guests.out)/wat-die.wasm: guests/wat/die.wat guests/wat/recipe.mk | $(guests.tools) $(guests.build)/wit/stamp
	mkdir -p $(@D)
	$(call guests.embed,command,$<) | $(guests.coremodule) -drop component-type > $@
	$(call guests.wat,core module)
$(guests.out)/wat-die.component.wasm: guests/wat/die.wat guests/wat/recipe.mk guests/wit/guests.wit | $(guests.tools) $(guests.build)/wit/stamp
	mkdir -p $(@D)
	$(call guests.embed,command,$<) | $(call guests.new,-) > $@
	$(call guests.wat,component)

$(guests.out)/wat-bench.wasm: guests/wat/bench.wat guests/wat/bench.wit guests/wat/recipe.mk | $(guests.tools) $(guests.build)/wit/stamp
	mkdir -p $(@D)
	$(call guests.embed,wasikv:bench/bench,$<) | $(guests.coremodule) -drop component-type > $@
	$(call guests.wat,core module)
$(guests.out)/wat-bench-shim.component.wasm: guests/wat/bench.wat guests/wat/bench.wit guests/wat/recipe.mk | $(guests.tools) $(guests.build)/wit/stamp
	mkdir -p $(@D)
	$(call guests.embed,wasikv:bench/bench,$<) | $(call guests.new,-) > $@
	$(call guests.wat,component)

# Spliced into the component written by hand, the module imports its memory.
$(guests.out)/wat-bench.component.wasm: guests/wat/bench.component.wat guests/wat/bench.wat guests/wat/recipe.mk | $(guests.tools)
	mkdir -p $(@D)
	sed -e 's/^(module/(core module $$main/' -e 's/^  (memory .*/  (import "env" "memory" (memory 1))/' \
		guests/wat/bench.wat > $(guests.build)/bench.main.wat
	sed -e '/;;MAIN/{r $(guests.build)/bench.main.wat' -e 'd}' $< > $(guests.build)/bench.component.wat
	$(guests.assemble) $(guests.build)/bench.component.wat > $@
	$(call guests.wat,component)
