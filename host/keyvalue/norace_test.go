//go:build !race

package keyvalue_test

const raceEnabled = false
