package keyvalue

import (
	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
	"github.com/wasikv/wasikv/host/component"
)

// Hosts gives the functions that Register defines for a guest.
func Hosts(g *component.Guest, c *backends.Cache) (cache.Host, types.Host) {
	s := open(g, c)
	return s, s
}

// HeldBytes gives what a guest is charged for values outside its memory.
func HeldBytes(g *component.Guest, c *backends.Cache) int { return open(g, c).held }

// Pending counts what a guest has under way, in line and to fill.
func Pending(g *component.Guest, c *backends.Cache) (operations, waiters, vacancies int) {
	s := open(g, c)
	s.tasks.mu.Lock()
	defer s.tasks.mu.Unlock()
	s.claims.mu.Lock()
	defer s.claims.mu.Unlock()
	return s.tasks.count, len(s.claims.waiters), len(s.claims.vacancies)
}

// Running counts the goroutines that work for a guest.
func Running(g *component.Guest, c *backends.Cache) int {
	s := open(g, c)
	s.tasks.mu.Lock()
	defer s.tasks.mu.Unlock()
	return s.tasks.running
}

// DrainTimeout is what the writes of an ending guest are given.
const DrainTimeout = drainTimeout

// NamespaceKey is where Configure keeps the namespace.
var NamespaceKey any = namespaceKey{}
