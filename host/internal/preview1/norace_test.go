//go:build !race

package preview1_test

const interpreted = false
