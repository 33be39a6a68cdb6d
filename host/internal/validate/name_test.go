package validate

import (
	"strings"
	"testing"
)

func TestIsLabel(t *testing.T) {
	for _, s := range []string{"a", "A", "a1", "a-1", "a-1-c", "foo-BAR-baz", "A1-b2", "a-1b", "A-1B"} {
		if !isLabel(s) {
			t.Errorf("%q is no label", s)
		}
	}
	for _, s := range []string{"", "1", "-", "a-", "-a", "a--b", "aB", "Ab", "a_b", "a.b", "é", "a b", "1-a", "a-1bB"} {
		if isLabel(s) {
			t.Errorf("%q is a label", s)
		}
	}
}

func TestParseName(t *testing.T) {
	valid := map[nameKind][]string{
		nameLabel:       {"a", "a-b", "URL"},
		nameConstructor: {"[constructor]a", "[constructor]a-b"},
		nameMethod:      {"[method]a.b", "[method]a-b.c-d"},
		nameStatic:      {"[static]a.b"},
		nameInterface: {
			"a:b/c", "wasi:http/types@0.2.0", "a-b:c-d/E-F@1.2.3-rc.1+build.5", "a:b/c@0.0.0+abcd-efg",
			"a:b/c@123456.7890.488",
		},
		nameDependency: {
			"unlocked-dep=<a:b>", "unlocked-dep=<a:b@*>", "unlocked-dep=<a:b@{>=1.2.3}>", "unlocked-dep=<a:b@{<1.2.3-rc}>",
			"unlocked-dep=<a:b@{>=1.2.3-rc <1.2.3}>", "locked-dep=<a:b>", "locked-dep=<a:b@1.2.3>",
			"locked-dep=<a:b@1.2.3>,integrity=<sha256-a>",
		},
		nameURL:  {"url=<>", "url=<https://a.b/c?d>", "url=<a>,integrity=<sha512-ab==>"},
		nameHash: {"integrity=<sha256-a>", "integrity=<  sha512-a?opt  sha384-b/+ >"},
	}
	for kind, names := range valid {
		for _, s := range names {
			if n, err := parseName(s); err != nil || n.kind != kind {
				t.Errorf("parseName(%q) = kind %d, %v; want kind %d", s, n.kind, err, kind)
			}
		}
	}
	for _, s := range []string{
		"", "1", "Foo", "a/b", "a:", "a:b", "a:/b", ":a/b", "a:b/", "A:b/c", "a:B/c", "a:b:c/d", "a:b/c/d",
		"a:b/c@", "a:b/c@1", "a:b/c@1.2", "a:b/c@01.2.3", "a:b/c@1.2.3-", "a:b/c@1.2.3-01", "a:b/c@1.2.3+", "a:b/c@v1.2.3",
		"a:b/c@1.2.3-a..b", "a:b/c@1.2-a.3", "a:b/c@1.2.3 ", "[constructor]", "[constructor]a.b", "[method]a", "[method]a.",
		"[method].a", "[method]a.b.c", "[static]", "[async]a", "[method]", "unlocked-dep=a:b", "unlocked-dep=<a>",
		"unlocked-dep=<a:b@1.2.3>", "unlocked-dep=<a:b@{}>", "unlocked-dep=<a:b@{<1.2.3 >=2.3.4}>", "unlocked-dep=<a:b@{>=1.2.3 }>",
		"unlocked-dep=<a:b@{<1.2.3 <2.3.4}>", "locked-dep=<a:b>x", "locked-dep=<a:b>,", "locked-dep=<a:b", "locked-dep=<a:b@1.2>",
		"url=a", "url=<a", "url=<<>", "url=<a>b", "integrity=<>", "integrity=<sha256>", "integrity=<sha256->",
		"integrity=<sha256-a===>", "integrity=<sha256-a=b>", "integrity=<md5-a>", "integrity=<sha256-a>x", "relative-url=<a>",
	} {
		if _, err := parseName(s); err == nil {
			t.Errorf("parseName(%q) finds nothing wrong", s)
		}
	}
}

func TestNameConflicts(t *testing.T) {
	tests := []struct {
		a, b     string
		conflict bool
	}{
		{"a", "a", true},
		{"a", "A", true},
		{"a-b", "A-b", true},
		{"a", "b", false},
		{"a", "[constructor]a", false},
		{"A", "[constructor]a", true},
		{"[constructor]a", "[constructor]a", true},
		{"[constructor]a", "[constructor]A", true},
		{"[method]a.b", "[method]a.b", true},
		{"[method]a.b", "[static]a.b", true},
		{"[method]a.b", "[method]a.c", false},
		{"[method]a.b", "a", false},
		{"[method]a.a", "a", true},
		{"[static]a.A", "a", true},
		{"[method]a.b", "b", false},
		{"a:b/c", "a:b/c", true},
		{"a:b/c", "a:b/C", true},
		{"a:b/c", "a:b/c@1.0.0", false},
		{"a:b/c@1.0.0-a", "a:b/c@1.0.0-A", false},
		{"url=<a>", "url=<A>", false},
	}
	for _, test := range tests {
		for _, pair := range [][2]string{{test.a, test.b}, {test.b, test.a}} {
			first, err := parseName(pair[0])
			if err != nil {
				t.Fatal(err)
			}
			second, err := parseName(pair[1])
			if err != nil {
				t.Fatal(err)
			}
			got := second.conflict(map[string]string{first.key: first.text})
			if (got != "") != test.conflict || got != "" && got != first.text {
				t.Errorf("%q after %q conflicts with %q; want a conflict: %v", pair[1], pair[0], got, test.conflict)
			}
		}
	}
}

func TestLongNames(t *testing.T) {
	long := strings.Repeat("a-", 50_000) + "a"
	for _, s := range []string{long, "[method]" + long + "." + long, long + ":" + long + "/" + long} {
		if _, err := parseName(s); err != nil {
			t.Errorf("a name of %d bytes: %.100v", len(s), err)
		}
	}
}
