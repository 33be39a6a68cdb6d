package bindtest

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/types"
)

// signatures reads the structural text of types, the inverse of
// types.Type.String and types.Func.String.
type signatures struct {
	resources map[string]*types.Resource
	text      string
}

// newSignatures knows the resources of all interfaces of a linker.
func newSignatures(l *component.Linker) *signatures {
	s := &signatures{resources: map[string]*types.Resource{}}
	for _, i := range l.Interfaces() {
		for _, r := range i.Resources {
			s.resources[r.Name] = r
		}
	}
	return s
}

func (s *signatures) function(text string) *types.Func {
	s.text = text
	s.want("func(")
	var params []types.Field
	for !s.have(")") {
		if len(params) > 0 {
			s.want(", ")
		}
		name := s.until(":")
		s.want(": ")
		params = append(params, types.Field{Name: name, Type: s.typ()})
	}
	var result *types.Type
	if s.have(" -> ") {
		result = s.typ()
	}
	s.end()
	return must(types.NewFunc(params, result))
}

func (s *signatures) wholeType(text string) *types.Type {
	s.text = text
	t := s.typ()
	s.end()
	return t
}

func (s *signatures) typ() *types.Type {
	word := s.until("<{,>)} ")
	switch word {
	case "_":
		return nil
	case "list":
		return must(types.NewList(s.args()[0]))
	case "option":
		return must(types.NewOption(s.args()[0]))
	case "tuple":
		return must(types.NewTuple(s.args()))
	case "result":
		var ok, err *types.Type
		if strings.HasPrefix(s.text, "<") {
			args := s.args()
			ok = args[0]
			if len(args) > 1 {
				err = args[1]
			}
		}
		return must(types.NewResult(ok, err))
	case "own", "borrow":
		s.want("<")
		name := s.until(">")
		s.want(">")
		r := s.resources[name]
		if r == nil {
			panic("unknown resource " + name)
		}
		if word == "own" {
			return types.NewOwn(r)
		}
		return types.NewBorrow(r)
	case "enum":
		return must(types.NewEnum(s.names()))
	case "flags":
		return must(types.NewFlags(s.names()))
	case "record":
		var fields []types.Field
		s.want("{")
		for !s.have("}") {
			s.have(", ")
			name := s.until(":")
			s.want(": ")
			fields = append(fields, types.Field{Name: name, Type: s.typ()})
		}
		return must(types.NewRecord(fields))
	case "variant":
		var cases []types.Case
		s.want("{")
		for !s.have("}") {
			s.have(", ")
			c := types.Case{Name: s.until("(,}")}
			if s.have("(") {
				c.Type = s.typ()
				s.want(")")
			}
			cases = append(cases, c)
		}
		return must(types.NewVariant(cases))
	}
	for k := types.Bool; k <= types.String; k++ {
		if k.String() == word {
			return types.Primitive(k)
		}
	}
	panic(fmt.Sprintf("unknown type %q before %q", word, s.text))
}

func (s *signatures) args() []*types.Type {
	var args []*types.Type
	s.want("<")
	for !s.have(">") {
		s.have(", ")
		args = append(args, s.typ())
	}
	return args
}

func (s *signatures) names() []string {
	s.want("{")
	names := strings.Split(s.until("}"), ", ")
	s.want("}")
	return names
}

func (s *signatures) until(stop string) string {
	i := strings.IndexAny(s.text, stop)
	if i < 0 {
		i = len(s.text)
	}
	word := s.text[:i]
	s.text = s.text[i:]
	return word
}

func (s *signatures) have(prefix string) bool {
	rest, ok := strings.CutPrefix(s.text, prefix)
	s.text = rest
	return ok
}

func (s *signatures) want(prefix string) {
	if !s.have(prefix) {
		panic(fmt.Sprintf("want %q before %q", prefix, s.text))
	}
}

func (s *signatures) end() {
	if s.text != "" {
		panic(fmt.Sprintf("%q is left over", s.text))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
