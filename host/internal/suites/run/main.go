// Command run runs the component model's test suites on the component runtime
// and prints what failed, by file and line, and how many passed.
//
//	go run ./host/internal/suites/run [-v] DIR
//
// The exit status is 1 where a case failed that the list of known failures does
// not have, or one that it has passed.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"

	"github.com/wasikv/wasikv/host/internal/suites"
	"github.com/wasikv/wasikv/host/internal/wast"
)

//go:embed known-failures.txt
var knownFailures []byte

func main() {
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: run DIR") }
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	ok, err := run(context.Background(), flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "suites:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) (ok bool, err error) {
	known, err := wast.ReadKnown(bytes.NewReader(knownFailures))
	if err != nil {
		return false, err
	}
	report, err := wast.Run(ctx, dir, engine{}, known)
	if err != nil {
		return false, err
	}
	if _, err := report.WriteTo(os.Stdout); err != nil {
		return false, err
	}
	ok = report.Ok()
	for _, file := range []struct {
		name string
		run  func(string) (passed, total int, failures []suites.Failure, err error)
	}{
		{"abi-vectors", suites.RunVectors},
		{"abi-lift-mutants", suites.RunMutants},
	} {
		passed, total, failures, err := file.run(dir)
		if err != nil {
			return false, err
		}
		for _, f := range failures {
			fmt.Println(f)
		}
		fmt.Printf("%s %d/%d\n", file.name, passed, total)
		ok = ok && passed == total
	}
	return ok, nil
}
