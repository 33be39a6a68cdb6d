package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wasikv/wasikv/host"
)

func (p *program) inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "say what a guest is made of, and whether it can be run",
		ArgsUsage: "GUEST.wasm",
		Description: "Lists each import with what serves it, or why nothing does, and each export with its type. " +
			"The status is 0 also for a guest that cannot be run; \"runnable\" in the JSON answer says so.",
		Flags: []cli.Flag{
			jsonFlag(),
			&cli.BoolFlag{Name: "all", Aliases: []string{"a"}, DisableDefaultText: true, Usage: "list the functions and types of imports that are served, too"},
		},
		Action: func(c *cli.Context) error {
			if err := takes(c, 1, "the file of a guest"); err != nil {
				return err
			}
			file := c.Args().First()
			wasm, err := readGuest(file)
			if err != nil {
				return err
			}
			// The store makes no difference, but having one: it says that the
			// interfaces of the cache are there.
			store, err := openStore(c.Context, &settings{cacheURL: "mem:"})
			if err != nil {
				return err
			}
			defer store.Close()
			h, err := host.New(c.Context, host.Config{Cache: store.Cache})
			if err != nil {
				return err
			}
			defer h.Close(c.Context)
			r, err := h.Inspect(wasm)
			if err != nil {
				return guestError(file, err)
			}
			if c.Bool("json") {
				return p.printJSON(struct {
					File string `json:"file"`
					*host.Report
				}{file, r})
			}
			d := &description{all: c.Bool("all"), colour: colours(p.stdout)}
			d.report(file, r)
			_, err = fmt.Fprint(p.stdout, d.String())
			return err
		},
	}
}

// description writes a report for people.
type description struct {
	strings.Builder
	all    bool
	colour bool
}

func (d *description) line(depth int, format string, args ...any) {
	d.WriteString(strings.Repeat("  ", depth) + fmt.Sprintf(format, args...) + "\n")
}

// mark is a sign of the outcome, in the colour for it.
func (d *description) mark(good bool) string {
	sign, code := "ok", "32"
	if !good {
		sign, code = "--", "31"
	}
	if d.colour {
		return "\x1b[" + code + "m" + sign + "\x1b[0m"
	}
	return sign
}

func (d *description) report(file string, r *host.Report) {
	d.line(0, "%s: %s, %s", printable(file), r.Kind, formatSize(uint64(r.Bytes)))
	switch {
	case !r.Runnable:
		d.line(0, "cannot be run: imports are missing")
	case r.Command:
		d.line(0, "can be run: wasikv run %s", printable(file))
	default:
		d.line(0, "is a library: call its functions with wasikv run --invoke")
	}
	d.imports(r.Imports)
	d.exports(r.Exports)
	d.parts(r)
}

func (d *description) imports(imports []host.ReportImport) {
	if len(imports) == 0 {
		d.line(0, "\nno imports")
		return
	}
	d.line(0, "\nimports")
	for i := range imports {
		imp := &imports[i]
		text := printable(imp.Name)
		if imp.ServedBy != "" && imp.ServedBy != imp.Name {
			text += "  served by " + imp.ServedBy
		}
		if imp.Problem != "" {
			text += ": " + imp.Problem
		}
		if imp.Nearest != "" {
			text += " (nearest offered: " + imp.Nearest + ")"
		}
		d.line(1, "%s %s", d.mark(imp.Satisfied), text)
		for _, item := range imp.Items {
			switch {
			case item.Problem != "":
				d.line(3, "%s %s: %s", d.mark(false), printable(item.Name), printable(item.Problem))
				d.line(4, "the guest declares %s", printable(item.Type))
			case d.all || imp.Problem != "":
				d.line(3, "%s: %s", printable(item.Name), printable(item.Type))
			}
		}
	}
}

func (d *description) exports(exports []host.ReportExport) {
	if len(exports) == 0 {
		d.line(0, "\nno exports")
		return
	}
	d.line(0, "\nexports")
	d.exportsAt(1, exports)
}

func (d *description) exportsAt(depth int, exports []host.ReportExport) {
	for i := range exports {
		x := &exports[i]
		switch {
		case x.Kind == "instance":
			d.line(depth, "%s", printable(x.Name))
			d.exportsAt(depth+1, x.Items)
		case x.Type == "":
			d.line(depth, "%s: %s", printable(x.Name), x.Kind)
		case x.Kind == "function":
			d.line(depth, "%s: %s", printable(x.Name), printable(x.Type))
		default:
			d.line(depth, "%s: %s %s", printable(x.Name), x.Kind, printable(x.Type))
		}
	}
}

func (d *description) parts(r *host.Report) {
	if r.Kind == "component" && len(r.Modules) > 0 {
		d.line(0, "\ncore modules")
	} else if len(r.Modules) > 0 {
		d.line(0, "")
	}
	for _, m := range r.Modules {
		text := fmt.Sprintf("%s, %d functions", formatSize(uint64(m.Bytes)), m.Functions)
		if m.MemoryBytes > 0 {
			text += ", " + formatSize(m.MemoryBytes) + " of memory at the start"
		}
		d.line(1, "%s", text)
	}
	if len(r.Custom) == 0 {
		return
	}
	d.line(0, "\ncustom sections")
	for _, s := range r.Custom {
		d.line(1, "%s, %s", printable(s.Name), formatSize(uint64(s.Bytes)))
	}
}
