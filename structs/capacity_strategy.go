package structs

import "slices"

// The limits of capacity providers (ECS).
const (
	MaxClusterProviders = 20
	MaxStrategyItems    = 20
	maxProviderBase     = 100_000
	maxProviderWeight   = 1000
)

// ValidateStrategy reports what is wrong with a capacity provider strategy for a cluster with these
// providers, in ECS's words where they are known. argument is the name of the strategy in the
// caller's request.
func ValidateStrategy(argument string, strategy []CapacityProviderStrategyItem, providers []string) *Error {
	if n := len(strategy); n > MaxStrategyItems {
		return Errorf(KindInvalidParameter, "%s: a capacity provider strategy can have at most %d items; there are %d.", argument, MaxStrategyItems, n)
	}
	var bases, fargate int
	var weights int32
	for i, item := range strategy {
		switch {
		case !slices.Contains(providers, item.CapacityProvider):
			return Errorf(KindInvalidParameter, "The specified capacity provider strategy cannot contain a capacity provider that is not associated "+
				"with the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again. (%s[%d]: %s)",
				argument, i, item.CapacityProvider)
		case slices.ContainsFunc(strategy[:i], func(e CapacityProviderStrategyItem) bool { return e.CapacityProvider == item.CapacityProvider }):
			return Errorf(KindInvalidParameter, "%s[%d]: capacity provider %s is given twice", argument, i, item.CapacityProvider)
		case item.Base < 0 || item.Base > maxProviderBase:
			return Errorf(KindInvalidParameter, "%s[%d].base: %d is out of range; it must be between 0 and %d", argument, i, item.Base, maxProviderBase)
		case item.Weight < 0 || item.Weight > maxProviderWeight:
			return Errorf(KindInvalidParameter, "%s[%d].weight: %d is out of range; it must be between 0 and %d", argument, i, item.Weight, maxProviderWeight)
		}
		weights += item.Weight
		if item.Base > 0 {
			bases++
		}
		if IsFargate(item.CapacityProvider) {
			fargate++
		}
	}
	switch {
	case bases > 1:
		return Errorf(KindInvalidParameter, "%s: only one capacity provider of a strategy can have a base.", argument)
	case fargate > 0 && fargate < len(strategy):
		return Errorf(KindInvalidParameter, "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups "+
			"and Fargate providers. Specify one or the other and try again.")
	case len(strategy) > 1 && weights == 0:
		return Errorf(KindInvalidParameter, "%s: at least one capacity provider of a strategy must have a weight greater than 0.", argument)
	}
	return nil
}
