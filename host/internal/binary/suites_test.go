package binary

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wasikv/wasikv/host/internal/suites"
)

// suiteFiles gives the binaries of the component model's own tests; none where
// they are absent.
func suiteFiles(tb testing.TB) (files [][]byte) {
	dir, err := suites.Dir()
	if err != nil {
		tb.Log(err)
		return nil
	}
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
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
