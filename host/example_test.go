package host_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/conform"
	"github.com/wasikv/wasikv/host/wasi"
)

// guest reads a guest that a toolchain made; a program would embed it.
func guest(name string) []byte {
	wasm, err := os.ReadFile("../testdata/guests/" + name)
	if err != nil {
		log.Fatal(err)
	}
	return wasm
}

// Two runs of a command share a cache: what the first computes, the second
// finds.
func Example() {
	ctx := context.Background()
	cache := backends.New(inmem.New(inmem.Options{}), backends.Config{})
	defer cache.Close()
	h, err := host.New(ctx, host.Config{Cache: cache})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx)
	c, err := h.Compile(ctx, guest("rust-readthrough.component.wasm"))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		in, err := c.Instantiate(ctx, host.InstanceConfig{
			Config:    wasi.Config{Args: []string{"readthrough", "tea"}, Stdout: os.Stdout},
			Namespace: "tenant-a",
		})
		if err != nil {
			log.Fatal(err)
		}
		if err := in.Run(ctx); err != nil {
			log.Fatal(err)
		}
		if err := in.Close(ctx); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// computed tea 2.90 EUR
	// hit tea 2.90 EUR
}

// library instantiates a guest whose exports are called.
func library(ctx context.Context) (*host.Instance, func()) {
	cache := backends.New(inmem.New(inmem.Options{}), backends.Config{})
	h, err := host.New(ctx, host.Config{Cache: cache})
	if err != nil {
		log.Fatal(err)
	}
	c, err := h.Compile(ctx, guest("go-shop.component.wasm"))
	if err != nil {
		log.Fatal(err)
	}
	in, err := c.Instantiate(ctx, host.InstanceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	return in, func() {
		in.Close(ctx)
		h.Close(ctx)
		cache.Close()
	}
}

func ExampleInstance_Call() {
	ctx := context.Background()
	in, done := library(ctx)
	defer done()

	v, err := in.Call(ctx, "wasikv:guests/prices@0.1.0#price", component.StringValue("espresso"))
	if err != nil {
		log.Fatal(err)
	}
	text, _ := v.Text()
	fmt.Println(text)

	_, err = in.Call(ctx, "price", component.U32Value(1))
	var wrong *host.TypeError
	fmt.Println(errors.As(err, &wrong), err)

	_, err = in.Call(ctx, "weight", component.StringValue("espresso"))
	fmt.Println(err)
	// Output:
	// computed espresso 2.40 EUR
	// true args[0]: want string, got u32
	// the guest exports no function "weight"; it exports wasikv:guests/prices@0.1.0#price
}

func ExampleInstance_Invoke() {
	ctx := context.Background()
	in, done := library(ctx)
	defer done()

	for _, call := range []string{`price("tea")`, `price(tea)`} {
		v, err := in.Invoke(ctx, call)
		fmt.Println(v, err)
	}
	// Output:
	// "computed tea 2.90 EUR" <nil>
	//  column 7: want a string, such as "x", got tea
}

// A guest that traps says why, and where; it takes no calls afterwards.
func ExampleTrapError() {
	ctx := context.Background()
	cache := backends.New(inmem.New(inmem.Options{}), backends.Config{})
	defer cache.Close()
	h, err := host.New(ctx, host.Config{Cache: cache})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx)
	c, err := h.Compile(ctx, guest("wat-die.component.wasm"))
	if err != nil {
		log.Fatal(err)
	}
	in, err := c.Instantiate(ctx, host.InstanceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close(ctx)

	var trap *host.TrapError
	if err := in.Run(ctx); errors.As(err, &trap) {
		fmt.Println(trap.Reason)
		fmt.Println(trap.Stack[0])
	}
	fmt.Println(errors.Is(in.Run(ctx), host.ErrEnded))
	// Output:
	// unreachable
	// die()
	// true
}

// Everything that is missing is reported at once.
func ExampleMissingImportsError() {
	ctx := context.Background()
	h, err := host.New(ctx, host.Config{}) // without a cache
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx)
	_, err = h.Compile(ctx, guest("wat-die.component.wasm"))
	var missing *host.MissingImportsError
	if errors.As(err, &missing) {
		for _, imp := range missing.Imports {
			fmt.Println(imp.Name + ": " + imp.Reason)
		}
	}
	// Output:
	// wasi:keyvalue/wasi-keyvalue-error@0.1.0: the host does not provide this interface
	// wasi:keyvalue/types@0.1.0: the host does not provide this interface
	// wasi:keyvalue/cache@0.1.0: the host does not provide this interface
}

// A guest conforms if it survives whatever a cache may do.
func Example_conform() {
	report, err := conform.Guest{
		Wasm:      guest("rust-readthrough.component.wasm"),
		Instance:  host.InstanceConfig{Config: wasi.Config{Args: []string{"readthrough"}}},
		Schedules: 5,
	}.Check(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(report.Runs), "runs,", len(report.Failed()), "failed")
	// Output:
	// 6 runs, 0 failed
}
