package validate

import (
	"strings"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/types"
)

// kind tells the shape of a type.
type kind uint8

const (
	kindPrimitive kind = iota
	kindRecord
	kindVariant
	kindList
	kindTuple
	kindFlags
	kindEnum
	kindOption
	kindResult
	kindOwn
	kindBorrow
	kindFunc
	kindInstance
	kindComponent
	kindResource
)

var kindNames = [...]string{
	"primitive type", "record", "variant", "list", "tuple", "flags", "enum", "option", "result", "own", "borrow",
	"function type", "instance type", "component type", "resource type",
}

func (k kind) String() string { return kindNames[k] }

// an puts the indefinite article before a noun.
func an(noun string) string {
	if strings.IndexByte("aeio", noun[0]) >= 0 {
		return "an " + noun
	}
	return "a " + noun
}

// isValue reports whether the type is a value type.
func (k kind) isValue() bool { return k < kindFunc }

// resource is the identity of a resource type.
type resource uint32

// typ is a type. It is not written after newType made it.
type typ struct {
	kind      kind
	primitive binary.Primitive // kindPrimitive
	resource  resource         // kindResource
	// alias tells the names of one resource type apart: a resource is named
	// where this very name of it was imported or exported.
	alias uint32

	// borrow says that the type has a borrow in it, open that it mentions a
	// resource, bound or free.
	borrow, open bool
	depth        uint8
	size         uint32 // how many types it is made of, shared ones each time

	names []string // fields, cases, labels, parameters
	// parts are fields, elements, payloads (nil: none; of a result, ok and
	// error), parameters; of own and borrow, the resource type.
	parts  []*typ
	result *typ // kindFunc; nil: none
	outer  *interfaceType
}

// interfaceType is what a component or instance type has beyond a typ.
type interfaceType struct {
	imports members // component
	exports members
	// imported and defined are the resource types that the type binds:
	// those that its imports bring in, and those that it makes, with where they
	// are in imports and exports.
	imported, defined []bound
	// explicit gives, for each resource type that is exported, where.
	explicit map[resource]path
}

// path leads to a type: the index of an import or export, and from there of
// exports of instances.
type path []int

// prefixed is the path as seen from where the instance is number i.
func (p path) prefixed(i int) path { return append(path{i}, p...) }

// bound is a resource type that a component or instance type binds.
type bound struct {
	resource resource
	path     path
}

// entity is what a name stands for.
type entity struct {
	sort binary.Sort // CoreModuleSort, Func, Value, TypeSort, ComponentSort, InstanceSort
	// typ is the type of the item; for TypeSort, the type itself, under the
	// name that the import or export makes for it.
	typ *typ
	// source is, for TypeSort, the type that typ is a name of; typ itself where
	// that is a new resource.
	source *typ
	module *moduleType // CoreModuleSort
}

// member is a named item of a component or instance.
type member struct {
	name string
	entity
}

// members are named items, in order.
type members struct {
	list  []member
	index map[string]int
}

func (m *members) get(name string) *member {
	if i, ok := m.index[name]; ok {
		return &m.list[i]
	}
	return nil
}

// add reports false where the name is taken.
func (m *members) add(name string, e entity) bool {
	if _, taken := m.index[name]; taken {
		return false
	}
	if m.index == nil {
		m.index = map[string]int{}
	}
	m.index[name] = len(m.list)
	m.list = append(m.list, member{name, e})
	return true
}

// identity is what tells whether a type was named: a node, or, for resources,
// one name of one.
type identity struct {
	node     *typ
	resource resource
	alias    uint32
}

func (t *typ) identity() identity {
	if t.kind == kindResource {
		return identity{resource: t.resource, alias: t.alias}
	}
	return identity{node: t}
}

var primitiveTypes = func() map[binary.Primitive]*typ {
	m := map[binary.Primitive]*typ{}
	for p := binary.String; p <= binary.Bool; p++ {
		m[p] = &typ{kind: kindPrimitive, primitive: p, size: 1, depth: 1}
	}
	return m
}()

// newType sums up a type that has its parts, and checks its limits.
func (v *validator) newType(t typ) *typ {
	v.spend(nodeCost)
	size, depth := uint64(1), uint8(0)
	include := func(p *typ) {
		if p == nil {
			return
		}
		size += uint64(p.size)
		depth = max(depth, p.depth)
		t.borrow = t.borrow || p.borrow
		t.open = t.open || p.open
	}
	t.borrow, t.open = t.kind == kindBorrow, t.kind == kindResource
	for _, p := range t.parts {
		include(p)
	}
	include(t.result)
	if t.outer != nil {
		for _, list := range [][]member{t.outer.imports.list, t.outer.exports.list} {
			v.spend(len(list))
			for i := range list {
				include(list[i].typ)
				size++
			}
		}
		t.borrow = false
	}
	if size > types.MaxNodes {
		v.fail(RuleLimit, "the type is made of more than %d types", types.MaxNodes)
	}
	if depth >= types.MaxDepth {
		v.fail(RuleLimit, "the type nests deeper than %d", types.MaxDepth)
	}
	t.size, t.depth = uint32(size), depth+1
	return &t
}

// newResource makes a resource type that is like no other.
func (v *validator) newResource() *typ {
	v.resources++
	return v.newType(typ{kind: kindResource, resource: v.resources})
}

// rename makes a name of its own for a type.
func (v *validator) rename(t *typ) *typ {
	v.spend(nodeCost)
	v.aliases++
	n := *t
	n.alias = v.aliases
	return &n
}
