// Package bindings is the root of the Go packages that wit-bindgen-host makes
// from the WIT in the module's wit directory: one per interface and compatible
// range of versions. It holds no code itself, and nothing below it is written
// by hand.
package bindings

//go:generate go run ../cmd/wit-bindgen-host -wit ../wit -world wasikv:host/imports -out . -prune
