package validate

import "fmt"

// Rule is a group of validation rules.
type Rule string

// The rules.
const (
	RuleIndex      Rule = "index spaces"
	RuleSort       Rule = "sorts"
	RuleType       Rule = "type well-formedness"
	RuleName       Rule = "names"
	RuleUnique     Rule = "unique names"
	RuleAlias      Rule = "aliases"
	RuleSubtype    Rule = "subtyping"
	RuleResource   Rule = "resources"
	RuleVisibility Rule = "export visibility"
	RuleCanon      Rule = "canonical definitions"
	RuleValue      Rule = "values"
	RuleLimit      Rule = "limits"
)

// Error says that a component is invalid.
type Error struct {
	// Offset is where the definition begins in the outermost file, in bytes.
	Offset int64
	// Item names the definition, those that enclose it first.
	Item string
	// Rule is what it breaks.
	Rule Rule
	// Reason is how, as a clause that can follow a colon.
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (%s, at offset %#x)", e.Item, e.Reason, e.Rule, e.Offset)
}
