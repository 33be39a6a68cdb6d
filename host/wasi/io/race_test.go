//go:build race

package io_test

// raceEnabled says that sync.Pool drops at random.
const raceEnabled = true
