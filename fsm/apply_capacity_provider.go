package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putCapacityProvider(tx *state.Tx, _ uint64, cmd structs.PutCapacityProvider) (string, error) {
	p := cmd.Provider
	old := tx.CapacityProvider(p.Name)
	stands := old != nil && old.Status == structs.ProviderActive
	switch {
	case stands && cmd.Create:
		return "", structs.Errorf(structs.KindClient,
			"The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider.")
	case structs.IsFargate(p.Name):
		return "", structs.Errorf(structs.KindClient, "The capacity provider %s is reserved and cannot be changed.", p.Name)
	case !stands && !cmd.Create:
		return "", errNoProvider(structs.KindClient, p.Name)
	}
	if other := sharesGroup(tx, &p); other != "" {
		return "", structs.Errorf(structs.KindClient, "The specified Auto Scaling group ARN is already being used by another capacity provider. "+
			"Specify a unique Auto Scaling group ARN and try again. (capacity provider %s)", other)
	}
	p.Status, p.DeletedAt = structs.ProviderActive, 0
	if cmd.Create {
		tx.PutTags(structs.CapacityProviderKey(p.Name), cmd.Tags)
	} else {
		p.CreatedAt = old.CreatedAt
	}
	tx.PutCapacityProvider(&p)
	return p.Name, nil
}

// sharesGroup returns the name of another capacity provider with the same Auto Scaling group; empty
// if there is none.
func sharesGroup(tx *state.Tx, p *structs.CapacityProvider) string {
	if p.AutoScalingGroup == nil {
		return ""
	}
	for other := range tx.CapacityProviders() {
		if other.Name != p.Name && other.Status == structs.ProviderActive && other.AutoScalingGroup != nil &&
			other.AutoScalingGroup.AutoScalingGroupArn == p.AutoScalingGroup.AutoScalingGroupArn {
			return other.Name
		}
	}
	return ""
}

func deleteCapacityProvider(tx *state.Tx, _ uint64, cmd structs.DeleteCapacityProvider) (string, error) {
	old := tx.CapacityProvider(cmd.Provider)
	switch {
	case structs.IsFargate(cmd.Provider):
		return "", structs.Errorf(structs.KindClient, "The capacity provider %s is reserved and cannot be deleted.", cmd.Provider)
	case old == nil:
		return "", errNoProvider(structs.KindClient, cmd.Provider)
	case old.Status == structs.ProviderInactive:
		return old.Name, nil
	}
	for c := range tx.Clusters() {
		if c.Status == structs.ClusterActive && slices.Contains(c.CapacityProviders, old.Name) {
			return "", errProviderInUse("cluster " + c.Name)
		}
	}
	p := *old
	p.Status, p.UpdateStatus, p.DeletedAt = structs.ProviderInactive, structs.ProviderDeleteComplete, cmd.At
	tx.PutCapacityProvider(&p)
	return p.Name, nil
}

// checkProviders checks that a cluster may have these capacity providers: all must be ACTIVE.
func checkProviders(tx *state.Tx, names []string) error {
	for _, name := range names {
		if p := tx.CapacityProvider(name); p == nil || p.Status != structs.ProviderActive {
			return errNoProvider(structs.KindInvalidParameter, name)
		}
	}
	return nil
}

// providerUser returns a service or task of a cluster that uses a capacity provider; empty if none
// does.
func providerUser(tx *state.Tx, cluster, provider string) string {
	for j := range tx.Jobs(cluster) {
		uses := inStrategy(j.CapacityStrategy, provider)
		byLaunchType := map[string]bool{} // deployments whose tasks have the launch type FARGATE instead
		for d := range tx.Deployments(j.ID) {
			if d.TaskSet != nil && d.Status != structs.DeploymentInactive {
				uses = uses || inStrategy(d.TaskSet.CapacityStrategy, provider)
				byLaunchType[d.ID] = d.TaskSet.LaunchType == structs.LaunchFargate
			}
		}
		if isService(j) && j.Status != structs.ServiceInactive && uses {
			return "service " + j.Name
		}
		if j.LaunchType == structs.LaunchFargate && len(byLaunchType) == 0 {
			continue
		}
		for t := range tx.JobTasks(j.ID) {
			if t.Holds() && (t.CapacityProvider == provider || t.CapacityProvider == "" && uses) && !byLaunchType[t.StartedBy] {
				return "task " + t.ID
			}
		}
	}
	return ""
}

func inStrategy(strategy []structs.CapacityProviderStrategyItem, provider string) bool {
	return slices.ContainsFunc(strategy, func(i structs.CapacityProviderStrategyItem) bool { return i.CapacityProvider == provider })
}

func errNoProvider(kind structs.Kind, name string) *structs.Error {
	return structs.Errorf(kind, "The specified capacity provider was not found. Specify a valid capacity provider and try again. (%s)", name)
}

func errProviderInUse(by string) *structs.Error {
	return structs.Errorf(structs.KindResourceInUse, "The specified capacity provider is in use and cannot be removed. (by %s)", by)
}
