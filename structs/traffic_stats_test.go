package structs

import "testing"

func TestLatencyBucketsAndQuantiles(t *testing.T) {
	var c TrafficCounts
	c.Latency = make([]uint64, LatencyBuckets)
	for ms := 1; ms <= 1000; ms++ {
		seconds := float64(ms) / 1000
		b := LatencyBucket(seconds)
		if bound := LatencyBound(b); bound < seconds*0.999999 || bound > seconds*1.19 {
			t.Fatalf("%v s is in the bucket up to %v s", seconds, bound)
		}
		c.Latency[b]++
	}
	for q, want := range map[float64]float64{0.5: 0.5, 0.9: 0.9, 0.99: 0.99} {
		if got := c.Quantile(q); got < want || got > want*1.2 {
			t.Errorf("quantile %v is %v, want %v and at most a fifth more", q, got, want)
		}
	}
	if b := LatencyBucket(1e9); b != LatencyBuckets-1 {
		t.Errorf("a time beyond all buckets is in %d", b)
	}
	if (&TrafficCounts{}).Quantile(0.5) != 0 {
		t.Error("no request has a quantile")
	}
}

func TestTrafficCountsAddAndSince(t *testing.T) {
	earlier := TrafficCounts{Requests: 5, Status2xx: 5, Open: 2, BytesIn: 10, Latency: []uint64{1, 4}, LatencySum: 1}
	later := TrafficCounts{Requests: 8, Status2xx: 6, Status5xx: 2, Open: 1, BytesIn: 25, Latency: []uint64{1, 5, 2}, LatencySum: 3}
	between := later
	between.Since(earlier)
	if between.Requests != 3 || between.Status2xx != 1 || between.Status5xx != 2 || between.Open != 1 ||
		between.BytesIn != 15 || between.Latency[1] != 1 || between.Latency[2] != 2 || between.LatencySum != 2 {
		t.Errorf("between: %+v", between)
	}
	if later.Latency[1] != 5 {
		t.Error("Since changed the counts that it was given a copy of")
	}
	between.Add(earlier)
	if between.Requests != 8 || between.Latency[1] != 5 || between.Open != 3 {
		t.Errorf("sum: %+v", between)
	}
	restarted := TrafficCounts{Requests: 3}
	if restarted.Since(earlier); restarted.Requests != 3 {
		t.Errorf("counters that began anew: %+v", restarted)
	}
}
