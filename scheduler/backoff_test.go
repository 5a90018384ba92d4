package scheduler

import (
	"testing"
	"time"
)

func TestRestartDelay(t *testing.T) {
	tests := []struct {
		failures, short int
		want            time.Duration
	}{
		{0, 1, 0},
		{1, 1, 0},
		{2, 1, 0},
		{3, 1, time.Second},
		{4, 1, 2 * time.Second},
		{10, 1, 128 * time.Second},
		{11, 1, 256 * time.Second},
		{12, 1, 5 * time.Minute},
		{1_000_000, 1, 5 * time.Minute},
		{40, 40, 0}, // each failed once
		{80, 40, 0},
		{81, 40, time.Second}, // the third round has begun
		{120, 40, time.Second},
		{121, 40, 2 * time.Second},
	}
	for _, tt := range tests {
		if got := restartDelay(tt.failures, tt.short); got != tt.want {
			t.Errorf("after %d failures of a service short of %d the delay is %s, want %s", tt.failures, tt.short, got, tt.want)
		}
	}
}
