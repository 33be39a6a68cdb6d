module github.com/wasikv/wasikv/guests/tools

go 1.26.5

require (
	github.com/tetratelabs/wazero v1.9.0 // indirect
	go.bytecodealliance.org v0.7.0 // indirect
)

tool go.bytecodealliance.org/internal/cmd/wasm-tools
