package server

import (
	"testing"
	"time"
)

// A wall clock that is set back neither takes the log's time back nor stops it. One that is set
// forward is followed.
func TestClock(t *testing.T) {
	elapsed, set := time.Duration(0), time.Duration(0)
	c := &clock{
		wall:    func() time.Time { return time.Unix(1e9, 0).Add(elapsed + set) },
		elapsed: func() time.Duration { return elapsed },
	}
	began := c.Now()
	for _, step := range []struct {
		what        string
		passes, set time.Duration
		want        time.Duration // since the start
	}{
		{"as time passes", time.Minute, 0, time.Minute},
		{"set back by an hour, at once", 0, -time.Hour, time.Minute},
		{"ten minutes later", 10 * time.Minute, 0, 6 * time.Minute},
		{"when the wall has caught up", 110 * time.Minute, 0, 61 * time.Minute},
		{"then it follows the wall", time.Hour, 0, 2*time.Hour + time.Minute},
		{"set forward", 0, 24 * time.Hour, 26*time.Hour + time.Minute},
	} {
		elapsed += step.passes
		set += step.set
		if got := c.Now().Sub(began); got != step.want {
			t.Errorf("%s it is %s after the start, not %s", step.what, got, step.want)
		}
	}
}

// Where a leader's clock was ahead, its successor's continues from there, at half its pace.
func TestClockGoesOn(t *testing.T) {
	elapsed := time.Duration(0)
	c := &clock{
		wall:    func() time.Time { return time.Unix(1e9, 0).Add(elapsed) },
		elapsed: func() time.Duration { return elapsed },
	}
	began := c.Now()
	for _, step := range []struct {
		what         string
		from, passes time.Duration
		want         time.Duration // since the start
	}{
		{"an earlier leader was behind", -time.Hour, time.Minute, time.Minute},
		{"one was ahead", time.Hour, 0, time.Hour},
		{"ten minutes later", time.Hour, 10 * time.Minute, 65 * time.Minute},
	} {
		c.continueFrom(began.Add(step.from))
		elapsed += step.passes
		if got := c.Now().Sub(began); got != step.want {
			t.Errorf("%s: it is %s after the start, not %s", step.what, got, step.want)
		}
	}
}
