package binary

// Component is a decoded component: its definitions in binary order, since
// each may refer only to those before it.
type Component struct {
	Defs []Def
	// Custom are the custom sections, in order; they are not checked.
	Custom []Custom
}

// Custom is a custom section; Bytes alias the file.
type Custom struct {
	At
	Name  string
	Bytes []byte
}

// Def is a definition: a *CoreModule, *CoreInstance, *CoreType, *Nested,
// *Instance, *Alias, *Type, *Canon, *Import or *Export.
type Def interface {
	// Pos is the offset of the definition in the outermost file.
	Pos() int64
}

// At is the offset of a definition; it is embedded in each.
type At int64

// Pos implements Def.
func (a At) Pos() int64 { return int64(a) }

// Sort is an index space.
type Sort uint8

// The sorts. Core sorts and component sorts share one type.
const (
	CoreFunc Sort = iota
	CoreTable
	CoreMemory
	CoreGlobal
	CoreTag
	CoreTypeSort
	CoreModuleSort
	CoreInstanceSort
	Func
	Value
	TypeSort
	ComponentSort
	InstanceSort
)

var sortNames = [...]string{
	"core function", "core table", "core memory", "core global", "core tag", "core type", "core module",
	"core instance", "function", "value", "type", "component", "instance",
}

// String names the sort.
func (s Sort) String() string { return sortNames[s] }

// CoreModule is an embedded core module; Bytes alias the file.
type CoreModule struct {
	At
	Bytes []byte
}

// Nested is a nested component.
type Nested struct {
	At
	Component *Component
}

// CoreInstance instantiates a core module or bundles core items.
type CoreInstance struct {
	At
	Instantiate bool
	Module      uint32       // Instantiate
	Args        []CoreArg    // Instantiate
	Exports     []CoreExport // otherwise
}

// CoreArg gives a core instance as the imports under one module name.
type CoreArg struct {
	Name     string
	Instance uint32
}

// CoreExport is an item of a bundled core instance.
type CoreExport struct {
	Name  string
	Sort  Sort
	Index uint32
}

// Instance instantiates a component or bundles component items.
type Instance struct {
	At
	Instantiate bool
	Component   uint32         // Instantiate
	Args        []Arg          // Instantiate
	Exports     []InlineExport // otherwise
}

// Arg is an argument of a component instantiation.
type Arg struct {
	Name  string
	Sort  Sort
	Index uint32
}

// InlineExport is an item of a bundled instance.
type InlineExport struct {
	Name  string
	Sort  Sort
	Index uint32
}

// AliasTarget tells the three kinds of alias apart.
type AliasTarget uint8

// The alias targets.
const (
	AliasExport     AliasTarget = iota // export of a component instance
	AliasCoreExport                    // export of a core instance
	AliasOuter                         // definition of an enclosing component
)

// Alias brings an item into an index space.
type Alias struct {
	At
	Sort     Sort
	Target   AliasTarget
	Instance uint32 // AliasExport, AliasCoreExport
	Name     string // AliasExport, AliasCoreExport
	Count    uint32 // AliasOuter: how many components out
	Index    uint32 // AliasOuter
}

// Import is a component import.
type Import struct {
	At
	Name string
	Desc ExternDesc
}

// Export is a component export; Desc, if any, is the type it is given.
type Export struct {
	At
	Name  string
	Sort  Sort
	Index uint32
	Desc  *ExternDesc
}

// ExternDesc is the type of an import or export.
type ExternDesc struct {
	Sort  Sort    // CoreModuleSort, Func, Value, TypeSort, ComponentSort, InstanceSort
	Index uint32  // the type; for TypeSort with Bound Eq, the type it equals
	Bound Bound   // TypeSort
	Value ValType // Value
}

// Bound is what is known of an imported or exported type.
type Bound uint8

// The bounds.
const (
	Eq          Bound = iota // the same type
	SubResource              // some resource type, a new one
)

// ValType is a value type in place: a primitive or a type index.
type ValType struct {
	Primitive Primitive // 0: Index counts
	Index     uint32
}

// Primitive is a primitive value type, by its binary code.
type Primitive byte

// The primitive value types.
const (
	Bool   Primitive = 0x7f
	S8     Primitive = 0x7e
	U8     Primitive = 0x7d
	S16    Primitive = 0x7c
	U16    Primitive = 0x7b
	S32    Primitive = 0x7a
	U32    Primitive = 0x79
	S64    Primitive = 0x78
	U64    Primitive = 0x77
	F32    Primitive = 0x76
	F64    Primitive = 0x75
	Char   Primitive = 0x74
	String Primitive = 0x73
)

// CoreType is a core function or module type.
type CoreType struct {
	At
	Func   *CoreFuncType   // one of Func
	Module *CoreModuleType // and Module
}

// CoreFuncType is a core function type.
type CoreFuncType struct {
	Params, Results []CoreVal
	// Open says that the type may have subtypes. No module that this host can
	// run has such a type, so one matches only what declares it.
	Open bool
}

// CoreVal is a core value type. The shortest encoding names each type, so
// that types which refer to no type index are the same when they are equal.
type CoreVal struct {
	// Code is the binary code: a number, vector or reference type (0x70
	// funcref), CoreRef or CoreRefNull.
	Code byte
	// Heap is, for CoreRef, the heap type: a core type index, or a negative
	// number for an abstract one. For CoreRefNull it is a core type index.
	Heap int64
}

// Core value types by their binary codes.
const (
	CoreI32       = 0x7f
	CoreI64       = 0x7e
	CoreF32       = 0x7d
	CoreF64       = 0x7c
	CoreV128      = 0x7b
	CoreFuncRef   = 0x70
	CoreExternRef = 0x6f
	CoreRef       = 0x64 // (ref Heap)
	CoreRefNull   = 0x63 // (ref null Heap)
)

// CoreModuleType is the type of a core module.
type CoreModuleType struct {
	Defs []CoreModuleDef
}

// CoreModuleDef is a declaration inside a core module type: exactly one field
// is set.
type CoreModuleDef struct {
	Type   *CoreFuncType
	Outer  *Alias // an outer core type
	Import *CoreImport
	Export *CoreExternDecl
}

// CoreImport is an import declared by a core module type.
type CoreImport struct {
	Module string
	CoreExternDecl
}

// CoreExternDecl is a core item with its type.
type CoreExternDecl struct {
	Name string
	Sort Sort   // CoreFunc, CoreTable, CoreMemory, CoreGlobal
	Type uint32 // CoreFunc: index of a core type of the module type
	// Table, memory and global types.
	Elem    CoreVal // CoreTable
	Val     CoreVal // CoreGlobal
	Mutable bool    // CoreGlobal
	Min     uint32  // CoreTable: elements; CoreMemory: pages of 64 KiB
	Max     *uint32
}

// TypeKind tells what a Type defines.
type TypeKind uint8

// The kinds of type definition.
const (
	TypePrimitive TypeKind = iota
	TypeRecord
	TypeVariant
	TypeList
	TypeTuple
	TypeFlags
	TypeEnum
	TypeOption
	TypeResult
	TypeOwn
	TypeBorrow
	TypeFunc
	TypeComponent
	TypeInstance
	TypeResource
)

// Type is a type definition.
type Type struct {
	At
	Kind TypeKind

	Primitive Primitive // TypePrimitive
	Fields    []Field   // TypeRecord; TypeTuple with empty names; TypeVariant cases
	Labels    []string  // TypeFlags, TypeEnum
	Elem      ValType   // TypeList, TypeOption
	Ok, Err   *ValType  // TypeResult
	Resource  uint32    // TypeOwn, TypeBorrow

	Params []Field  // TypeFunc
	Result *ValType // TypeFunc

	// Decls are the declarations of TypeComponent and TypeInstance: *CoreType,
	// *Type, *Alias, *Import (components only) and *ExportDecl, in order.
	Decls []Def

	Dtor *uint32 // TypeResource: core function
}

// Field is a record field, tuple element, variant case or parameter.
type Field struct {
	Name string
	Type *ValType // nil: a case without payload
}

// ExportDecl declares an export in a component or instance type.
type ExportDecl struct {
	At
	Name string
	Desc ExternDesc
}

// CanonKind tells the canonical definitions apart.
type CanonKind uint8

// The canonical definitions of the 0.2 model.
const (
	CanonLift CanonKind = iota
	CanonLower
	ResourceNew
	ResourceDrop
	ResourceRep
)

// Canon is a canonical definition.
type Canon struct {
	At
	Kind    CanonKind
	Func    uint32 // CanonLift: core function; CanonLower: function
	Type    uint32 // CanonLift: function type; Resource…: resource type
	Options Options
}

// Options are canonical options.
type Options struct {
	Encoding   Encoding
	Memory     *uint32
	Realloc    *uint32
	PostReturn *uint32
}

// Encoding is a string encoding option.
type Encoding uint8

// The string encodings.
const (
	UTF8 Encoding = iota
	UTF16
	Latin1UTF16
)
