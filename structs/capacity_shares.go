package structs

// Shares returns how many of total tasks each capacity provider of a strategy gets: first the base,
// then by weight. It is the quota method of Balinski and Young: each share is its exact proportion,
// rounded up or down, and none shrinks when the total grows. So a service can grow and shrink one
// task at a time and is never off by a whole task.
func Shares(strategy []CapacityProviderStrategyItem, total int) []int {
	counts := make([]int, len(strategy))
	for i, item := range strategy {
		counts[i] = min(int(item.Base), total) // at most one has a base
		total -= counts[i]
	}
	weights, sum := weightsOf(strategy)
	for i, w := range weights {
		counts[i] += total / sum * w
	}
	given := make([]int, len(strategy)) // of the tasks that remain after whole rounds
	for n := 1; n <= total%sum; n++ {
		next := -1
		for i, w := range weights {
			below := given[i]*sum < w*n // one more is not above its proportion rounded up
			if below && (next < 0 || w*(given[next]+1) > weights[next]*(given[i]+1)) {
				next = i
			}
		}
		given[next]++
		counts[next]++
	}
	return counts
}

// weightsOf returns the weights divided by their greatest common divisor, and the sum of the
// results. A single capacity provider needs no weight.
func weightsOf(strategy []CapacityProviderStrategyItem) (weights []int, sum int) {
	divisor := 0
	for _, item := range strategy {
		for a := int(item.Weight); a > 0; {
			divisor, a = a, divisor%a
		}
		weights = append(weights, int(item.Weight))
	}
	for i := range weights {
		weights[i] /= max(divisor, 1)
		sum += weights[i]
	}
	if sum == 0 {
		weights[0], sum = 1, 1
	}
	return weights, sum
}
