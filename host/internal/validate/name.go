package validate

import (
	"errors"
	"fmt"
	"strings"
)

// nameKind tells the forms of import and export names apart.
type nameKind uint8

const (
	nameLabel nameKind = iota
	nameConstructor
	nameMethod
	nameStatic
	nameInterface
	// Names from here on say where to find something.
	nameDependency
	nameURL
	nameHash
)

// externName is a parsed import or export name.
type externName struct {
	kind nameKind
	text string
	// resource and member are the labels of an annotated name; resource is the
	// label of a plain one, too.
	resource, member string
	// key is what no two names may have in common.
	key string
}

// The annotations of plain names.
const (
	constructor = "[constructor]"
	method      = "[method]"
	static      = "[static]"
)

// parseName parses an import or export name.
func parseName(s string) (n externName, err error) {
	n.text, n.key = s, s
	switch {
	case strings.HasPrefix(s, constructor):
		n.kind, n.resource = nameConstructor, s[len(constructor):]
		n.key = strings.ToLower(s)
		return n, checkLabel(n.resource)
	case strings.HasPrefix(s, method):
		return parseMember(n, nameMethod, s[len(method):])
	case strings.HasPrefix(s, static):
		return parseMember(n, nameStatic, s[len(static):])
	case strings.HasPrefix(s, "unlocked-dep="):
		n.kind = nameDependency
		return n, checkUnlocked(s[len("unlocked-dep="):])
	case strings.HasPrefix(s, "locked-dep="):
		n.kind = nameDependency
		return n, checkLocked(s[len("locked-dep="):])
	case strings.HasPrefix(s, "url="):
		n.kind = nameURL
		return n, checkURL(s[len("url="):])
	case strings.HasPrefix(s, "integrity="):
		n.kind = nameHash
		return n, checkHash(s)
	case strings.Contains(s, ":"):
		n.kind = nameInterface
		id, version, versioned := strings.Cut(s, "@")
		n.key = strings.ToLower(id)
		if versioned {
			n.key += "@" + version
		}
		return n, checkInterface(id, version, versioned)
	}
	n.resource = s
	n.key = strings.ToLower(s)
	return n, checkLabel(s)
}

func parseMember(n externName, k nameKind, dotted string) (externName, error) {
	resource, member, found := strings.Cut(dotted, ".")
	if !found {
		return n, errors.New("it has no . between the resource and the member")
	}
	n.kind, n.resource, n.member = k, resource, member
	n.key = strings.ToLower(dotted)
	if err := checkLabel(resource); err != nil {
		return n, err
	}
	return n, checkLabel(member)
}

// conflict finds a name among those taken, by key, that is too like this one:
// the same but for case and annotation, or a member called as its resource
// beside the resource. A constructor does not conflict with its resource.
func (n *externName) conflict(taken map[string]string) string {
	if other, found := taken[n.key]; found {
		return other
	}
	label := strings.ToLower(n.resource)
	switch n.kind {
	case nameLabel:
		if other, found := taken[label+"."+label]; found {
			return other
		}
		if other, found := taken[constructor+label]; found && other != constructor+n.resource {
			return other
		}
	case nameConstructor:
		if other, found := taken[label]; found && other != n.resource {
			return other
		}
	case nameMethod, nameStatic:
		if other, found := taken[label]; found && strings.ToLower(n.member) == label {
			return other
		}
	}
	return ""
}

// isLabel reports whether s is in kebab case: words of lower-case letters and
// digits, or acronyms of upper-case letters and digits, joined by hyphens,
// of which the first begins with a letter.
func isLabel(s string) bool {
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for word := range strings.SplitSeq(s, "-") {
		if !isWord(word) {
			return false
		}
	}
	return true
}

func isWord(s string) bool {
	lower, upper := false, false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z':
			upper = true
		case c < '0' || c > '9':
			return false
		}
	}
	return s != "" && !(lower && upper)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func checkLabel(s string) error {
	if !isLabel(s) {
		return fmt.Errorf("%q is not in kebab case", s)
	}
	return nil
}

// checkLower checks a namespace or package: a label without acronyms.
func checkLower(s string) error {
	if err := checkLabel(s); err != nil {
		return err
	}
	if strings.ToLower(s) != s {
		return fmt.Errorf("%q is a namespace or package, and has upper-case letters", s)
	}
	return nil
}

// checkPackage checks namespace:package.
func checkPackage(s string) error {
	namespace, pkg, _ := strings.Cut(s, ":")
	if err := checkLower(namespace); err != nil {
		return err
	}
	return checkLower(pkg)
}

func checkInterface(id, version string, versioned bool) error {
	pkg, projection, found := strings.Cut(id, "/")
	if err := checkPackage(pkg); err != nil {
		return err
	}
	if !found {
		return errors.New("it has no / between the package and the interface")
	}
	if err := checkLabel(projection); err != nil {
		return err
	}
	if versioned {
		return checkVersion(version)
	}
	return nil
}
