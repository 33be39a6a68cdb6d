package plan

import (
	"errors"
	"fmt"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/types"
)

// canon evaluates a canonical definition.
func (e *evaluation) canon(s *scope, d *binary.Canon) error {
	switch d.Kind {
	case binary.CanonLift:
		return e.lift(s, d)
	case binary.CanonLower:
		return e.lower(s, d)
	}
	r, err := e.resource(s, d.Type)
	if err != nil {
		return err
	}
	l := Lowered{Owner: s.owner, Resource: r, Params: []types.CoreType{types.I32}}
	switch d.Kind {
	case binary.ResourceNew:
		l.Kind, l.Name, l.Results = ResourceNew, "resource.new", l.Params
	case binary.ResourceRep:
		l.Kind, l.Name, l.Results = ResourceRep, "resource.rep", l.Params
	case binary.ResourceDrop:
		l.Kind, l.Name = ResourceDrop, "resource.drop"
	}
	if l.Kind != ResourceDrop && r.Definer != s.owner {
		return fmt.Errorf("%s of a resource that the component does not define", l.Name)
	}
	s.coreFuncs = append(s.coreFuncs, e.addLowered(l))
	return nil
}

func (e *evaluation) addLowered(l Lowered) Item {
	e.plan.Lowered = append(e.plan.Lowered, l)
	return Item{Instance: -1, Lowered: len(e.plan.Lowered) - 1}
}

func (e *evaluation) lift(s *scope, d *binary.Canon) error {
	item, err := at(s.coreFuncs, d.Func, "core function")
	if err != nil {
		return err
	}
	td, err := at(s.types, d.Type, "type")
	if err != nil {
		return err
	}
	t, ok := td.(*types.Func)
	if !ok {
		return fmt.Errorf("type %d is not a function type", d.Type)
	}
	opts, err := e.options(s, d.Options)
	if err != nil {
		return err
	}
	l := &Lifted{Core: item, Frame: e.frame(opts), Type: t}
	if d.Options.PostReturn != nil {
		post, err := at(s.coreFuncs, *d.Options.PostReturn, "core function")
		if err != nil {
			return err
		}
		l.PostReturn = &post
	}
	s.funcs = append(s.funcs, &function{typ: t, index: -1, lifted: l})
	return nil
}

func (e *evaluation) lower(s *scope, d *binary.Canon) error {
	f, err := at(s.funcs, d.Func, "function")
	if err != nil {
		return err
	}
	opts, err := e.options(s, d.Options)
	if err != nil {
		return err
	}
	if d.Options.PostReturn != nil {
		return errors.New("canon lower takes no post-return")
	}
	l := Lowered{Owner: s.owner, Frame: e.frame(opts), Type: f.typ, Name: f.name}
	l.Params, l.Results = f.typ.Core(types.Lower)
	if f.lifted != nil {
		l.Kind, l.Lifted = CallGuest, e.liftedIndex(f)
	} else {
		l.Kind, l.Interface, l.Func = CallHost, f.iface, f.host
	}
	s.coreFuncs = append(s.coreFuncs, e.addLowered(l))
	return nil
}

// liftedIndex gives a lifted function its place in the plan.
func (e *evaluation) liftedIndex(f *function) int {
	if f.index < 0 {
		f.index = len(e.plan.Lifted)
		f.lifted.Name = f.name
		e.plan.Lifted = append(e.plan.Lifted, *f.lifted)
	}
	return f.index
}

func (e *evaluation) options(s *scope, o binary.Options) (Options, error) {
	out := Options{Owner: s.owner}
	switch o.Encoding {
	case binary.UTF16:
		out.Encoding = abi.UTF16
	case binary.Latin1UTF16:
		out.Encoding = abi.Latin1UTF16
	}
	for _, ref := range []struct {
		index *uint32
		space []Item
		what  string
		to    **Item
	}{
		{o.Memory, s.coreMemories, "core memory", &out.Memory},
		{o.Realloc, s.coreFuncs, "core function", &out.Realloc},
	} {
		if ref.index == nil {
			continue
		}
		item, err := at(ref.space, *ref.index, ref.what)
		if err != nil {
			return out, err
		}
		*ref.to = &item
	}
	return out, nil
}

// frame gives the index of canonical options, the same for the same options.
func (e *evaluation) frame(o Options) int {
	key := fmt.Sprint(o.Owner, "/", o.Encoding, "/", itemKey(o.Memory), "/", itemKey(o.Realloc))
	if i, ok := e.frames[key]; ok {
		return i
	}
	i := len(e.plan.Frames)
	e.frames[key] = i
	e.plan.Frames = append(e.plan.Frames, o)
	e.plan.Steps = append(e.plan.Steps, Step{Kind: BindFrame, Index: i})
	return i
}

func itemKey(i *Item) string {
	if i == nil {
		return ""
	}
	return fmt.Sprintf("%d:%d:%q", i.Instance, i.Lowered, i.Name)
}
