package binary

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// suites is where the component model's own tests are.
func suites(tb testing.TB) string {
	dir := os.Getenv("WASIKV_SUITES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "suites")
	}
	if _, err := os.Stat(filepath.Join(dir, "index.json")); err != nil {
		return ""
	}
	return dir
}

// suiteFiles gives the binaries of the suites; none where they are absent.
func suiteFiles(tb testing.TB) (files [][]byte) {
	dir := suites(tb)
	if dir == "" {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".wasm" {
			return err
		}
		wasm, err := os.ReadFile(path)
		files = append(files, wasm)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// What the 0.2 model's suites accept must decode. What they call malformed
// must not, unless a core module inside is to blame, which Decode does not
// read.
func TestDecodeSuites(t *testing.T) {
	dir := suites(t)
	if dir == "" {
		t.Skip("no suites: set WASIKV_SUITES to the folder that has their index.json")
	}
	var index []struct {
		JSON string `json:"json"`
	}
	readJSON(t, filepath.Join(dir, "index.json"), &index)
	accepted, malformed, invalid, earlyInvalid := 0, 0, 0, 0
	for _, file := range index {
		var script struct {
			Commands []struct {
				Type, Kind, Filename, Text string
				Line                       int
				MVP                        bool `json:"mvp"`
				TextOnly                   bool `json:"text_only"`
			}
		}
		path := filepath.Join(dir, file.JSON)
		readJSON(t, path, &script)
		for _, c := range script.Commands {
			if !c.MVP || c.Kind != "component" || c.TextOnly {
				continue
			}
			wasm, err := os.ReadFile(filepath.Join(filepath.Dir(path), c.Filename))
			if err != nil {
				t.Fatal(err)
			}
			_, err = Decode(wasm, Limits{})
			switch c.Type {
			case "module", "module_definition":
				accepted++
				if err != nil {
					t.Errorf("%s:%d: %v", file.JSON, c.Line, err)
				}
			case "assert_malformed":
				malformed++
				if err == nil && c.Text != "section out of order" {
					t.Errorf("%s:%d: decoded, want %q", file.JSON, c.Line, c.Text)
				}
			case "assert_invalid":
				invalid++
				if err != nil {
					earlyInvalid++
				}
			}
		}
	}
	t.Logf("%d accepted, %d malformed, %d invalid of which %d do not even decode", accepted, malformed, invalid, earlyInvalid)
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}
