package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	// The stores that --cache can name.
	_ "github.com/wasikv/wasikv/backends/inmem"
	_ "github.com/wasikv/wasikv/backends/rediscache"
)

// program is one run of the command line: its streams, and what is known of
// them.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// doMain runs a command line, whose first word is the program's name, and gives
// the exit status. It is what main does but for the process: nothing in here
// exits.
func doMain(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	err := p.attempt(ctx, args)
	if err == nil {
		return 0
	}
	if text := explain(err); text != "" {
		fmt.Fprintln(stderr, "wasikv: "+printable(text))
	}
	return status(err)
}

// attempt runs the command line. Whatever goes wrong in it, the user reads a
// sentence.
func (p *program) attempt(ctx context.Context, args []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &failure{statusHost, fmt.Errorf("internal error: %v; this is a mistake in wasikv, please report it with the command line", r)}
		}
	}()
	return p.app().RunContext(ctx, args)
}

func (p *program) app() *cli.App {
	app := &cli.App{
		Name:  "wasikv",
		Usage: "run WebAssembly guests that cache through wasi:keyvalue/cache",
		Description: wrap("Exit statuses: a guest's own passes through; 2 the command line is wrong, "+
			"124 --timeout ended the guest, 125 the host could not do it, 134 the guest trapped.", helpWidth),
		Writer: p.stdout, ErrWriter: p.stderr, Reader: p.stdin,
		HideVersion:               true,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true, // --env LIST=a,b is one variable
		Commands: []*cli.Command{
			p.runCommand(), p.inspectCommand(), p.conformCommand(), p.witCommand(), p.benchCommand(), p.versionCommand(),
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return usage("there is no command %q%s See wasikv --help", name, didYouMean(c.App.Commands, name))
			}
			return cli.ShowAppHelp(c)
		},
		OnUsageError: usageError,
		// Errors are reported, and the process ended, in one place.
		ExitErrHandler: func(*cli.Context, error) {},
	}
	for _, c := range app.Commands {
		c.HideHelpCommand = true
		c.Description = wrap(c.Description, helpWidth)
		c.OnUsageError = usageError
	}
	return app
}

// didYouMean gives the command that a wrong name resembles, as a question.
func didYouMean(commands []*cli.Command, name string) string {
	question := cli.SuggestCommand(commands, name) // Did you mean "run"?
	if question == "" || strings.Contains(question, `""`) {
		return "."
	}
	return ", d" + question[1:]
}

// usageError says what is wrong with an option. The parser speaks of flags, and
// names them with one dash.
func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	for _, m := range parserMessages {
		if m.pattern.MatchString(text) {
			text = m.pattern.ReplaceAllString(text, m.text)
			break
		}
	}
	see := "wasikv --help"
	if c.Command != nil && c.Command.Name != c.App.Name {
		see = c.Command.HelpName + " --help"
	}
	return &failure{statusUsage, errors.New(text + "; see " + see)}
}

var parserMessages = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`^flag provided but not defined: -(.*)$`), `there is no option --$1`},
	{regexp.MustCompile(`^flag needs an argument: -(.*)$`), `--$1 needs a value`},
	{regexp.MustCompile(`(?s)^invalid (?:boolean )?value "(.*)" for (?:flag )?-([^:]*): .*$`), `--$2: "$1" is not a value that it takes`},
	{regexp.MustCompile(`^bad flag syntax: (.*)$`), `$1 is no option`},
}
