package wast

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/suites"
)

// entry is a script as the index lists it.
type entry struct {
	Suite string `json:"suite"`
	File  string `json:"file"`
	JSON  string `json:"json"`
	// MVPCommands counts the commands of the 0.2 model.
	MVPCommands int `json:"mvp_commands"`
	// Semantics says what the command module means: "instantiate", or
	// "validate-only" where components are not meant to run.
	Semantics string `json:"module_semantics"`
}

// command is one command of a script; README.md of the suites defines them.
type command struct {
	Type string `json:"type"`
	Line int    `json:"line"`
	MVP  bool   `json:"mvp"`
	Text string `json:"text"` // another runtime's wording of the failure

	// A binary: of module, module_definition and the assertions on loading.
	Filename       string `json:"filename"`
	BinaryFilename string `json:"binary_filename"` // where Filename is text
	Name           string `json:"name"`            // also the source of register

	Instance string `json:"instance"` // module_instance: the new name
	Module   string `json:"module"`   // module_instance: the definition
	As       string `json:"as"`       // register

	Action   *action `json:"action"`
	Expected []value `json:"expected"`
}

// action is an invocation.
type action struct {
	Type   string  `json:"type"`
	Module string  `json:"module"` // instance name; "": the latest
	Field  string  `json:"field"`
	Args   []value `json:"args"`
}

// value is a value in the notation of the suites.
type value struct{ abi.Value }

// UnmarshalJSON implements json.Unmarshaler.
func (v *value) UnmarshalJSON(data []byte) (err error) {
	v.Value, err = suites.DecodeValue(data)
	return err
}

func values(vs []value) []abi.Value {
	out := make([]abi.Value, len(vs))
	for i, v := range vs {
		out[i] = v.Value
	}
	return out
}

// binaryName is the file with the component of a command.
func (c *command) binaryName() string {
	if c.BinaryFilename != "" {
		return c.BinaryFilename
	}
	return c.Filename
}

func readIndex(dir string) (index []entry, err error) {
	return index, readJSON(filepath.Join(dir, "index.json"), &index)
}

// readScript reads the commands of a script that belong to the 0.2 model.
func readScript(dir string, e entry) ([]command, error) {
	var all struct {
		Commands []json.RawMessage `json:"commands"`
	}
	if err := readJSON(filepath.Join(dir, e.JSON), &all); err != nil {
		return nil, err
	}
	var commands []command
	for _, raw := range all.Commands {
		// Commands beyond the 0.2 model may have values of types that do not
		// exist here.
		var probe struct {
			MVP bool `json:"mvp"`
		}
		var c command
		err := json.Unmarshal(raw, &probe)
		if err == nil && probe.MVP {
			err = json.Unmarshal(raw, &c)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.JSON, err)
		}
		if probe.MVP {
			commands = append(commands, c)
		}
	}
	if len(commands) != e.MVPCommands {
		return nil, fmt.Errorf("%s has %d commands of the 0.2 model, the index says %d", e.JSON, len(commands), e.MVPCommands)
	}
	return commands, nil
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
