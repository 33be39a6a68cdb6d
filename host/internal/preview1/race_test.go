//go:build race

package preview1_test

// interpreted runs the guest without compiling it, which takes the race
// detector most of a minute.
const interpreted = true
