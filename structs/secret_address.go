package structs

import (
	"regexp"
	"strings"
)

// SecretAddress is where a task definition finds a value (valueFrom): a secret of Secrets Manager,
// or a parameter of Systems Manager. The region and account of an ARN do not count: there is one
// store.
type SecretAddress struct {
	// Text is the address as it was written.
	Text string
	// Parameter means that it names a parameter, and ARN that it is an ARN. A bare name is that of
	// a parameter, as in ECS.
	Parameter, ARN bool
	// Name is the name as it was written: a secret's may end with the six characters of its ARN,
	// and an ARN leaves out the slash that the name of a parameter begins with.
	Name string
	// JSONKey, Stage and VersionID are of a secret; empty: the whole value, AWSCURRENT.
	JSONKey, Stage, VersionID string
	// Selector is the number or label of a parameter's version; empty: the present one.
	Selector string
}

var arnSuffix = regexp.MustCompile(`^[A-Za-z0-9]{6}$`)

// The service parts of ARNs.
const (
	ServiceSecretsManager = "secretsmanager"
	ServiceSSM            = "ssm"
)

// ParseSecretAddress reads an address, which is one of
//
//	NAME, /PATH/NAME, NAME:VERSION or NAME:LABEL
//	arn:aws:ssm:REGION:ACCOUNT:parameter/NAME, with :VERSION or :LABEL
//	arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, with or without its six characters, and with
//	:JSON-KEY:VERSION-STAGE:VERSION-ID, each of which may be empty or missing
func ParseSecretAddress(text string) (SecretAddress, error) {
	a := SecretAddress{Text: text, Parameter: true}
	rest := text
	if strings.HasPrefix(text, "arn:") {
		parts := strings.SplitN(text, ":", 6)
		if len(parts) != 6 {
			return a, errNoAddress(text)
		}
		var ok bool
		switch a.ARN = true; parts[2] {
		case ServiceSecretsManager:
			a.Parameter = false
			rest, ok = strings.CutPrefix(parts[5], "secret:")
		case ServiceSSM:
			rest, ok = strings.CutPrefix(parts[5], "parameter/")
		}
		if !ok {
			return a, errNoAddress(text)
		}
	}
	fields := strings.Split(rest, ":")
	most, into := 2, []*string{&a.Name, &a.Selector}
	if !a.Parameter {
		most, into = 4, []*string{&a.Name, &a.JSONKey, &a.Stage, &a.VersionID}
	}
	if len(fields) > most || fields[0] == "" {
		return a, errNoAddress(text)
	}
	for n, field := range fields {
		*into[n] = field
	}
	return a, nil
}

func errNoAddress(text string) error {
	return Errorf(KindInvalidParameter,
		"'%s' is neither the name of a parameter, nor the ARN of one (arn:aws:ssm:…:parameter/NAME), nor that of a secret (arn:aws:secretsmanager:…:secret:NAME)", text)
}

// SecretNames returns the names that a secret can have that an ARN names: with the six characters
// at its end taken off, and as it was written. Six lower-case letters are taken for a part of the
// name (app-secret), which is wrong for one ARN of AWS's in two hundred.
func SecretNames(inARN string) []string {
	n := strings.LastIndexByte(inARN, '-')
	if n > 0 && arnSuffix.MatchString(inARN[n+1:]) && strings.ContainsAny(inARN[n+1:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
		return []string{inARN[:n], inARN}
	}
	return []string{inARN}
}

// ParameterNames returns the names that a parameter can have, the likeliest first: as it was
// written, and with or without the first slash.
func ParameterNames(name string) []string {
	if bare, ok := strings.CutPrefix(name, "/"); ok {
		return []string{name, bare}
	}
	if strings.Contains(name, "/") {
		return []string{"/" + name, name}
	}
	return []string{name, "/" + name}
}
