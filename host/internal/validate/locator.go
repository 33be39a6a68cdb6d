package validate

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// checkVersion checks a complete semantic version.
func checkVersion(s string) error {
	v := "v" + s
	if !semver.IsValid(v) || semver.Canonical(v)+semver.Build(v) != v {
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
