package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// helpWidth is where help breaks lines.
const helpWidth = 80

func init() {
	cli.FlagStringer = optionHelp
	cli.AppHelpTemplate, cli.CommandHelpTemplate, cli.SubcommandHelpTemplate = helpTemplate, helpTemplate, helpTemplate
}

// helpTemplate is for the program and for each command. The package's own ones
// indent options differently in each.
const helpTemplate = `{{.HelpName}} - {{.Usage}}

Usage: {{.HelpName}} {{if .VisibleCommands}}COMMAND{{else}}[OPTION…]{{if .ArgsUsage}} {{.ArgsUsage}}{{end}}{{end}}
{{if .Description}}
{{.Description}}
{{end}}{{if .VisibleCommands}}
Commands, each of which has a --help:
{{range .VisibleCommands}}   {{.Name}}{{"\t"}}{{.Usage}}
{{end}}{{end}}{{if .VisibleFlagCategories}}{{range .VisibleFlagCategories}}
{{.Name}}:
{{range .Flags}}   {{.}}
{{end}}{{end}}{{else if .VisibleFlags}}
Options:
{{range .VisibleFlags}}   {{.}}
{{end}}{{end}}`

// optionHelp describes an option: its names in a line, what it does below. The
// package's own description is one line, and repeats the value of options that
// may be repeated.
func optionHelp(f cli.Flag) string {
	var b strings.Builder
	for i, name := range f.Names() {
		dashes := "--"
		if len(name) == 1 {
			dashes = "-"
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(dashes + name)
	}
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return b.String()
	}
	usage := d.GetUsage()
	if before, rest, found := strings.Cut(usage, "`"); found {
		value, after, _ := strings.Cut(rest, "`")
		usage = before + value + after
		b.WriteString(" " + value)
	}
	if v, ok := f.(cli.DocGenerationSliceFlag); ok && v.IsSliceFlag() {
		usage += " (repeatable)"
	}
	if text := d.GetDefaultText(); text != "" && d.TakesValue() {
		usage += " (default: " + text + ")"
	}
	const indent = "\n        "
	return b.String() + indent + strings.ReplaceAll(wrap(usage, helpWidth-len(indent)), "\n", indent)
}

// wrap breaks each line of a text between words.
func wrap(text string, width int) string {
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			switch {
			case line == "":
				line = word
			case len(line)+1+len(word) > width:
				out = append(out, line)
				line = word
			default:
				line += " " + word
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
