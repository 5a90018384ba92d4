// Package splitmix has the mixing function of the SplitMix64 generator. The scheduler derives task
// ids and the random strategy's draws from a seed with it.
package splitmix

// Mix returns the finalizer of SplitMix64 for x: a bijection in which each bit of x changes half of
// the result's bits on average.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
