package gen

import "testing"

func TestNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"get":          {"Get", "get"},
		"get-or-set":   {"GetOrSet", "getOrSet"},
		"TTL-ms":       {"TTLMs", "ttlMs"},
		"HTTP-get-URL": {"HTTPGetURL", "httpGetURL"},
		"is-IPv6":      {"IsIPv6", "isIPv6"},
		"x1-y2":        {"X1Y2", "x1Y2"},
		"URL":          {"URL", "url"},
	} {
		if got := exported(name); got != want[0] {
			t.Errorf("%s is exported as %s, want %s", name, got, want[0])
		}
		if got := unexported(name); got != want[1] {
			t.Errorf("%s is unexported as %s, want %s", name, got, want[1])
		}
	}
}

func TestScope(t *testing.T) {
	s := newScope("taken")
	for _, c := range [][2]string{{"taken", "taken_"}, {"taken", "taken__"}, {"free", "free"}, {"type", "type_"}, {"type_", "type__"}} {
		if got := s.pick(c[0]); got != c[1] {
			t.Errorf("%s is picked as %s, want %s", c[0], got, c[1])
		}
	}
	for _, want := range []string{"m", "m2", "m3"} {
		if got := s.temp("m"); got != want {
			t.Errorf("a temporary is called %s, want %s", got, want)
		}
	}
}
