package control

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// maxTries is how often a change of a role or policy is tried that meets changes by others.
const maxTries = 10

// CreateRole adds a role. Without a trust policy it is one for tasks.
func (c *Control) CreateRole(ctx context.Context, r structs.Role, tags []structs.Tag) (*structs.Role, error) {
	r.ID, r.Version, r.CreatedAt, r.CreatedBy = iamID("AROA"), 1, c.Now(), callerARN(ctx)
	r.Path = cmp.Or(r.Path, "/")
	r.Trust = cmp.Or(r.Trust, structs.TasksTrust)
	r.MaxSession = cmp.Or(r.MaxSession, structs.DefaultSession)
	if err := c.checkRole(&r); err != nil {
		return nil, err
	}
	_, err := c.config.Log.Apply(ctx, structs.PutRole{Role: r, Tags: tags})
	return &r, err
}

// ChangeRole changes a role, read and written as one: change is called on a copy, and again if the
// role was changed by another call in the meantime.
func (c *Control) ChangeRole(ctx context.Context, name string, change func(*structs.Role) error) (*structs.Role, error) {
	for tries := 1; ; tries++ {
		old, err := c.Role(ctx, name)
		if err != nil {
			return nil, err
		}
		r := *old
		r.Policies, r.Attached = slices.Clone(old.Policies), slices.Clone(old.Attached)
		if err := change(&r); err != nil {
			return nil, err
		}
		r.Version++
		if err := c.checkRole(&r); err != nil {
			return nil, err
		}
		_, err = c.config.Log.Apply(ctx, structs.PutRole{Role: r, Was: old.Version})
		if structs.KindOf(err) != structs.KindConflict || tries == maxTries {
			return &r, err
		}
	}
}

// PutRole makes a role what spec says, whether it exists or not. Its tags stay.
func (c *Control) PutRole(ctx context.Context, name string, spec structs.RoleSpec) (*structs.Role, error) {
	create := func() (*structs.Role, error) {
		return c.CreateRole(ctx, structs.Role{
			Name: name, Path: spec.Path, Description: spec.Description, Trust: spec.Trust, MaxSession: spec.MaxSession,
			Policies: spec.Policies, Attached: spec.Attached,
		}, nil)
	}
	if spec.New {
		return create()
	}
	changed, err := c.ChangeRole(ctx, name, func(r *structs.Role) error {
		if spec.Path != "" && spec.Path != r.Path {
			return structs.Errorf(structs.KindInvalidParameter, "path: the role %s is at %s, and the path of a role does not change", name, r.Path)
		}
		r.Description, r.Policies, r.Attached = spec.Description, slices.Clone(spec.Policies), spec.Attached
		r.Trust, r.MaxSession = cmp.Or(spec.Trust, r.Trust), cmp.Or(spec.MaxSession, r.MaxSession)
		return nil
	})
	if structs.KindOf(err) == structs.KindResourceNotFound && c.config.Store.Snapshot().Role(name) == nil {
		return create()
	}
	return changed, err
}

// checkRole also refuses policies of AWS's that Gantry does not know.
func (c *Control) checkRole(r *structs.Role) error {
	slices.SortFunc(r.Policies, func(a, b structs.RolePolicy) int { return cmp.Compare(a.Name, b.Name) })
	for i := range r.Policies[:max(len(r.Policies)-1, 0)] {
		if r.Policies[i].Name == r.Policies[i+1].Name {
			return structs.Errorf(structs.KindInvalidParameter, "policies: there are two of the name %s", r.Policies[i].Name)
		}
	}
	for _, arn := range r.Attached {
		if _, own := structs.PolicyName(arn); own {
			continue
		}
		if _, known := structs.AWSPolicy(arn); !known {
			return structs.Errorf(structs.KindResourceNotFound, "Policy %s does not exist or is not attachable. "+
				"Gantry knows the policies of AWS's that docs/roles.md names; make one of your own with the same statements.", arn)
		}
	}
	return r.Validate()
}

// DeleteRole removes a role. Its temporary keys are refused from then on. Unless all is true, it
// must have no policies (IAM).
func (c *Control) DeleteRole(ctx context.Context, name string, all bool) error {
	for tries := 1; ; tries++ {
		r, err := c.Role(ctx, name)
		switch {
		case err != nil:
			return err
		case !all && len(r.Attached) > 0:
			return structs.Errorf(structs.KindDeleteConflict, "Cannot delete entity, must detach all policies first.")
		case !all && len(r.Policies) > 0:
			return structs.Errorf(structs.KindDeleteConflict, "Cannot delete entity, must delete policies first.")
		}
		_, err = c.config.Log.Apply(ctx, structs.DeleteRole{Name: name, Was: r.Version})
		if structs.KindOf(err) != structs.KindConflict || tries == maxTries {
			return err
		}
	}
}

// Role returns a role.
func (c *Control) Role(ctx context.Context, name string) (*structs.Role, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if r := snap.Role(name); r != nil {
		return r, nil
	}
	return nil, structs.ErrRoleNotFound(name)
}

// Roles returns all roles by name.
func (c *Control) Roles(ctx context.Context) (structs.RoleList, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return structs.RoleList{}, err
	}
	return structs.RoleList{Roles: slices.AppendSeq([]*structs.Role{}, snap.Roles())}, nil
}

// iamID returns a new id in the form of IAM's: a prefix of four letters and 17 characters.
func iamID(prefix string) string {
	var b [11]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return prefix + base32.StdEncoding.EncodeToString(b[:])[:17]
}
