package structs

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Time is an instant in milliseconds since the Unix epoch; zero means "not yet". It is minted
// before a command enters the raft log, never inside fsm, state or scheduler. Its JSON form is
// AWS's: epoch seconds as a number with milliseconds.
type Time int64

// TimeOf converts from the standard library's time; the zero time.Time becomes zero.
func TimeOf(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMilli())
}

// Std converts to the standard library's time in UTC; zero becomes the zero time.Time.
func (t Time) Std() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

// MarshalJSON writes epoch seconds, with a fraction where there is one.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(t)/1000, 'f', -1, 64), nil
}

// UnmarshalJSON reads epoch seconds as a number, as AWS clients send them.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsInf(f*1000, 0) || math.Abs(f) > 1e12 {
		return fmt.Errorf("a timestamp is a number of seconds since 1970, not %s", b)
	}
	*t = Time(math.Round(f * 1000))
	return nil
}
