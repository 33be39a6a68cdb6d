// Command wit-bindgen-host generates Go host bindings from WIT: per interface
// a package with its types, the Go interface that a host implements, and a
// Register function for a component.Linker.
//
// Run it with -help for its flags.
package main

import (
	"os"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/command"
)

func main() { os.Exit(command.Main(os.Args[1:], os.Stdout, os.Stderr)) }
