package host

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/instance"
	"github.com/wasikv/wasikv/host/internal/plan"
)

// TrapError is a guest that ended by a fault: its own, a limit's or a host
// function's. Where a context ended the call it wraps the context's error.
type TrapError = instance.Trap

// ExitError is a guest that asked to end with a status other than success.
type ExitError = abi.Exit

// TypeError is an argument of Call that does not have the type of its
// parameter; the guest was not entered.
type TypeError = abi.TypeError

// ErrEnded is what later calls of an instance return whose guest exited or
// trapped.
var ErrEnded = instance.ErrEnded

// ErrClosed is what calls of a closed instance return.
var ErrClosed = instance.ErrClosed

// MissingImportsError lists everything that a guest imports and the host does
// not offer in the same form.
type MissingImportsError struct{ Imports []MissingImport }

// MissingImport is one import that the host cannot serve.
type MissingImport struct {
	// Name is the import as the guest has it.
	Name string
	// Nearest is the interface that the host offers and that is most like it,
	// "" where none is.
	Nearest string
	// Reason says why the import as a whole is not served, "" where single
	// items are.
	Reason string
	// Items are the functions and types that differ.
	Items []MissingItem
}

// MissingItem is one function, resource or type of an import.
type MissingItem struct {
	Name   string
	Wants  string // the type that the guest declares
	Reason string
}

// Error implements error: a sentence, then a line for each import.
func (e *MissingImportsError) Error() string {
	var b strings.Builder
	switch n := len(e.Imports); n {
	case 1:
		b.WriteString("the guest needs 1 import that this host does not provide:")
	default:
		fmt.Fprintf(&b, "the guest needs %d imports that this host does not provide:", n)
	}
	for i := range e.Imports {
		imp := &e.Imports[i]
		b.WriteString("\n  " + imp.Name)
		if imp.Reason != "" {
			b.WriteString(": " + imp.Reason)
		}
		if imp.Nearest != "" && imp.Nearest != imp.Name {
			b.WriteString(" (nearest offered: " + imp.Nearest + ")")
		}
		for _, item := range imp.Items {
			b.WriteString("\n    " + item.Name + ": " + item.Reason)
			if item.Wants != "" {
				b.WriteString("; the guest declares " + item.Wants)
			}
		}
	}
	return b.String()
}

func missingImports(missing []*plan.Import) *MissingImportsError {
	e := &MissingImportsError{}
	for _, m := range missing {
		out := MissingImport{Name: m.Name, Nearest: m.Nearest, Reason: m.Problem}
		if out.Nearest == "" {
			out.Nearest = m.Served
		}
		for _, item := range m.Items {
			if item.Problem != "" {
				out.Items = append(out.Items, MissingItem{Name: item.Name, Wants: item.Signature, Reason: item.Problem})
			}
		}
		e.Imports = append(e.Imports, out)
	}
	return e
}
