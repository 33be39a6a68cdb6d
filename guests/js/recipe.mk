# JavaScript: "make guests-js" builds each program into guests/build. They are 13
# MB each, with the engine, and differ from build to build: they are not kept in
# the repository. The manifest lists them all the same.

guests.js-programs := readthrough tour
guests.js-built := $(patsubst %,$(guests.build)/js-%.component.wasm,$(guests.js-programs))
guests.on-demand-rows := $(patsubst %,$(guests.rows)/js-%.component.wasm.json,$(guests.js-programs))

guests.js-sources := guests/js/cache.js guests/js/package.json guests/js/package-lock.json guests/js/recipe.mk guests/wit/guests.wit

ifneq ($(shell command -v npm),)
guests-js: $(guests.js-built) ## build the JavaScript guests (installs jco with npm)
else
guests-js:
	@echo "guests: npm is missing, so the JavaScript guests are not built; install Node.js 20 or newer and run make guests-js again" >&2
endif

guests/js/node_modules/.package-lock.json: guests/js/package.json guests/js/package-lock.json
	@echo "guests: installing jco into guests/js/node_modules with npm (340 MB)"
	cd guests/js && npm install --no-save --no-audit --no-fund --loglevel=error # npm ci wants the optional packages of other platforms
	touch $@

$(guests.build)/js-%.component.wasm: guests/js/%.js $(guests.js-sources) guests/js/node_modules/.package-lock.json | $(guests.build)/wit/stamp
	cd guests/js && node_modules/.bin/jco componentize $*.js --bundle --wit $(abspath $(guests.build)/wit) --world-name command \
		--disable http --disable fetch-event --disable random --out $(abspath $@)

$(guests.on-demand-rows): $(guests.rows)/js-%.component.wasm.json: guests/js/%.js $(guests.js-sources) | $(guests.manifest)
	$(guests.manifest) row -rows $(guests.rows) -language JavaScript -form component -recipe guests/js/recipe.mk -on-demand \
		js-$*.component.wasm $^
