package plan

import (
	"errors"
	"fmt"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/types"
)

// primitiveKinds maps binary codes to kinds, from 0x7f down.
var primitiveKinds = [...]types.Kind{
	types.Bool, types.S8, types.U8, types.S16, types.U16, types.S32, types.U32, types.S64, types.U64,
	types.F32, types.F64, types.Char, types.String,
}

func primitive(p binary.Primitive) (*types.Type, error) {
	if i := 0x7f - int(p); i >= 0 && i < len(primitiveKinds) {
		return types.Primitive(primitiveKinds[i]), nil
	}
	return nil, fmt.Errorf("unknown primitive type %#x", byte(p))
}

// valType resolves a value type.
func (e *evaluation) valType(s *scope, v binary.ValType) (*types.Type, error) {
	if v.Primitive != 0 {
		return primitive(v.Primitive)
	}
	d, err := at(s.types, v.Index, "type")
	if err != nil {
		return nil, err
	}
	t, ok := d.(*types.Type)
	if !ok {
		return nil, fmt.Errorf("type %d is not a value type", v.Index)
	}
	return t, nil
}

func (e *evaluation) optionalType(s *scope, v *binary.ValType) (*types.Type, error) {
	if v == nil {
		return nil, nil
	}
	return e.valType(s, *v)
}

func (e *evaluation) resource(s *scope, index uint32) (*types.Resource, error) {
	d, err := at(s.types, index, "type")
	if err != nil {
		return nil, err
	}
	r, ok := d.(*types.Resource)
	if !ok {
		return nil, fmt.Errorf("type %d is not a resource", index)
	}
	return r, nil
}

func (e *evaluation) fields(s *scope, in []binary.Field) ([]types.Field, error) {
	out := make([]types.Field, len(in))
	for i, f := range in {
		if f.Type == nil {
			return nil, fmt.Errorf("%q has no type", f.Name)
		}
		t, err := e.valType(s, *f.Type)
		if err != nil {
			return nil, err
		}
		out[i] = types.Field{Name: f.Name, Type: t}
	}
	return out, nil
}

// typeDef evaluates a type definition to a typedef.
func (e *evaluation) typeDef(s *scope, d *binary.Type) (any, error) {
	switch d.Kind {
	case binary.TypePrimitive:
		return primitive(d.Primitive)
	case binary.TypeRecord:
		fields, err := e.fields(s, d.Fields)
		if err != nil {
			return nil, err
		}
		return types.NewRecord(fields)
	case binary.TypeTuple:
		fields, err := e.fields(s, d.Fields)
		if err != nil {
			return nil, err
		}
		elems := make([]*types.Type, len(fields))
		for i := range fields {
			elems[i] = fields[i].Type
		}
		return types.NewTuple(elems)
	case binary.TypeVariant:
		cases := make([]types.Case, len(d.Fields))
		for i, f := range d.Fields {
			t, err := e.optionalType(s, f.Type)
			if err != nil {
				return nil, err
			}
			cases[i] = types.Case{Name: f.Name, Type: t}
		}
		return types.NewVariant(cases)
	case binary.TypeList:
		t, err := e.valType(s, d.Elem)
		if err != nil {
			return nil, err
		}
		return types.NewList(t)
	case binary.TypeOption:
		t, err := e.valType(s, d.Elem)
		if err != nil {
			return nil, err
		}
		return types.NewOption(t)
	case binary.TypeResult:
		ok, err := e.optionalType(s, d.Ok)
		if err != nil {
			return nil, err
		}
		bad, err := e.optionalType(s, d.Err)
		if err != nil {
			return nil, err
		}
		return types.NewResult(ok, bad)
	case binary.TypeFlags:
		return types.NewFlags(d.Labels)
	case binary.TypeEnum:
		return types.NewEnum(d.Labels)
	case binary.TypeOwn, binary.TypeBorrow:
		r, err := e.resource(s, d.Resource)
		if err != nil {
			return nil, err
		}
		if d.Kind == binary.TypeOwn {
			return types.NewOwn(r), nil
		}
		return types.NewBorrow(r), nil
	case binary.TypeFunc:
		params, err := e.fields(s, d.Params)
		if err != nil {
			return nil, err
		}
		result, err := e.optionalType(s, d.Result)
		if err != nil {
			return nil, err
		}
		return types.NewFunc(params, result)
	case binary.TypeComponent, binary.TypeInstance:
		return &interfaceType{def: d, outer: s}, nil
	case binary.TypeResource:
		return e.defineResource(s, d)
	}
	return nil, fmt.Errorf("unknown type definition %d", d.Kind)
}

// defineResource makes a resource type of the component instance at hand.
func (e *evaluation) defineResource(s *scope, d *binary.Type) (*types.Resource, error) {
	r := &types.Resource{Definer: s.owner, Index: len(e.plan.Resources)}
	res := Resource{Type: r, Owner: s.owner}
	if d.Dtor != nil {
		item, err := at(s.coreFuncs, *d.Dtor, "core function")
		if err != nil {
			return nil, err
		}
		res.Dtor = &item
	}
	e.plan.Resources = append(e.plan.Resources, res)
	return r, nil
}

// declarations evaluates an instance type against something that provides its
// exports: it is how a root import gets its concrete types.
func (e *evaluation) declarations(it *interfaceType, provide func(s *scope, d *binary.ExportDecl) (any, error)) (*instance, error) {
	s := &scope{outer: it.outer, owner: it.outer.owner}
	for _, d := range it.def.Decls {
		if e.definitions++; e.definitions > maxDefinitions {
			return nil, fmt.Errorf("the component evaluates more than %d definitions", maxDefinitions)
		}
		switch d := d.(type) {
		case *binary.CoreType, *binary.Type, *binary.Alias:
			if err := e.definition(s, d, nil); err != nil {
				return nil, err
			}
		case *binary.ExportDecl:
			item, err := provide(s, d)
			if err != nil {
				return nil, err
			}
			s.exports = append(s.exports, export{d.Name, item})
			s.add(item)
		default:
			return nil, errors.New("an instance type declares types, aliases and exports")
		}
	}
	return newInstance(s.exports), nil
}
