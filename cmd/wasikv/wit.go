package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/wasikv/wasikv/wit"
)

func (p *program) witCommand() *cli.Command {
	return &cli.Command{
		Name:      "wit",
		Usage:     "write the WIT interfaces that guests are made with",
		ArgsUsage: "DIR",
		Description: "Writes the package wasikv:host and, in deps, all that it uses: a directory that " +
			"wit-bindgen, jco, componentize-go and TinyGo read as it is. The world for guests is wasikv:host/command.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "force", DisableDefaultText: true, Usage: "replace files that are there already"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, DisableDefaultText: true, Usage: "do not list the packages"},
		},
		Action: func(c *cli.Context) error {
			if err := takes(c, 1, "a directory to write to"); err != nil {
				return err
			}
			return p.writeWIT(c.Args().First(), c.Bool("force"), c.Bool("quiet"))
		},
	}
}

func (p *program) writeWIT(dir string, force, quiet bool) error {
	err := fs.WalkDir(wit.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(target, 0o777)
		}
		text, err := fs.ReadFile(wit.FS(), name)
		if err != nil {
			return err
		}
		return writeNew(target, text, force)
	})
	if err != nil {
		return &failure{statusHost, err}
	}
	if quiet {
		return nil
	}
	for _, pkg := range wit.Packages() {
		if _, err := fmt.Fprintln(p.stdout, pkg.ID); err != nil {
			return err
		}
	}
	return nil
}

// writeNew writes a file that is not there yet; with force, one that is.
func writeNew(name string, text []byte, force bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: name another directory, or replace it with --force", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
