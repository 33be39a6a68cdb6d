package link

import (
	"testing"

	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/plan"
)

// The tables of an instance share one budget, however many it has, and however
// often one module is instantiated.
func TestTablesShareABudget(t *testing.T) {
	with := func(instances int, mins ...uint32) *plan.Plan {
		m := &core.Module{}
		for _, n := range mins {
			m.Tables = append(m.Tables, core.TableType{Min: n})
		}
		p := &plan.Plan{Modules: []plan.Module{{Source: m}}}
		for i := range instances {
			p.Steps = append(p.Steps, plan.Step{Kind: plan.Instantiate, Instance: i})
		}
		return p
	}
	for _, c := range []struct {
		plan  *plan.Plan
		share uint32
		ok    bool
	}{
		{with(1), tableMax, true},
		{with(1, 10), tableMax, true},
		{with(4, 10, 20), tableMax / 8, true},
		{with(1, tableMax), tableMax, true},
		{with(2, tableMax), 0, false},
		{with(1, 1<<31, 1<<31), 0, false},
	} {
		share, err := tableShare(c.plan)
		if share != c.share || (err == nil) != c.ok {
			t.Errorf("%d instances of %v: %d, %v; want %d", len(c.plan.Steps), c.plan.Modules[0].Source.Tables, share, err, c.share)
		}
	}
	if got := tableCap(with(1, 5, 500).Modules[0].Source, 100); got != 500 {
		t.Errorf("a table that begins with more than its share is capped at %d", got)
	}
}
