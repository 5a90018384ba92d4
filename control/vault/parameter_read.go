package vault

import (
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func errNoParameter(name string) error {
	return structs.Errorf(structs.KindResourceNotFound, "there is no parameter %s", name)
}

func hasLabel(v *structs.ParameterVersion, label string) bool {
	return slices.Contains(v.Labels, label)
}

// FindParameter returns the parameter with a name or an ARN, without a version.
func (v *Vault) FindParameter(ctx context.Context, name string) (*structs.Parameter, error) {
	snap, err := v.Read(ctx)
	if err != nil {
		return nil, err
	}
	if p := ParameterNamed(snap, name); p != nil {
		return p, nil
	}
	return nil, errNoParameter(name)
}

// parameters is state, as far as it is about the names of parameters.
type parameters interface {
	Parameter(name string) *structs.Parameter
}

// ParameterNamed returns the parameter with a name or an ARN, or nil if there is none. An ARN
// leaves out the first slash of a name.
func ParameterNamed(snap parameters, name string) *structs.Parameter {
	if !strings.HasPrefix(name, "arn:") {
		return snap.Parameter(name)
	}
	a, err := structs.ParseSecretAddress(name)
	if err != nil || !a.Parameter || a.Selector != "" {
		return nil
	}
	return parameterOf(snap, a.Name)
}

// parameterOf returns the parameter with a name that may lack its first slash, or have one too
// many.
func parameterOf(snap parameters, name string) *structs.Parameter {
	for _, one := range structs.ParameterNames(name) {
		if p := snap.Parameter(one); p != nil {
			return p
		}
	}
	return nil
}

// OpenedParameter is one value of a parameter.
type OpenedParameter struct {
	Parameter *structs.Parameter
	Version   *structs.ParameterVersion
	// Selector is the version that was asked for, as ":3"; empty: none in particular.
	Selector string
	Content  string
}

// Parameter returns a value of a parameter: NAME, NAME:VERSION, NAME:LABEL, or the same with an
// ARN.
func (v *Vault) Parameter(ctx context.Context, name string) (OpenedParameter, error) {
	snap, err := v.Read(ctx)
	if err != nil {
		return OpenedParameter{}, err
	}
	return v.ParameterIn(snap, name)
}

// ParameterIn is Parameter in a state.
func (v *Vault) ParameterIn(snap *state.Snapshot, name string) (OpenedParameter, error) {
	a, err := structs.ParseSecretAddress(name)
	if err != nil || !a.Parameter {
		return OpenedParameter{}, errNoParameter(name)
	}
	p := snap.Parameter(a.Name)
	if a.ARN {
		p = parameterOf(snap, a.Name)
	}
	return v.openParameter(snap, p, a)
}

// openParameter returns the value that an address means of a parameter, which may be nil.
func (v *Vault) openParameter(snap *state.Snapshot, p *structs.Parameter, a structs.SecretAddress) (OpenedParameter, error) {
	if p == nil {
		return OpenedParameter{}, errNoParameter(a.Text)
	}
	of := p.Selected(a.Selector)
	if of == nil {
		return OpenedParameter{}, structs.Errorf(structs.KindMissingVersion,
			"Systems Manager could not find version %s of %s. Verify the version and try again.", a.Selector, p.Name)
	}
	out := OpenedParameter{Parameter: p, Version: of}
	if a.Selector != "" {
		out.Selector = ":" + a.Selector
	}
	content, err := v.Open(snap, p, of)
	out.Content = content
	return out, err
}

// Open returns the value of a version of a parameter.
func (v *Vault) Open(snap *state.Snapshot, p *structs.Parameter, of *structs.ParameterVersion) (string, error) {
	content, err := v.unseal(snap, structs.ParameterSealName(p.Name, of.ID), of.Value)
	return string(content), err
}
