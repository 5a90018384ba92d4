package structs

import "testing"

func TestBreakerThreshold(t *testing.T) {
	for _, test := range []struct {
		policy      UpdatePolicy
		count, want int
	}{
		{UpdatePolicy{}, 0, 3},
		{UpdatePolicy{}, 1, 3},
		{UpdatePolicy{}, 25, 13}, // ECS's own examples: half, rounded up, from 3 to 200
		{UpdatePolicy{}, 400, 200},
		{UpdatePolicy{}, 800, 200},
		{UpdatePolicy{ThresholdConfiguration: &BreakerThreshold{ThresholdBoundedPercent, 10}}, 100, 10},
		{UpdatePolicy{ThresholdConfiguration: &BreakerThreshold{ThresholdBoundedPercent, 1}}, 100, 3},
		{UpdatePolicy{ThresholdConfiguration: &BreakerThreshold{ThresholdUnboundedPercent, 50}}, 800, 400},
		{UpdatePolicy{ThresholdConfiguration: &BreakerThreshold{ThresholdUnboundedPercent, 50}}, 1, 1},
		// otherwise a service with a count of zero could not be deployed
		{UpdatePolicy{ThresholdConfiguration: &BreakerThreshold{ThresholdUnboundedPercent, 50}}, 0, 1},
		{UpdatePolicy{ThresholdConfiguration: &BreakerThreshold{ThresholdUnboundedPercent, 1 << 30}}, MaxServiceCount, MaxServiceCount * (1 << 30) / 100},
		{UpdatePolicy{ThresholdConfiguration: &BreakerThreshold{ThresholdCount, 5}}, 800, 5},
		{UpdatePolicy{FailureThreshold: 7}, 800, 7}, // from a job file
	} {
		if got := test.policy.Threshold(test.count); got != test.want {
			t.Errorf("%+v of %d tasks: %d, want %d", test.policy.BreakerThreshold(), test.count, got, test.want)
		}
	}
}
