package validate

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
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

// checkVersion checks a complete semantic version.
func checkVersion(s string) error {
	v := "v" + s
	if !semver.IsValid(v) || strings.Count(strings.SplitN(strings.SplitN(s, "-", 2)[0], "+", 2)[0], ".") != 2 {
		return fmt.Errorf("%q is not a valid semver", s)
	}
	return nil
}

// bracketed cuts "<…>rest" into what is inside and the rest.
func bracketed(s string) (inside, rest string, err error) {
	if !strings.HasPrefix(s, "<") {
		return "", "", fmt.Errorf("expected < at %q", s)
	}
	inside, rest, found := strings.Cut(s[1:], ">")
	if !found {
		return "", "", fmt.Errorf("no > in %q", s)
	}
	return inside, rest, nil
}

// checkUnlocked checks <namespace:package>, with @* or @{range} inside.
func checkUnlocked(s string) error {
	// The range has > of its own.
	if !strings.HasPrefix(s, "<") || !strings.HasSuffix(s, ">") {
		return fmt.Errorf("expected <…>, found %q", s)
	}
	pkg, versions, ranged := strings.Cut(s[1:len(s)-1], "@")
	if err := checkPackage(pkg); err != nil || !ranged || versions == "*" {
		return err
	}
	if !strings.HasPrefix(versions, "{") || !strings.HasSuffix(versions, "}") {
		return fmt.Errorf("expected {…} or *, found %q", versions)
	}
	return checkRange(versions[1 : len(versions)-1])
}

// checkRange checks ">=version", "<version" or both.
func checkRange(s string) error {
	low, high, both := strings.Cut(s, " ")
	if !both && strings.HasPrefix(s, "<") {
		return checkVersion(s[1:])
	}
	low, found := strings.CutPrefix(low, ">=")
	if !found {
		return fmt.Errorf("expected >= or < at the start of the version range %q", s)
	}
	if err := checkVersion(low); err != nil || !both {
		return err
	}
	high, found = strings.CutPrefix(high, "<")
	if !found {
		return fmt.Errorf("expected < at the end of the version range %q", s)
	}
	return checkVersion(high)
}

// checkLocked checks <namespace:package@version>, and a hash after it.
func checkLocked(s string) error {
	inside, rest, err := bracketed(s)
	if err != nil {
		return err
	}
	pkg, version, versioned := strings.Cut(inside, "@")
	if err := checkPackage(pkg); err != nil {
		return err
	}
	if versioned {
		if err := checkVersion(version); err != nil {
			return err
		}
	}
	return checkOptionalHash(rest)
}

func checkURL(s string) error {
	inside, rest, err := bracketed(s)
	if err != nil {
		return err
	}
	if strings.Contains(inside, "<") {
		return errors.New("a URL cannot contain <")
	}
	return checkOptionalHash(rest)
}

func checkOptionalHash(s string) error {
	if s == "" {
		return nil
	}
	hash, found := strings.CutPrefix(s, ",")
	if !found {
		return fmt.Errorf("trailing characters %q", s)
	}
	return checkHash(hash)
}

// checkHash checks integrity=<…>: hashes in the notation of subresource
// integrity.
func checkHash(s string) error {
	rest, found := strings.CutPrefix(s, "integrity=")
	if !found {
		return fmt.Errorf("expected integrity=<…>, found %q", s)
	}
	inside, rest, err := bracketed(rest)
	if err != nil {
		return err
	}
	if rest != "" {
		return fmt.Errorf("trailing characters %q", rest)
	}
	hashes := strings.Fields(inside)
	if len(hashes) == 0 {
		return errors.New("an integrity hash cannot be empty")
	}
	for _, h := range hashes {
		hash, _, _ := strings.Cut(h, "?")
		algorithm, digest, found := strings.Cut(hash, "-")
		switch {
		case algorithm != "sha256" && algorithm != "sha384" && algorithm != "sha512":
			return fmt.Errorf("unknown hash algorithm %q", algorithm)
		case !found:
			return errors.New("expected - after the hash algorithm")
		case !isBase64(digest):
			return fmt.Errorf("%q is not base64", digest)
		}
	}
	return nil
}

func isBase64(s string) bool {
	body := strings.TrimRight(s, "=")
	if body == "" || len(s)-len(body) > 2 {
		return false
	}
	for i := range len(body) {
		c := body[i]
		if !isLetter(c) && (c < '0' || c > '9') && c != '+' && c != '/' {
			return false
		}
	}
	return true
}
