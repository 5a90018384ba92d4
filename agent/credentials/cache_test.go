package credentials

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil/faketime"
)

// servers give keys that hold for an hour, and can be away.
type servers struct {
	mu    sync.Mutex
	calls int
	life  time.Duration
	err   error
}

func (s *servers) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *servers) called() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *servers) keys(_ context.Context, task string) (Keys, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.err != nil {
		return Keys{}, s.err
	}
	return Keys{
		AccessKeyID: fmt.Sprintf("%s-%d", task, s.calls), SecretAccessKey: "secret", Token: "token",
		Expiration: time.Now().Add(s.life),
	}, nil
}

func newCache(t *testing.T, s *servers) (*Cache, func(task string) (Keys, error)) {
	c := New(Config{Source: s.keys, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	return c, func(task string) (Keys, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return c.Get(ctx, task)
	}
}

// Keys are renewed when a third of their time is over, though nobody asks, and not more often,
// though somebody asks all the time.
func TestKeysAreRenewedAhead(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := &servers{life: time.Hour}
		c, get := newCache(t, s)
		defer c.Close()
		c.Hold("a")
		for range 100 {
			if keys, err := get("a"); err != nil || keys.AccessKeyID != "a-1" {
				t.Fatalf("%+v, %v", keys, err)
			}
		}
		time.Sleep(24*time.Hour + time.Minute)
		if calls := s.called(); calls != 73 {
			t.Errorf("%d calls in a day, want the first one and 3 an hour", calls)
		}
		keys, err := get("a")
		if left := time.Until(keys.Expiration); err != nil || left < 40*time.Minute {
			t.Errorf("%s left, %v", left, err)
		}
	})
}

// While the servers are away, keys that hold are given; those that have expired are not, and once
// the servers are back there are new ones within seconds.
func TestKeysWhileServersAreAway(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := &servers{life: time.Hour}
		c, get := newCache(t, s)
		defer c.Close()
		c.Hold("a")
		time.Sleep(time.Minute)
		s.set(errors.New("no server answers"))
		time.Sleep(58 * time.Minute)
		if keys, err := get("a"); err != nil || keys.AccessKeyID != "a-1" {
			t.Fatalf("a minute before they expire: %+v, %v", keys, err)
		}
		time.Sleep(2 * time.Minute)
		if keys, err := get("a"); err == nil || !strings.Contains(err.Error(), "no server answers") {
			t.Fatalf("after they expired: %+v, %v", keys, err)
		}
		s.set(nil)
		if _, err := get("a"); err != nil {
			t.Errorf("the servers are back: %v", err)
		}
	})
}

// The first one who asks waits for the servers, and a refusal is told at once.
func TestFirstKeys(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := &servers{life: time.Hour, err: errors.New("no server answers")}
		c, get := newCache(t, s)
		defer c.Close()
		if _, err := get("a"); !errors.Is(err, ErrNotHeld) {
			t.Errorf("of a task that is not held: %v", err)
		}
		c.Hold("a")
		time.AfterFunc(500*time.Millisecond, func() { s.set(nil) })
		begun := time.Now()
		if _, err := get("a"); err != nil || time.Since(begun) > 800*time.Millisecond {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		s.set(fmt.Errorf("%w: there is no role", ErrRefused))
		c.Hold("b")
		begun = time.Now()
		if _, err := get("b"); !errors.Is(err, ErrRefused) || time.Since(begun) > 300*time.Millisecond {
			t.Errorf("refused after %s: %v", time.Since(begun), err)
		}
		c.Drop("a")
		if _, err := get("a"); !errors.Is(err, ErrNotHeld) {
			t.Errorf("of a task that was dropped: %v", err)
		}
	})
}

// Keys with a short life, as some commands give them, do not keep the servers busy.
func TestKeysOfAShortLife(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := &servers{life: 5 * time.Second}
		c, _ := newCache(t, s)
		defer c.Close()
		c.Hold("a")
		time.Sleep(time.Minute)
		if calls := s.called(); calls > 7 {
			t.Errorf("%d calls in a minute", calls)
		}
	})
}
