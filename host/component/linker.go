package component

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// Linker holds the interfaces that a host offers to guests.
//
// Define everything before the first Compile; after that a Linker is safe for
// concurrent use.
type Linker struct {
	interfaces []*Interface
	byName     map[string]*Interface
}

// NewLinker makes an empty Linker.
func NewLinker() *Linker { return &Linker{byName: map[string]*Interface{}} }

// Define offers an interface. It fails where the name is taken.
func (l *Linker) Define(i *Interface) error {
	if i.Name == "" {
		return fmt.Errorf("component: an interface needs a name")
	}
	if _, taken := l.byName[i.Name]; taken {
		return fmt.Errorf("component: %s is defined already", i.Name)
	}
	i.SetSlot(len(l.interfaces))
	l.interfaces = append(l.interfaces, i)
	l.byName[i.Name] = i
	return nil
}

// Interfaces lists what is defined, in order of definition.
func (l *Linker) Interfaces() []*Interface { return slices.Clone(l.interfaces) }

// Len counts the interfaces.
func (l *Linker) Len() int { return len(l.interfaces) }

// Lookup finds the interface that serves an import name: the exact one, else
// the newest of the same compatible track (the same major version, or minor
// version below 1.0). Pre-releases and unversioned names match only exactly,
// except that an unversioned import takes the newest release of that name.
// It returns nil where nothing serves.
func (l *Linker) Lookup(name string) *Interface {
	if i := l.byName[name]; i != nil {
		return i
	}
	base, version := SplitVersion(name)
	if version != "" && (!semver.IsValid("v"+version) || semver.Prerelease("v"+version) != "") {
		return nil
	}
	var best *Interface
	var bestVersion string
	for _, i := range l.interfaces {
		b, v := SplitVersion(i.Name)
		if b != base || v == "" || semver.Prerelease("v"+v) != "" {
			continue
		}
		if version != "" && Track(v) != Track(version) {
			continue
		}
		if best == nil || semver.Compare("v"+v, "v"+bestVersion) > 0 {
			best, bestVersion = i, v
		}
	}
	return best
}

// Nearest finds the defined interface that an unserved import name most
// resembles: the same package and interface in another version. It returns
// nil where there is none.
func (l *Linker) Nearest(name string) *Interface {
	base, _ := SplitVersion(name)
	var best *Interface
	var bestVersion string
	for _, i := range l.interfaces {
		if b, v := SplitVersion(i.Name); b == base && (best == nil || semver.Compare("v"+v, "v"+bestVersion) > 0) {
			best, bestVersion = i, v
		}
	}
	return best
}

// SplitVersion cuts "ns:pkg/iface@1.2.3" at the version, which is "" where the
// name has none.
func SplitVersion(name string) (base, version string) {
	base, version, _ = strings.Cut(name, "@")
	return base, version
}

// Track gives the range of versions that are compatible with a version, in
// the component model's sense: "1" for 1.2.3, "0.2" for 0.2.12, "0.0.4" for
// 0.0.4, and the version itself for a pre-release.
func Track(version string) string {
	v := "v" + version
	switch {
	case !semver.IsValid(v) || semver.Prerelease(v) != "":
		return version
	case semver.Major(v) != "v0":
		return strings.TrimPrefix(semver.Major(v), "v")
	case semver.MajorMinor(v) != "v0.0":
		return strings.TrimPrefix(semver.MajorMinor(v), "v")
	}
	return strings.TrimPrefix(semver.Canonical(v), "v")
}
