// Package validate decides whether a decoded component is valid: that indices
// exist and are of the right sort, types are well-formed, names are legal and
// unique, arguments fit what they are given to, resources stay where they
// belong, and canonical options fit the functions they are given for.
//
// It is a pass of its own over the definitions of package binary, before
// anything is planned or compiled; it knows nothing of the host. Bodies of
// core functions are not its business: wazero's compiler judges them.
//
// Resource types are abstract: each definition, each import and each
// instantiation makes a new one, and types are the same only where their
// resources are. Types are nodes whose identity counts, too, since a record,
// variant, enum or flags type may be used in an import or export only under
// the name that it was imported or exported by.
//
// Validation takes time and memory proportional to the component, within
// Options. Functions may run on any number of goroutines at once.
//
// Specification: component-model design/mvp/Explainer.md, Binary.md and
// Subtyping.md. Subtyping of value and function types is equality.
package validate
