//go:build race

package keyvalue_test

// raceEnabled says that sync.Pool drops at random.
const raceEnabled = true
