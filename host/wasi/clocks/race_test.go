//go:build race

package clocks_test

// raceEnabled says that sync.Pool drops at random.
const raceEnabled = true
