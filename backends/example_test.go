package backends_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/wasikv/wasikv/backends"
	_ "github.com/wasikv/wasikv/backends/inmem"
)

// One caller is given the vacancy and computes; all others get what it fills
// in.
func ExampleNamespace_GetOrSet() {
	ctx := context.Background()
	cache, err := backends.Open(ctx, "mem:?max-bytes=64MiB")
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	ns, err := cache.Namespace("prices")
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		entry, err := ns.GetOrSet(ctx, "espresso")
		if err != nil {
			log.Fatal(err)
		}
		if entry.Vacancy == nil {
			fmt.Printf("hit %s\n", entry.Value)
			continue
		}
		fmt.Println("computed")
		if err := entry.Vacancy.Fill(ctx, []byte("2.40 EUR"), backends.TTLOf(time.Minute)); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// computed
	// hit 2.40 EUR
}
