package control

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// CreatePolicy adds a managed policy with its first version.
func (c *Control) CreatePolicy(ctx context.Context, p structs.ManagedPolicy, document string, tags []structs.Tag) (*structs.ManagedPolicy, error) {
	p.ID, p.Version, p.CreatedAt = iamID("ANPA"), 1, c.Now()
	p.UpdatedAt, p.Made, p.Default, p.Path = p.CreatedAt, 1, "v1", cmp.Or(p.Path, "/")
	p.Versions = []structs.PolicyVersion{{ID: p.Default, Document: document, CreatedAt: p.CreatedAt}}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	_, err := c.config.Log.Apply(ctx, structs.PutManagedPolicy{Policy: p, Tags: tags})
	return &p, err
}

// ChangePolicy changes a managed policy, read and written as one, like ChangeRole.
func (c *Control) ChangePolicy(ctx context.Context, name string, change func(*structs.ManagedPolicy) error) (*structs.ManagedPolicy, error) {
	for tries := 1; ; tries++ {
		old, err := c.Policy(ctx, name)
		if err != nil {
			return nil, err
		}
		p := *old
		p.Versions = slices.Clone(old.Versions)
		if err := change(&p); err != nil {
			return nil, err
		}
		p.Version++
		p.UpdatedAt = c.Now()
		if err := p.Validate(); err != nil {
			return nil, err
		}
		_, err = c.config.Log.Apply(ctx, structs.PutManagedPolicy{Policy: p, Was: old.Version})
		if structs.KindOf(err) != structs.KindConflict || tries == maxTries {
			return &p, err
		}
	}
}

// CreatePolicyVersion adds a version to a managed policy, which becomes the one that counts if
// asDefault is set.
func (c *Control) CreatePolicyVersion(ctx context.Context, name, document string, asDefault bool) (*structs.PolicyVersion, error) {
	p, err := c.ChangePolicy(ctx, name, func(p *structs.ManagedPolicy) error {
		p.Made++
		v := structs.PolicyVersion{ID: "v" + strconv.Itoa(int(p.Made)), Document: document, CreatedAt: c.Now()}
		p.Versions = append(p.Versions, v)
		if asDefault {
			p.Default = v.ID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &p.Versions[len(p.Versions)-1], nil
}

// DeletePolicyVersion removes a version that is not the one that counts.
func (c *Control) DeletePolicyVersion(ctx context.Context, name, version string) error {
	_, err := c.ChangePolicy(ctx, name, func(p *structs.ManagedPolicy) error {
		switch {
		case p.Of(version) == nil:
			return errPolicyVersion(name, version)
		case p.Default == version:
			return structs.Errorf(structs.KindDeleteConflict, "Cannot delete the default version of a policy.")
		}
		p.Versions = slices.DeleteFunc(p.Versions, func(v structs.PolicyVersion) bool { return v.ID == version })
		return nil
	})
	return err
}

// SetDefaultPolicyVersion makes a version the one that counts.
func (c *Control) SetDefaultPolicyVersion(ctx context.Context, name, version string) error {
	_, err := c.ChangePolicy(ctx, name, func(p *structs.ManagedPolicy) error {
		if p.Of(version) == nil {
			return errPolicyVersion(name, version)
		}
		p.Default = version
		return nil
	})
	return err
}

// DeletePolicy removes a managed policy. No role may have it attached, and it must have no versions
// but the one that counts (IAM).
func (c *Control) DeletePolicy(ctx context.Context, name string) error {
	p, err := c.Policy(ctx, name)
	if err != nil {
		return err
	}
	if len(p.Versions) > 1 {
		return structs.Errorf(structs.KindDeleteConflict,
			"This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	_, err = c.config.Log.Apply(ctx, structs.DeleteManagedPolicy{Name: name, Was: p.Version})
	return err
}

// Policy returns a managed policy.
func (c *Control) Policy(ctx context.Context, name string) (*structs.ManagedPolicy, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if p := snap.ManagedPolicy(name); p != nil {
		return p, nil
	}
	return nil, structs.ErrPolicyNotFound(name)
}

func errPolicyVersion(name, version string) error {
	return structs.Errorf(structs.KindResourceNotFound, "Policy %s version %s does not exist or is not attachable.", name, version)
}
