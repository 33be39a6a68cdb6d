package main

import (
	"bufio"
	"errors"
	"os"
	"time"

	"github.com/wasikv/wasikv/guests/go/cache"
)

// readthrough [DRINK…] asks what drinks cost; with "-" it reads the drinks from
// stdin, one a line. Finding out is slow, so a price is kept for a minute, or for
// what PRICE_TTL says: however many guests ask at once, one finds out.
func readthrough(args []string) error {
	ttl := cache.For(time.Minute)
	if s := os.Getenv("PRICE_TTL"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			return err
		}
		ttl = cache.For(d)
	}
	switch {
	case len(args) == 0:
		return askPrice("espresso", ttl)
	case args[0] == "-":
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if err := askPrice(lines.Text(), ttl); err != nil {
				return err
			}
		}
		return lines.Err()
	}
	for _, drink := range args {
		if err := askPrice(drink, ttl); err != nil {
			return err
		}
	}
	return nil
}

func askPrice(drink string, ttl cache.TTL) error {
	price, hit, err := cache.GetOrSet("price:"+drink, ttl, func() ([]byte, error) {
		return lookUpPrice(drink)
	})
	if err != nil {
		return err
	}
	if hit {
		say("hit", string(price))
	} else {
		say("computed", string(price))
	}
	return nil
}

var menu = map[string]string{
	"espresso":   "2.40 EUR",
	"cappuccino": "3.60 EUR",
	"tea":        "2.90 EUR",
}

// lookUpPrice stands for a slow call to somewhere else.
func lookUpPrice(drink string) ([]byte, error) {
	time.Sleep(50 * time.Millisecond)
	price, ok := menu[drink]
	if !ok {
		return nil, errors.New("there is no " + drink + " on the menu")
	}
	return []byte(drink + " " + price), nil
}
