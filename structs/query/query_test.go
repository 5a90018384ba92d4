package query

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// instance is a subject as data.
type instance struct {
	attributes map[string]string
	fields     map[string]string
	groups     []string
}

func (i instance) Attribute(name string) (string, bool) { v, ok := i.attributes[name]; return v, ok }
func (i instance) Field(name string) (string, bool)     { v, ok := i.fields[name]; return v, ok }
func (i instance) Groups() iter.Seq[string]             { return slices.Values(i.groups) }

var some = instance{
	attributes: map[string]string{
		"ecs.instance-type": "g2.2xlarge", "ecs.availability-zone": "us-east-1a", "stack": "prod", "cores": "9", "name": "two words",
		"a/b\\c": "x", "flag": "", "load": "-0.5", "kind": "t2.micro|x", "paren": "f(x)", "quote": "it's",
	},
	fields: map[string]string{
		"agentConnected": "true", "agentVersion": "1.14.5", "ec2InstanceId": "i-abcd1234", "containerInstanceArn": "0123abcd",
		"registeredAt": "2018-02-13T10:00:00.250Z", "runningTasksCount": "10", "pendingTasksCount": "0",
	},
	groups: []string{"service:production", "databases", "databases"},
}

func TestMatch(t *testing.T) {
	for text, want := range map[string]bool{
		// The examples of ECS's documentation.
		"attribute:ecs.instance-type == t2.small":                                               false,
		"attribute:ecs.availability-zone in [us-east-1a, us-east-1b]":                           true,
		"attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d": true,
		"task:group == service:production":                                                      true,
		"not(task:group == database)":                                                           true,
		"not(task:group == databases)":                                                          false,
		"runningTasksCount == 1":                                                                false,
		"agentVersion < 1.14.5":                                                                 false,
		"registeredAt < 2018-02-13":                                                             false,
		"ec2InstanceId in ['i-abcd1234', 'i-wxyx7890']":                                         true,
		"attribute:stack != prod":                                                               false,
		"(attribute:stack == test or attribute:stack == prod) and attribute:ecs.instance-type =~ g2.*": true,

		// Each operator by its sign and its word.
		"attribute:stack == prod": true, "attribute:stack equals prod": true, "attribute:stack == pro": false,
		"attribute:stack != test": true, "attribute:stack not_equals test": true, "attribute:stack not_equals prod": false,
		"attribute:cores > 8": true, "attribute:cores greater_than 9": false, "attribute:cores greater_than 8": true,
		"attribute:cores >= 9": true, "attribute:cores greater_than_equal 10": false,
		"attribute:cores < 10": true, "attribute:cores less_than 9": false,
		"attribute:cores <= 9": true, "attribute:cores less_than_equal 8": false,
		"attribute:stack exists": true, "attribute:none exists": false,
		"attribute:stack !exists": false, "attribute:none !exists": true, "attribute:none not_exists": true,
		"attribute:stack in [test]": false, "attribute:stack !in [test]": true, "attribute:stack not_in [test, prod]": false,
		"attribute:stack =~ p.*d": true, "attribute:stack matches p": false,
		"attribute:stack !~ p": true, "attribute:stack not_matches p.*": false,

		// A subject without a value satisfies only not_exists.
		"attribute:none != prod": false, "attribute:none !in [a]": false, "attribute:none !~ a": false, "attribute:none < 1": false,
		"not attribute:none == prod": true, "attribute:flag exists": true, "attribute:flag == ''": true, "attribute:flag != x": true,

		// One of several values is enough.
		"task:group == databases": true, "task:group != databases": true, "task:group in [a, databases]": true, "task:group =~ service:.*": true,
		"task:group exists": true, "task:group not_exists": false, "task:group !~ '(x)'": true,

		// Numbers compare as numbers, text as text.
		"attribute:cores < 010.5": true, "attribute:cores > 1e1": true, "attribute:stack > 5": false, "attribute:stack < 5": false, "attribute:stack > oops": true,
		"attribute:load < 0": true, "attribute:load >= -0.50": true, "attribute:cores == 9.0": false,
		"runningTasksCount > 9": true, "runningTasksCount <= 9": false, "runningTasksCount == 10.0": true, "runningTasksCount != 10": false, "pendingTasksCount < 1": true,

		// Versions.
		"agentVersion > 1.9": true, "agentVersion >= 1.14.5": true, "agentVersion == 1.14.5.0": true, "agentVersion > 1.14.5-rc1": true,
		"agentVersion < v2": true, "agentVersion != 1.14.4": true, "agentVersion == 1.14.5+build": true,

		// Times.
		"registeredAt > 2018-02-13": true, "registeredAt == 2018-02-13T10:00:00Z": true, "registeredAt == 2018-02-13T12:00:00+02:00": true,
		"registeredAt >= 2018-02-13T10:00:01": false, "registeredAt != 2018-02-14": true,

		// Other fields.
		"agentConnected == true": true, "agentConnected == TRUE": true, "agentConnected in [false]": false, "agentConnected != false": true,
		"containerInstanceArn == arn:aws:ecs:r:1:container-instance/c/0123abcd": true, "containerInstanceArn != 0123abcd": false,

		// Precedence: not, and, or.
		"attribute:stack == x and attribute:stack == x or attribute:stack == prod":   true,
		"attribute:stack == prod or attribute:stack == x and attribute:stack == x":   true,
		"(attribute:stack == prod or attribute:stack == x) and attribute:stack == x": false,
		"not attribute:stack == x and attribute:stack == x":                          false,
		"not (attribute:stack == x and attribute:stack == x)":                        true,
		"! attribute:stack == x && !!attribute:stack == prod":                        true,
		"!(attribute:stack==x)||attribute:stack==x":                                  true,

		// Case.
		"attribute:stack EQUALS prod AND NOT attribute:stack In [x]": true, "attribute:Stack == prod": false, "attribute:stack == Prod": false,

		// Values.
		"attribute:name == 'two words'": true, `attribute:name == "two words"`: true, "attribute:name =~ 'two\\s\\w+'": true,
		"attribute:quote == 'it''s'": true, `attribute:quote == "it's"`: true, "attribute:quote == it's": true,
		"attribute:paren == 'f(x)'": true, "attribute:paren =~ 'f\\((x|y)\\)'": true,
		"attribute:kind =~ t[0-9].micro\\|x|other": true, "attribute:kind == t2.micro|x": true,
		`attribute:a/b\c == x`: true, "attribute:stack == and": false, "attribute:stack in [in, 'prod']": true,
		"attribute:stack==prod&&attribute:cores>8": true, "\n attribute:stack\t==\nprod ": true, "attribute:stack!exists||attribute:cores>=9": true,
	} {
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := e.Match(some); got != want {
			t.Errorf("%s is %t", text, got)
		}
		if failing := e.Failing(some); (failing == "") != want {
			t.Errorf("%s is %t, and what fails is %q", text, want, failing)
		}
		checkPrint(t, e)
	}
}

// TestErrors: each error says where, what is wrong, and what to write.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "at character 1: expected a subject, found the end; subjects are attribute:NAME, task:group and agentConnected, agentVersion, ec2InstanceId, containerInstanceArn, registeredAt, runningTasksCount, pendingTasksCount",
		"disk == ssd":                        "at character 1: unknown subject 'disk'; write attribute:disk if it is an attribute, else task:group or one of agentConnected, agentVersion, ec2InstanceId, containerInstanceArn, registeredAt, runningTasksCount, pendingTasksCount",
		"  agentconnected == true":           "at character 3: unknown subject 'agentconnected'; write it as agentConnected",
		"Attribute:x == 1":                   "at character 1: unknown subject 'Attribute:x'; write attribute:x",
		"attribute: == 1":                    "at character 1: the name of the attribute is missing: write attribute:NAME",
		"attribute:x":                        "at character 12: expected an operator after attribute:x, found the end; use one of == != > >= < <= in not_in =~ !~ exists not_exists",
		"attribute:x = 1":                    "at character 13: expected an operator after attribute:x, found \"=\"; use one of == != > >= < <= in not_in =~ !~ exists not_exists",
		"attribute:x like 1":                 "at character 13: expected an operator after attribute:x, found \"like\"; use one of == != > >= < <= in not_in =~ !~ exists not_exists",
		"agentVersion =~ 1.*":                "at character 14: agentVersion cannot be compared with =~; use one of == != > >= < <=",
		"agentConnected exists":              "at character 16: agentConnected cannot be compared with exists; use one of == != in not_in =~ !~",
		"attribute:x ==":                     "at character 15: expected a value, found the end; a value that is empty, or has blanks or parentheses, must be in quotes",
		"attribute:x == f(x)":                "at character 17: a value with parentheses must be in quotes: put ' before and after it",
		"attribute:x == 'a":                  "at character 16: this quote is not closed; add '",
		"attribute:x == two words":           "at character 20: \"words\" does not belong here; join comparisons with 'and' or 'or', and put values with blanks in quotes",
		"attribute:x in a":                   "at character 16: in takes a list in brackets, such as [a, b], found \"a\"",
		"attribute:x in [a b]":               "at character 19: expected ',' or ']' in the list, found \"b\"; put values with blanks in quotes",
		"attribute:x in []":                  "at character 17: expected a value, found \"]\"; a value that is empty, or has blanks or parentheses, must be in quotes",
		"(attribute:x == 1":                  "at character 1: this parenthesis is not closed; add ')'",
		"(attribute:x == 1 attribute:y == 1": "at character 19: expected 'and', 'or' or ')', found \"attribute:y\"",
		"attribute:x == 1)":                  "at character 17: \")\" does not belong here; join comparisons with 'and' or 'or', and put values with blanks in quotes",
		"attribute:x == 1 and":               "at character 21: expected a subject, found the end; subjects are attribute:NAME, task:group and agentConnected, agentVersion, ec2InstanceId, containerInstanceArn, registeredAt, runningTasksCount, pendingTasksCount",
		"attribute:x =~ '(?=a)'":             "at character 16: '(?=a)' is not a regular expression that can be used here: invalid or unsupported Perl syntax: `(?=`",
		"attribute:x =~ 'a)(b'":              "at character 16: 'a)(b' is not a regular expression that can be used here: unexpected ): `a)(b`",
		"runningTasksCount > many":           "at character 21: 'many' is not a number, but runningTasksCount is one",
		"registeredAt > yesterday":           "at character 16: 'yesterday' is not a time; write 2018-06-18T22:28:28Z or 2018-06-18",
		"agentConnected == yes":              "at character 19: agentConnected is true or false",
		"attribute:ü == 1 attribute:y == 1":  "at character 18: \"attribute:y\" does not belong here; join comparisons with 'and' or 'or', and put values with blanks in quotes",
		strings.Repeat("(", 2001):            "at character 2001: the expression has 2001 characters; it can have at most 2000",
	} {
		_, err := Parse(text)
		if err == nil || err.Error() != want {
			t.Errorf("%.40s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestFailing(t *testing.T) {
	for text, want := range map[string]string{
		"attribute:stack == prod and (attribute:cores > 9 and attribute:x == 1)":    "attribute:cores > 9",
		"attribute:stack == prod and (attribute:cores > 9 || attribute:x == '1 2')": "attribute:cores > 9 or attribute:x == '1 2'",
		"!(task:group == databases) && attribute:x == 1":                            "not (task:group == databases)",
	} {
		e, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Failing(some); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestUses(t *testing.T) {
	e, err := Parse("attribute:b == 1 or not (attribute:a exists and attribute:b in [2]) and runningTasksCount < 3")
	if err != nil {
		t.Fatal(err)
	}
	if u := e.Uses(); fmt.Sprint(u) != "{[a b] [runningTasksCount] false}" {
		t.Errorf("%+v", u)
	}
}

func TestAll(t *testing.T) {
	var all []*Expression
	for _, text := range []string{"attribute:a == 1 and attribute:b == 2", "attribute:c == 3 or attribute:d == 4", "not attribute:e exists"} {
		e, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
		checkPrint(t, All(all...))
	}
	const want = "attribute:a == 1 and attribute:b == 2 and (attribute:c == 3 or attribute:d == 4) and not (attribute:e exists)"
	if got := All(all...).String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// checkPrint checks that the canonical form parses to the same expression and is its own canonical
// form.
func checkPrint(t *testing.T, e *Expression) {
	t.Helper()
	again, err := Parse(e.String())
	if err != nil {
		// The canonical form may be longer than what was written.
		if utf8.RuneCountInString(e.String()) > MaxLength {
			return
		}
		t.Fatalf("%s: %v", e, err)
	}
	if got, want := dump(again.root), dump(e.root); got != want {
		t.Fatalf("%s is understood as %s, not as %s", e, got, want)
	}
}

// dump shows the structure, which in the canonical form depends on operator precedence.
func dump(n node) string {
	list := func(parts []node) string {
		var texts []string
		for _, part := range parts {
			texts = append(texts, dump(part))
		}
		return fmt.Sprintf("%T(%s)", n, strings.Join(texts, " "))
	}
	switch n := n.(type) {
	case and:
		return list(n)
	case or:
		return list(n)
	case not:
		return list([]node{n.part})
	case *comparison:
		return fmt.Sprintf("%q %s %q", n.subject, n.operator, n.values)
	}
	panic("unknown node")
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"attribute:a == 1 and (attribute:b in [x, 'y z', \"it's\"] or not task:group =~ 's.*')", "!(a)", "attribute:x !in [",
		"attribute:x==''", "registeredAt>=2018-06-18", "agentVersion<1.2 && runningTasksCount != 0 || attribute:y !exists", "((((", "attribute:a =~ [a-c](",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			var place *Error
			if !errors.As(err, &place) || place.Position < 1 || place.Position > utf8.RuneCountInString(text)+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		checkPrint(t, e)
		for _, s := range []instance{some, {}} {
			if e.Match(s) != (e.Failing(s) == "") {
				t.Fatalf("%q: Match and Failing disagree", text)
			}
		}
		// Subjects that agree in what the expression uses are treated alike.
		u, agreeing := e.Uses(), instance{attributes: maps.Clone(some.attributes), fields: maps.Clone(some.fields), groups: some.groups}
		maps.DeleteFunc(agreeing.attributes, func(name, _ string) bool { return !slices.Contains(u.Attributes, name) })
		maps.DeleteFunc(agreeing.fields, func(name, _ string) bool { return !slices.Contains(u.Fields, name) })
		if !u.Groups {
			agreeing.groups = nil
		}
		if e.Match(some) != e.Match(agreeing) {
			t.Fatalf("%q uses more than it says: %+v", text, u)
		}
	})
}
