// Shop is a guest that is called instead of run: a component that exports
// wasikv:guests/prices. It shows what a Go author writes for an export of their
// own, with package canon for the strings.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o shop.wasm .
//
// and then the componentizing that the README beside this module describes.
package main

import (
	"time"

	"github.com/wasikv/wasikv/guests/go/cache"
	"github.com/wasikv/wasikv/guests/go/canon"
)

var menu = map[string]string{
	"espresso":   "2.40 EUR",
	"cappuccino": "3.60 EUR",
	"tea":        "2.90 EUR",
}

//go:wasmexport wasikv:guests/prices@0.1.0#price
func price(ptr, n uint32) uint32 {
	return canon.ReturnString(ask(canon.String(ptr, n)))
}

//go:wasmexport cabi_post_wasikv:guests/prices@0.1.0#price
func pricePostReturn(uint32) { canon.Released() }

func ask(drink string) string {
	listed, ok := menu[drink]
	if !ok {
		return "unknown"
	}
	price, hit, err := cache.GetOrSet("price:"+drink, cache.For(time.Minute), func() ([]byte, error) {
		time.Sleep(50 * time.Millisecond) // stands for a slow call to somewhere else
		return []byte(drink + " " + listed), nil
	})
	switch {
	case err != nil:
		// The price is known even where the cache is not to be had.
		return "computed " + drink + " " + listed
	case hit:
		return "hit " + string(price)
	}
	return "computed " + string(price)
}

// main is what Go wants of a program; a reactor never calls it.
func main() {}
