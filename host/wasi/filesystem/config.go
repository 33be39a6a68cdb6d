package filesystem

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/wasikv/wasikv/host/component"
)

// Dir is a directory that a guest is given.
type Dir struct {
	// Host is the directory.
	Host string
	// Guest is the path that the guest knows it by. Empty: the same as Host.
	Guest string
	// ReadOnly refuses every change to the directory and what is in it.
	ReadOnly bool
	// AllowLinks lets the guest make hard links, and symbolic links that are
	// relative and stay inside. The guest itself does not get out by a link,
	// but other programs that use the directory follow whatever it made.
	AllowLinks bool
}

// guestPath is Guest with its default.
func (d *Dir) guestPath() string {
	if d.Guest == "" {
		return filepath.ToSlash(d.Host)
	}
	return d.Guest
}

// Config is what a guest gets of the file system. The zero value gives nothing.
type Config struct {
	// Dirs are the directories.
	Dirs []Dir
	// OpenFiles bounds the files and directories that the guest has open at a
	// time, since those of the whole process are limited. 0: 256.
	OpenFiles int
}

const defaultOpenFiles = 256

// Validate says what is wrong with the config, in a sentence. It looks whether
// the directories can be read.
func (c *Config) Validate() error {
	guest, err := open(*c)
	if err == nil {
		guest.close()
	}
	return err
}

// guest is what one guest has of the file system.
type guest struct {
	preopens []*preopen
	open     int // files and directories, the preopened ones aside
	limit    int
	buf      []byte // scratch of reads
}

// preopen is a directory that the guest was given.
type preopen struct {
	root     *os.Root
	path     string // that the guest knows it by
	readOnly bool
	links    bool
}

// open opens the directories of a config.
func open(c Config) (_ *guest, err error) {
	g := &guest{limit: c.OpenFiles}
	if g.limit == 0 {
		g.limit = defaultOpenFiles
	}
	if g.limit < 0 {
		return nil, fmt.Errorf("OpenFiles is %d: say how many files the guest may have open, or 0 for %d", c.OpenFiles, defaultOpenFiles)
	}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	taken := make(map[string]string, len(c.Dirs))
	for i := range c.Dirs {
		d := &c.Dirs[i]
		p := d.guestPath()
		switch {
		case d.Host == "":
			return nil, fmt.Errorf("directory %d (%q to the guest) has no host path", i, p)
		case !utf8.ValidString(p), strings.IndexByte(p, 0) >= 0:
			return nil, fmt.Errorf("the guest path %q of directory %s is not UTF-8 without NUL, and guests take nothing else", p, d.Host)
		}
		if other, ok := taken[path.Clean(p)]; ok {
			return nil, fmt.Errorf("directories %s and %s have the same guest path %s: give one another", other, d.Host, p)
		}
		taken[path.Clean(p)] = d.Host
		root, err := openDir(d.Host)
		if err != nil {
			return nil, fmt.Errorf("directory %s cannot be given to the guest: %w", d.Host, err)
		}
		g.preopens = append(g.preopens, &preopen{root: root, path: p, readOnly: d.ReadOnly, links: d.AllowLinks})
	}
	return g, nil
}

// openDir opens a directory that can be listed.
func openDir(host string) (*os.Root, error) {
	// A named pipe would keep OpenRoot waiting.
	fi, err := os.Stat(host)
	if err != nil {
		return nil, err
	}
	if !fi.IsDir() {
		return nil, fmt.Errorf("it is no directory")
	}
	return os.OpenRoot(host)
}

func (g *guest) close() {
	for _, p := range g.preopens {
		p.root.Close()
	}
}

type guestKey struct{}

// Configure gives a guest its directories, and closes them when it ends. It
// comes before the guest's first call.
func Configure(g *component.Guest, c Config) error {
	s, err := open(c)
	if err != nil {
		return err
	}
	if len(s.preopens) == 0 {
		return nil // the guest can open nothing
	}
	g.SetValue(guestKey{}, s)
	g.OnClose(func(context.Context) { s.close() })
	return nil
}

// guestOf gives the state of a guest that may not have been configured.
func guestOf(g *component.Guest) *guest {
	if s, ok := g.Value(guestKey{}).(*guest); ok {
		return s
	}
	return &guest{}
}
