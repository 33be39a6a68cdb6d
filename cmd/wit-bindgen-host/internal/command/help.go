package command

const help = `wit-bindgen-host: Go host bindings from WIT

Usage:
  wit-bindgen-host -world WORLD [-wit DIR] [-out DIR] [flags]
  wit-bindgen-host -interface INTERFACE [flags]

For each interface that the world imports (or that is named), and for those
whose types it uses, a Go package is written to
OUT/NAMESPACE/PACKAGE/vTRACK/INTERFACE with

  types          Go types for the interface's records, variants, resources, …
  Host           the Go interface to implement, for functions outside resources
  Register       offers an implementation to guests through a component.Linker
  RegisterEach   the same with an implementation per guest

Flags:
  -wit DIR              WIT: a directory of one package with its dependencies
                        in DIR/deps, or a file (default wit)
  -world WORLD          a world whose imports to bind, "name" or
                        "ns:pkg/name@1.0.0"; may be repeated
  -interface INTERFACE  an interface to bind, "name" or "ns:pkg/name@1.0.0";
                        may be repeated
  -feature FEATURE      take what is @unstable(feature = FEATURE) along; may be
                        repeated
  -out DIR              the root of the output (default .)
  -package-prefix PATH  the import path of the output's root (default: from the
                        go.mod above it)
  -map PKG=PATH         the bindings of a WIT package exist at PATH, so use
                        them: wasi:io@0.2=example.com/bindings/wasi/io/v0_2;
                        may be repeated
  -no-default-maps      generate also what wasikv has bindings of (wasi:io,
                        wasi:clocks, wasi:random, wasi:cli, wasi:filesystem,
                        wasi:keyvalue); by default those are shared
  -prune                delete generated files in the output that this run
                        does not write
  -check                write nothing; fail where the output is not up to date
  -help                 this text

Example: add it to your module as a tool,
  go get -tool github.com/wasikv/wasikv/cmd/wit-bindgen-host
and say in a Go file beside the directory wit
  //go:generate go tool wit-bindgen-host -world host -out bindings
`
