package main

import (
	"bytes"
	"testing"
)

// module has a custom section "x.y", an import section with a function, a table,
// a memory and a global, each imported twice under one name, and a type section.
func module(second string) []byte {
	imports := []byte{8}
	for _, description := range [][]byte{{0, 0}, {1, 0x70, 1, 1, 2}, {2, 0, 1}, {3, 0x7f, 1}} {
		for _, name := range []string{"f", second} {
			imports = append(imports, 1, 'm', byte(len(name)))
			imports = append(imports, name...)
			imports = append(imports, description...)
		}
	}
	b := []byte(magic)
	b = append(b, 0, 5, 3, 'x', '.', 'y', 9)
	b = append(b, 1, 4, 1, 0x60, 0, 0)
	b = append(b, 2, byte(len(imports)))
	return append(b, imports...)
}

func TestUniqueImportsPerModuleAndName(t *testing.T) {
	in := []byte(magic + "\x02\x13\x03\x01m\x01f\x00\x00\x01m\x01f\x00\x00\x01n\x01f\x00\x00")
	want := []byte(magic + "\x02\x15\x03\x01m\x01f\x00\x00\x01m\x03f~1\x00\x00\x01n\x01f\x00\x00")
	got, err := edit(in, "")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("edit gave %q, %v; want %q", got, err, want)
	}
}

func TestEveryKindOfImportIsPassedOver(t *testing.T) {
	got, err := edit(module("g"), "")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(got, []byte("f~")); n != 3 {
		t.Errorf("%d imports of f renamed, want 3 of 4", n)
	}
	if !bytes.Contains(got, []byte("g~3")) {
		t.Error("the fourth import of g is not called g~3")
	}
}

func TestDropsCustomSections(t *testing.T) {
	for drop, kept := range map[string]bool{"": true, "z": true, "x.": false} {
		got, err := edit(module("g"), drop)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(got, []byte("x.y")) != kept {
			t.Errorf("with -drop %q the section x.y is kept: %v", drop, !kept)
		}
	}
}

func TestRefusesWhatIsNoModule(t *testing.T) {
	for _, in := range []string{"", "text", "\x00asm\x0d\x00\x01\x00", magic + "\x02\xff", magic + "\x02\x05\x01\x01m\x01f"} {
		if got, err := edit([]byte(in), ""); err == nil {
			t.Errorf("edit(%q) gave %q", in, got)
		}
	}
}
