package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/wasikv/wasikv/cmd/wasikv/internal/bench"
)

func (p *program) benchCommand() *cli.Command {
	return &cli.Command{
		Name:      "bench",
		Usage:     "measure what calls across the component boundary cost",
		ArgsUsage: "[ROW…]",
		Description: "Beside each figure stands its floor: the same work by hand-written code on wazero alone, " +
			"measured in turns with it. Ratios compare between machines, nanoseconds do not.\n\n" +
			"Rows: " + strings.Join(bench.Names(), ", ") + ".",
		Flags: []cli.Flag{
			jsonFlag(),
			&cli.IntFlag{Name: "rounds", Value: 30, Usage: "measure `N` times and take the fastest"},
			&cli.BoolFlag{Name: "shim", DisableDefaultText: true, Usage: "run the guest as toolchains make components, with wit-component's shim"},
		},
		Action: func(c *cli.Context) error {
			for _, row := range c.Args().Slice() {
				if !slices.Contains(bench.Names(), row) {
					return usage("there is no row %q; rows are %s", row, strings.Join(bench.Names(), ", "))
				}
			}
			if c.Int("rounds") < 1 {
				return usage("--rounds must be at least 1")
			}
			var rows []bench.Row
			err := p.progress(c.Bool("json")).during("measuring", func() (err error) {
				rows, err = bench.Run(c.Context, bench.Options{Shim: c.Bool("shim"), Rounds: c.Int("rounds"), Rows: c.Args().Slice()})
				return err
			})
			if err != nil {
				return ended(c.Context, err, nil)
			}
			if c.Bool("json") {
				return p.printJSON(rows)
			}
			t := tabwriter.NewWriter(p.stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
			fmt.Fprint(t, "\tns\tfloor\tratio\tallocs\t\n")
			for _, r := range rows {
				fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.2f\t%.2f\t\n", r.Name, r.NS, r.FloorNS, r.Ratio, r.Allocs)
			}
			return t.Flush()
		},
	}
}
