//go:build !race

package io_test

const raceEnabled = false
