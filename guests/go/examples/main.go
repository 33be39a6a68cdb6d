// Examples is a guest that shows the cache in small programs, one a file. The
// first argument chooses: readthrough (the default), basics, ttl, stream,
// fanout or die.
//
//	GOOS=wasip1 GOARCH=wasm go build -o examples.wasm .
//	wasikv run examples.wasm readthrough cappuccino
package main

import (
	"os"
	"strings"
)

var programs = map[string]func(args []string) error{
	"readthrough": readthrough,
	"basics":      basics,
	"ttl":         ttl,
	"stream":      stream,
	"fanout":      fanout,
	"die":         die,
}

func main() {
	name, args := "readthrough", []string(nil)
	if len(os.Args) > 1 {
		name, args = os.Args[1], os.Args[2:]
	}
	program, ok := programs[name]
	if !ok {
		os.Stderr.WriteString("examples: no program " + name + "; want readthrough, basics, ttl, stream, fanout or die\n")
		os.Exit(2)
	}
	if err := program(args); err != nil {
		os.Stderr.WriteString(name + ": " + err.Error() + "\n")
		os.Exit(1)
	}
}

// say prints its arguments as one line of stdout. It does without package fmt,
// which would double the program.
func say(words ...string) { os.Stdout.WriteString(strings.Join(words, " ") + "\n") }

// argument gives the i-th argument, or what stands for it where there is none.
func argument(args []string, i int, absent string) string {
	if i < len(args) {
		return args[i]
	}
	return absent
}
