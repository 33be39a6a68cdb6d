package main

import (
	"errors"
	"os"

	"github.com/wasikv/wasikv/guests/go/cache"
)

// die [trap|exit|panic] [DRINK] ends without filling the vacancy that it holds.
// Whoever waits for the same drink in readthrough then finds out the price
// instead: a vacancy does not outlive its guest.
func die(args []string) error {
	entry, err := cache.StartGetOrSet("price:" + argument(args, 1, "espresso")).Wait()
	if err != nil {
		return err
	}
	if entry.Vacant == nil {
		return errors.New("the price is known already, so there is no vacancy to hold")
	}
	say("holding the vacancy")
	switch how := argument(args, 0, "trap"); how {
	case "trap":
		// A string that is not UTF-8 cannot cross the boundary: the host ends the
		// guest on the spot.
		cache.Exists("\xff")
		return errors.New("the host took a key that is not UTF-8")
	case "exit":
		os.Exit(3)
	case "panic":
		panic("as asked")
	default:
		return errors.New("die how? trap, exit or panic, not " + how)
	}
	return nil
}
