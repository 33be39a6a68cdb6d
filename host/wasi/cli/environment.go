package cli

import (
	"context"
	"strings"

	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/environment"
	"github.com/wasikv/wasikv/host/component"
)

func registerEnvironment(l *component.Linker) error {
	return environment.RegisterEach(l, func(g *component.Guest) (environment.Host, error) { return NewCommandLine(g) })
}

// GetEnvironment is environment.get-environment.
func (s *CommandLine) GetEnvironment(context.Context) ([]component.Tuple2[string, string], error) {
	return s.env, nil
}

// GetArguments is environment.get-arguments.
func (s *CommandLine) GetArguments(context.Context) ([]string, error) { return s.args, nil }

// InitialCwd is environment.initial-cwd.
func (s *CommandLine) InitialCwd(context.Context) (component.Option[string], error) {
	return s.dir, nil
}

// variables splits valid variables; a later one takes the place of an earlier
// one of its name.
func variables(vars []string) []component.Tuple2[string, string] {
	out := make([]component.Tuple2[string, string], 0, len(vars))
	place := make(map[string]int, len(vars))
	for _, v := range vars {
		name, value, _ := strings.Cut(v, "=")
		if i, ok := place[name]; ok {
			out[i].F1 = value
			continue
		}
		place[name] = len(out)
		out = append(out, component.Tuple2[string, string]{F0: name, F1: value})
	}
	return out
}
