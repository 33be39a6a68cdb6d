package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// versions say what the program is built from.
type versions struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Wazero   string `json:"wazero"`
	Platform string `json:"platform"`
}

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "say which version this is",
		Flags: []cli.Flag{jsonFlag()},
		Action: func(c *cli.Context) error {
			if err := takes(c, 0, ""); err != nil {
				return err
			}
			v := readVersions()
			if c.Bool("json") {
				return p.printJSON(v)
			}
			revision := ""
			if v.Revision != "" {
				revision = " (" + v.Revision[:min(12, len(v.Revision))]
				if v.Modified {
					revision += ", modified"
				}
				revision += ")"
			}
			_, err := fmt.Fprintf(p.stdout, "wasikv %s%s, wazero %s, %s %s\n", v.Version, revision, v.Wazero, v.Go, v.Platform)
			return err
		},
	}
}

func readVersions() versions {
	v := versions{Version: "(devel)", Wazero: "(unknown)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	for _, d := range info.Deps {
		if d.Path == "github.com/tetratelabs/wazero" {
			v.Wazero = d.Version
		}
	}
	return v
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", DisableDefaultText: true, Usage: "answer in JSON"}
}

// takes checks the number of arguments.
func takes(c *cli.Context, n int, what string) error {
	switch have := c.NArg(); {
	case have < n:
		return usage("%s needs %s; see wasikv %s --help", c.Command.Name, what, c.Command.Name)
	case have > n:
		return usage("%s does not take %q; options go before the arguments", c.Command.Name, c.Args().Get(n))
	}
	return nil
}

// printJSON writes a value for programs.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
