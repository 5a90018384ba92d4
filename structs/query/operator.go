package query

import "strings"

// operator is what a comparison does.
type operator uint8

const (
	opNone operator = iota
	opEquals
	opNotEquals
	opGreater
	opGreaterEqual
	opLess
	opLessEqual
	opIn
	opNotIn
	opMatches
	opNotMatches
	opExists
	opNotExists
)

// String returns the canonical form: the sign, or the word where the sign contains letters.
func (o operator) String() string {
	switch o {
	case opEquals:
		return "=="
	case opNotEquals:
		return "!="
	case opGreater:
		return ">"
	case opGreaterEqual:
		return ">="
	case opLess:
		return "<"
	case opLessEqual:
		return "<="
	case opIn:
		return "in"
	case opNotIn:
		return "not_in"
	case opMatches:
		return "=~"
	case opNotMatches:
		return "!~"
	case opExists:
		return "exists"
	case opNotExists:
		return "not_exists"
	}
	return ""
}

func (o operator) takesList() bool { return o == opIn || o == opNotIn }
func (o operator) takesNone() bool { return o == opExists || o == opNotExists }

// operatorSigns is in the order in which signs are tried: a longer sign before its prefixes.
func operatorSigns() []struct {
	sign string
	op   operator
} {
	return []struct {
		sign string
		op   operator
	}{
		{"==", opEquals}, {"!=", opNotEquals}, {">=", opGreaterEqual}, {"<=", opLessEqual}, {">", opGreater}, {"<", opLess},
		{"=~", opMatches}, {"!~", opNotMatches},
	}
}

// operatorOf returns the operator of a word in upper or lower case; opNone for any other word.
func operatorOf(word string) operator {
	switch strings.ToLower(word) {
	case "equals":
		return opEquals
	case "not_equals":
		return opNotEquals
	case "greater_than":
		return opGreater
	case "greater_than_equal":
		return opGreaterEqual
	case "less_than":
		return opLess
	case "less_than_equal":
		return opLessEqual
	case "in":
		return opIn
	case "not_in", "!in":
		return opNotIn
	case "matches":
		return opMatches
	case "not_matches":
		return opNotMatches
	case "exists":
		return opExists
	case "not_exists", "!exists":
		return opNotExists
	}
	return opNone
}
