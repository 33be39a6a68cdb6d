package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wasikv/wasikv/host/conform"
)

func (p *program) conformCommand() *cli.Command {
	return &cli.Command{
		Name:            "conform",
		Usage:           "check whether a guest keeps to what wasi:keyvalue says",
		HideHelpCommand: true,
		Subcommands:     []*cli.Command{p.conformGuestCommand()},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return usage("conform checks no %q%s See wasikv conform --help", name, didYouMean(c.Command.Subcommands, name))
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

func (p *program) conformGuestCommand() *cli.Command {
	return &cli.Command{
		Name:      "guest",
		Usage:     "run a guest under every legal but hostile behaviour of a cache",
		ArgsUsage: "GUEST.wasm [ARGUMENT…]",
		Description: wrap("A cache may discard what was just stored, answer late and in any order, and take a vacancy back. "+
			"A guest that conforms then neither traps nor hangs, drops all that it holds, and ends with the same status as without faults.\n\n"+
			"Each schedule of faults follows from its seed; --replay repeats one. The status is 1 where the guest does not conform.", helpWidth),
		HideHelpCommand: true,
		OnUsageError:    usageError,
		Flags: []cli.Flag{
			jsonFlag(),
			&cli.IntFlag{Name: "schedules", Value: 50, Usage: "run `N` schedules, after one without faults"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "begin with the schedule of seed `N`; the others follow"},
			&cli.Uint64Flag{Name: "replay", DefaultText: "none", Usage: "run the schedule of seed `N` only"},
			&cli.DurationFlag{Name: "timeout", Value: 10 * time.Second, Usage: "a run that takes longer than `DURATION` hangs"},
			&cli.StringSliceFlag{Name: "env", Usage: "as for run: `NAME=VALUE`"},
			&cli.StringSliceFlag{Name: "dir", Usage: "as for run: `HOST[::GUEST][:ro]`"},
		},
		Action: func(c *cli.Context) error {
			file := c.Args().First()
			if file == "" {
				return usage("conform guest needs the file of a guest; see wasikv conform guest --help")
			}
			switch {
			case c.Int("schedules") < 1:
				return usage("--schedules must be at least 1")
			case c.Duration("timeout") <= 0:
				return usage("--timeout must be positive")
			case c.IsSet("replay") && c.Uint64("replay") == 0:
				return usage("--replay must be at least 1: seed 0 is the run without faults")
			}
			s, err := (&options{Env: c.StringSlice("env"), Dir: c.StringSlice("dir")}).settings()
			if err != nil {
				return err
			}
			wasm, err := readGuest(file)
			if err != nil {
				return err
			}
			g := conform.Guest{
				Wasm: wasm, Schedules: c.Int("schedules"), Seed: c.Uint64("seed"), Timeout: c.Duration("timeout"),
			}
			g.Instance.Args = append([]string{filepath.Base(file)}, c.Args().Tail()...)
			g.Instance.Env, g.Instance.Dirs = s.env, s.dirs
			report, err := p.conformGuest(c.Context, g, c.Uint64("replay"), c.Bool("json"))
			if err != nil {
				if c.Context.Err() != nil {
					return ended(c.Context, err, nil)
				}
				return guestError(file, err)
			}
			if c.Bool("json") {
				err = p.printJSON(conformReportOf(file, report))
			} else {
				err = p.tellConformance(file, c.Args().Tail(), report)
			}
			if failed := len(report.Failed()); err == nil && failed > 0 {
				err = &failure{1, fmt.Errorf("%s does not conform under %d of %d schedules", file, failed, len(report.Runs))}
			}
			return err
		},
	}
}

func (p *program) conformGuest(ctx context.Context, g conform.Guest, replay uint64, quiet bool) (report *conform.Report, err error) {
	err = p.progress(quiet).during("running the guest", func() (err error) {
		if replay > 0 {
			report, err = g.Replay(ctx, replay)
		} else {
			report, err = g.Check(ctx)
		}
		return err
	})
	return report, err
}

// maxFailures is how many failed schedules are described to people.
const maxFailures = 10

// tellConformance lists what a guest did wrong, and how to see it again.
func (p *program) tellConformance(file string, args []string, r *conform.Report) error {
	var errs []error
	say := func(format string, args ...any) {
		_, err := fmt.Fprintf(p.stdout, format+"\n", args...)
		errs = append(errs, err)
	}
	for i, run := range r.Failed() {
		if i == maxFailures {
			say("… and %d more", len(r.Failed())-i)
			break
		}
		say("%v", run.Schedule)
		for _, problem := range run.Problems {
			say("    %s", printable(problem))
		}
		if run.Schedule.Seed > 0 {
			say("    see it again: wasikv conform guest --replay %d %s", run.Schedule.Seed,
				printable(strings.Join(append([]string{file}, args...), " ")))
		}
	}
	var granted, filled uint64
	for _, run := range r.Runs {
		granted, filled = granted+run.Granted, filled+run.Filled
	}
	if len(r.Failed()) == 0 {
		say("%s conforms: %d schedules, seeds %d to %d, %d vacancies granted and %d filled", printable(file),
			len(r.Runs), r.Runs[0].Schedule.Seed, r.Runs[len(r.Runs)-1].Schedule.Seed, granted, filled)
	}
	return errors.Join(errs...)
}

// conformReport is the answer for programs.
type conformReport struct {
	Guest    string       `json:"guest"`
	Conforms bool         `json:"conforms"`
	Runs     []conformRun `json:"runs"`
}

type conformRun struct {
	Seed     uint64   `json:"seed"`
	Schedule string   `json:"schedule"`
	Exit     int      `json:"exit"`
	TookMS   float64  `json:"took_ms"`
	Granted  uint64   `json:"granted"`
	Filled   uint64   `json:"filled"`
	Dropped  uint64   `json:"dropped"`
	Expired  uint64   `json:"expired"`
	Problems []string `json:"problems,omitempty"`
}

func conformReportOf(file string, r *conform.Report) conformReport {
	out := conformReport{Guest: file, Conforms: len(r.Failed()) == 0}
	for _, run := range r.Runs {
		out.Runs = append(out.Runs, conformRun{
			Seed: run.Schedule.Seed, Schedule: run.Schedule.String(), Exit: run.Exit, TookMS: millis(run.Elapsed),
			Granted: run.Granted, Filled: run.Filled, Dropped: run.Dropped, Expired: run.Expired, Problems: run.Problems,
		})
	}
	return out
}
