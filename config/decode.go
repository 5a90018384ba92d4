package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsimple"
)

// Decode reads a file in HCL, or in JSON if its name ends in .json, into a struct with hcl tags.
// The error names every mistake with its place.
func Decode(path string, into any) error {
	err := hclsimple.DecodeFile(path, nil, into)
	wrong, ok := errors.AsType[hcl.Diagnostics](err)
	if !ok {
		return err
	}
	var problems []error
	for _, d := range wrong {
		at := path
		if d.Subject != nil {
			at = fmt.Sprintf("%s:%d", path, d.Subject.Start.Line)
		}
		problems = append(problems, fmt.Errorf("%s: %s: %s", at, d.Summary, strings.Join(strings.Fields(d.Detail), " ")))
	}
	return errors.Join(problems...)
}
