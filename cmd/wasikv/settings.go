package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
)

// settings are options with every text read and checked, before anything is
// opened.
type settings struct {
	cacheURL    string
	namespace   string
	named       bool // the namespace was given; else it is the guest file's own
	seeds       []seed
	env         []string
	dirs        []filesystem.Dir
	invoke      string
	instances   int
	timeout     time.Duration // 0: none
	limits      component.Limits
	files       int    // that may be open; 0: the default
	compiled    string // directory; "": none
	mustCompile bool   // the directory was asked for
	interpreter bool
	rawOutput   bool
	report      bool
	reportFile  string // "": standard error
	quiet       bool
}

// seed is an entry to store before the guest runs.
type seed struct{ key, value, file string }

// maxInstances bounds --instances: each has a goroutine and a memory.
const maxInstances = 10_000

func (o *options) settings() (*settings, error) {
	s := &settings{
		namespace: o.Namespace, named: o.Namespace != "",
		invoke: o.Invoke, instances: max(o.Instances, 1),
		interpreter: o.Interpreter, rawOutput: o.RawOutput, quiet: o.Quiet,
	}
	var err error
	keep := func(e error) {
		if err == nil {
			err = e
		}
	}
	keep(s.setCache(o))
	keep(s.setSeeds(o.SeedData))
	keep(s.setEnv(o.Env))
	keep(s.setDirs(o.Dir))
	keep(s.setLimits(o))
	s.setCompiled(o.CompilationCache)
	keep(s.setReport(o.Report))
	if s.instances > maxInstances {
		keep(usage("--instances: %d are more than this program runs at once, %d", s.instances, maxInstances))
	}
	if o.Instances < 0 {
		keep(usage("--instances must be at least 1"))
	}
	return s, err
}

// setCache fixes the cache's URL, with the limits that are the cache's to keep.
func (s *settings) setCache(o *options) error {
	s.cacheURL = o.Cache
	if s.cacheURL == "" {
		s.cacheURL = os.Getenv(cacheVariable)
	}
	if s.cacheURL == "" {
		s.cacheURL = "mem:"
	}
	for _, limit := range []struct{ option, text, parameter string }{
		{"max-key", o.MaxKey, "max-key-bytes"},
		{"max-value", o.MaxValue, "max-value-bytes"},
	} {
		if limit.text == "" {
			continue
		}
		n, err := parseSize(limit.text, math.MaxInt32)
		if err != nil {
			return usage("--%s: %w", limit.option, err)
		}
		sep := "?"
		if strings.Contains(s.cacheURL, "?") {
			sep = "&"
		}
		s.cacheURL += sep + limit.parameter + "=" + strconv.FormatUint(n, 10)
	}
	return nil
}

func (s *settings) setSeeds(texts []string) error {
	for _, text := range texts {
		key, value, found := strings.Cut(text, "=")
		if !found {
			return usage("--seed-data takes KEY=VALUE or KEY=@FILE")
		}
		e := seed{key: key, value: value}
		switch {
		case strings.HasPrefix(value, "@@"):
			e.value = value[1:]
		case strings.HasPrefix(value, "@"):
			e.value, e.file = "", value[1:]
		}
		s.seeds = append(s.seeds, e)
	}
	return nil
}

func (s *settings) setEnv(texts []string) error {
	for _, text := range texts {
		name, _, set := strings.Cut(text, "=")
		if name == "" || strings.ContainsRune(text, 0) {
			return usage("--env takes NAME=VALUE, or the NAME of a variable of this process")
		}
		if !set {
			value, there := os.LookupEnv(name)
			if !there {
				return usage("--env %s: this process has no such variable to pass on; give a value with --env %s=VALUE", name, name)
			}
			text = name + "=" + value
		}
		s.env = append(s.env, text)
	}
	return nil
}

// setDirs reads HOST, HOST::GUEST and either with :ro, and checks that the
// directories can be read.
func (s *settings) setDirs(texts []string) error {
	guests := map[string]bool{}
	for _, text := range texts {
		d := parseDir(text)
		if d.Host == "" || d.Guest == "" {
			return usage("--dir takes HOST or HOST::GUEST, and :ro after it")
		}
		if guests[d.Guest] {
			return usage("--dir: two directories have the name %s for the guest", d.Guest)
		}
		guests[d.Guest] = true
		if err := readable(d.Host); err != nil {
			return &failure{statusHost, fmt.Errorf("--dir %s: %w", d.Host, err)}
		}
		s.dirs = append(s.dirs, d)
	}
	return nil
}

func parseDir(text string) filesystem.Dir {
	var d filesystem.Dir
	// In HOST::ro the directory's name for the guest is ro.
	if plain, ok := strings.CutSuffix(text, ":ro"); ok && !strings.HasSuffix(plain, ":") {
		text, d.ReadOnly = plain, true
	}
	host, guest, named := strings.Cut(text, "::")
	if !named {
		guest = filepath.ToSlash(host)
	}
	d.Host, d.Guest = host, guest
	return d
}

func readable(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return reason(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.IsDir() {
		return errors.New("it is not a directory")
	}
	return nil
}

// reason gives an error of package os without operation and path, which the
// sentence around it has.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (s *settings) setLimits(o *options) error {
	if o.Timeout != "" {
		d, err := time.ParseDuration(o.Timeout)
		if err != nil || d <= 0 {
			return usage("--timeout: %q is not a positive duration such as 500ms, 30s or 2m", o.Timeout)
		}
		s.timeout = d
	}
	if o.MaxMemory != "" {
		n, err := parseSize(o.MaxMemory, 4<<30)
		if err != nil {
			return usage("--max-memory: %w", err)
		}
		s.limits.MemoryBytes = n
	}
	var files uint32
	for _, limit := range []struct {
		option string
		n      int
		to     *uint32
	}{
		{"max-files", o.MaxFiles, &files},
		{"max-handles", o.MaxHandles, &s.limits.Handles},
		{"max-futures", o.MaxFutures, &s.limits.Futures},
		{"max-vacancies", o.MaxVacancies, &s.limits.Vacancies},
		{"max-pollables", o.MaxPollables, &s.limits.PollList},
	} {
		if limit.n < 0 || limit.n > math.MaxInt32 {
			return usage("--%s: %d is out of range, it must be from 1 to %d", limit.option, limit.n, math.MaxInt32)
		}
		*limit.to = uint32(limit.n)
	}
	s.files = int(files)
	return nil
}

func (s *settings) setCompiled(text string) {
	switch text {
	case "off":
	case "":
		if dir, err := os.UserCacheDir(); err == nil {
			s.compiled = filepath.Join(dir, "wasikv")
		}
	default:
		s.compiled, s.mustCompile = text, true
	}
}

func (s *settings) setReport(text string) error {
	if text == "" {
		return nil
	}
	format, file, named := strings.Cut(text, "=")
	if format != "json" || named && file == "" {
		return usage("--report takes json or json=FILE")
	}
	s.report, s.reportFile = true, file
	return nil
}

// ownNamespace is the part of the cache of a guest that was given none: no
// other guest has it, and the same file finds it again.
func ownNamespace(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return "guest-" + hex.EncodeToString(sum[:8])
}

// sizeUnits are tried in order, so that a unit precedes those it ends with.
var sizeUnits = []struct {
	suffix string
	bytes  uint64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9},
	{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}, {"", 1},
}

// parseSize reads a size of at least 1 byte.
func parseSize(text string, most uint64) (uint64, error) {
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(text, unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange), err == nil && n > most/unit.bytes:
			return 0, fmt.Errorf("%s is out of range, the most is %s", text, formatSize(most))
		case err != nil || n == 0:
			return 0, fmt.Errorf("%q is not a positive size such as 4096, 512KiB or 64MiB", text)
		}
		return n * unit.bytes, nil
	}
	return 0, nil // the last unit fits every text
}

// formatSize writes a size for people.
func formatSize(n uint64) string {
	for _, unit := range []struct {
		suffix string
		bytes  uint64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.bytes {
			number := strconv.FormatFloat(float64(n)/float64(unit.bytes), 'f', 1, 64)
			return strings.TrimSuffix(number, ".0") + " " + unit.suffix
		}
	}
	return strconv.FormatUint(n, 10) + " B"
}
