package plan

import (
	"fmt"

	"github.com/wasikv/wasikv/host/internal/core"
)

// rootExports gives the root's exports as they are called from outside.
func (e *evaluation) rootExports(in []export) ([]Export, error) {
	out := make([]Export, 0, len(in))
	for _, x := range in {
		if e.definitions++; e.definitions > maxDefinitions {
			return nil, fmt.Errorf("the component exports more than %d items", maxDefinitions)
		}
		o := Export{Name: x.name, Lifted: -1}
		switch item := x.item.(type) {
		case *function:
			o.Func = item.typ
			if item.lifted != nil {
				o.Lifted = e.liftedIndex(item)
			} else {
				o.Host = true
			}
		case *instance:
			inner, err := e.rootExports(item.exports)
			if err != nil {
				return nil, err
			}
			o.Instance, o.Exports = true, inner
		case *component, *interfaceType, *core.Module:
			continue // nothing to call, nothing to name
		default:
			o.Type = item
		}
		out = append(out, o)
	}
	return out, nil
}
