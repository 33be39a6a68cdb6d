package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/urfave/cli/v2"
)

// options are what `run` can be told, as it was written: by the command line
// and by a TOML file, whose keys are the long names of the command line. See
// settings for what it means.
type options struct {
	Cache     string   `toml:"cache"`
	Namespace string   `toml:"namespace"`
	SeedData  []string `toml:"seed-data"`

	Env       []string `toml:"env"`
	Dir       []string `toml:"dir"`
	Invoke    string   `toml:"invoke"`
	Instances int      `toml:"instances"`

	Timeout      string `toml:"timeout"`
	MaxMemory    string `toml:"max-memory"`
	MaxKey       string `toml:"max-key"`
	MaxValue     string `toml:"max-value"`
	MaxHandles   int    `toml:"max-handles"`
	MaxFiles     int    `toml:"max-files"`
	MaxFutures   int    `toml:"max-futures"`
	MaxVacancies int    `toml:"max-vacancies"`
	MaxPollables int    `toml:"max-pollables"`

	CompilationCache string `toml:"compilation-cache"`
	Interpreter      bool   `toml:"interpreter"`
	RawOutput        bool   `toml:"raw-output"`
	Report           string `toml:"report"`
	Quiet            bool   `toml:"quiet"`
}

// cacheVariable names the cache where no option does; a URL with a password is
// better there than on a command line.
const cacheVariable = "WASIKV_CACHE"

func runFlags() []cli.Flag {
	const (
		caching = "The cache"
		granted = "What the guest is given"
		limits  = "The guest's limits"
		hosting = "The program"
	)
	return []cli.Flag{
		&cli.StringFlag{Name: "cache", Category: caching, DefaultText: "$" + cacheVariable + ", else mem:",
			Usage: "the store, by `URL`: mem:, redis://HOST:PORT/DB, …"},
		&cli.StringFlag{Name: "namespace", Category: caching, DefaultText: "one of the guest file's own",
			Usage: "`NAME` of the part of the cache that the guest sees; guests share entries when their namespaces are equal"},
		&cli.StringSliceFlag{Name: "seed-data", Category: caching,
			Usage: "store `KEY=VALUE` before the guest runs; VALUE is @FILE for a file's content, @@… for a text that begins with @"},

		&cli.StringSliceFlag{Name: "env", Category: granted,
			Usage: "set a variable of the guest, `NAME=VALUE`; NAME alone passes the host's on"},
		&cli.StringSliceFlag{Name: "dir", Category: granted,
			Usage: "grant a directory, `HOST[::GUEST][:ro]`; GUEST is its name for the guest, by default HOST; :ro forbids changes"},
		&cli.StringFlag{Name: "invoke", Category: granted,
			Usage: "call an exported function instead of running the guest as a command: `CALL` is in WAVE, as in 'fetch(\"key\", [1, 2])'"},
		&cli.IntFlag{Name: "instances", Category: granted, DefaultText: "1",
			Usage: "run `N` instances of the guest at once, on one cache; each line of output names its instance"},

		&cli.StringFlag{Name: "timeout", Category: limits, DefaultText: "none",
			Usage: "end the guest after `DURATION`, such as 500ms or 2m; compiling does not count"},
		&cli.StringFlag{Name: "max-memory", Category: limits, DefaultText: "64MiB",
			Usage: "`SIZE` of all linear memories of an instance together"},
		&cli.StringFlag{Name: "max-key", Category: limits, DefaultText: "1KiB",
			Usage: "`SIZE` of the longest key"},
		&cli.StringFlag{Name: "max-value", Category: limits, DefaultText: "1MiB",
			Usage: "`SIZE` of the largest value"},
		&cli.IntFlag{Name: "max-handles", Category: limits, DefaultText: "4096",
			Usage: "resources that an instance may hold: `N`"},
		&cli.IntFlag{Name: "max-files", Category: limits, DefaultText: "256",
			Usage: "files that an instance may have open: `N`"},
		&cli.IntFlag{Name: "max-futures", Category: limits, DefaultText: "256",
			Usage: "asynchronous operations that an instance may have in flight: `N`"},
		&cli.IntFlag{Name: "max-vacancies", Category: limits, DefaultText: "64",
			Usage: "vacancies that an instance may hold: `N`"},
		&cli.IntFlag{Name: "max-pollables", Category: limits, DefaultText: "1024",
			Usage: "pollables of one poll: `N`"},

		&cli.StringFlag{Name: "config", Category: hosting,
			Usage: "read options from a TOML `FILE`, whose keys are the long names of these; the command line goes before it, and lists are joined"},
		&cli.StringFlag{Name: "compilation-cache", Category: hosting, DefaultText: "wasikv in the user's cache directory",
			Usage: "keep compiled code in `DIR`, so that the next start is fast; off keeps none"},
		&cli.BoolFlag{Name: "interpreter", Category: hosting, DisableDefaultText: true,
			Usage: "interpret the guest instead of compiling it: slow to run, quick to start"},
		&cli.BoolFlag{Name: "raw-output", Category: hosting, DisableDefaultText: true,
			Usage: "pass control characters of the guest on to a terminal"},
		&cli.StringFlag{Name: "report", Category: hosting, DefaultText: "a line of text where there is something to say",
			Usage: "tell how the run went: `FORMAT` json writes to standard error, json=FILE to a file"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Category: hosting, DisableDefaultText: true,
			Usage: "no progress and no report on standard error"},
	}
}

// optionsOf reads the options of `run`: the file first, then the command line.
func optionsOf(c *cli.Context) (*options, error) {
	o := &options{}
	if path := c.String("config"); path != "" {
		if err := o.read(path); err != nil {
			return nil, err
		}
	}
	for name, to := range map[string]*string{
		"cache": &o.Cache, "namespace": &o.Namespace, "invoke": &o.Invoke, "timeout": &o.Timeout,
		"max-memory": &o.MaxMemory, "max-key": &o.MaxKey, "max-value": &o.MaxValue,
		"compilation-cache": &o.CompilationCache, "report": &o.Report,
	} {
		if c.IsSet(name) {
			*to = c.String(name)
			if *to == "" && name != "namespace" {
				return nil, usage("--%s needs a value", name)
			}
		}
	}
	for name, to := range map[string]*int{
		"instances": &o.Instances, "max-handles": &o.MaxHandles, "max-files": &o.MaxFiles, "max-futures": &o.MaxFutures,
		"max-vacancies": &o.MaxVacancies, "max-pollables": &o.MaxPollables,
	} {
		if c.IsSet(name) {
			*to = c.Int(name)
			if *to <= 0 {
				return nil, usage("--%s must be at least 1", name)
			}
		}
	}
	for name, to := range map[string]*[]string{"env": &o.Env, "dir": &o.Dir, "seed-data": &o.SeedData} {
		*to = append(*to, c.StringSlice(name)...)
	}
	for name, to := range map[string]*bool{
		"interpreter": &o.Interpreter, "raw-output": &o.RawOutput, "quiet": &o.Quiet,
	} {
		if c.IsSet(name) {
			*to = c.Bool(name)
		}
	}
	return o, nil
}

// read adds the options of a TOML file. Keys that are not options are refused.
func (o *options) read(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return &failure{statusHost, fmt.Errorf("--config: %w", err)}
	}
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	err = d.Decode(o)
	if err == nil {
		return nil
	}
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		var unknown []string
		for _, e := range strict.Errors {
			row, _ := e.Position()
			unknown = append(unknown, fmt.Sprintf("%s (line %d)", strings.Join(e.Key(), "."), row))
		}
		return usage("--config %s: unknown key %s; the keys are the long names of the options of `wasikv run --help`", path, strings.Join(unknown, ", "))
	}
	var syntax *toml.DecodeError
	if errors.As(err, &syntax) {
		row, column := syntax.Position()
		return usage("--config %s, line %d, column %d: %s", path, row, column, strings.TrimPrefix(syntax.Error(), "toml: "))
	}
	return usage("--config %s: %s", path, strings.TrimPrefix(err.Error(), "toml: "))
}
