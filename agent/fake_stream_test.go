package agent_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

type fakeStream struct {
	server *fakeServer
	wake   chan struct{}
	closed chan struct{}
	once   sync.Once
	muted  atomic.Bool
	mu     sync.Mutex
	frames []structs.AssignmentFrame
}

func (st *fakeStream) push(f structs.AssignmentFrame) {
	st.mu.Lock()
	st.frames = append(st.frames, f)
	st.mu.Unlock()
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

func (st *fakeStream) pop() (f structs.AssignmentFrame, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(st.frames) == 0 {
		return f, false
	}
	f = st.frames[0]
	st.frames = st.frames[1:]
	return f, true
}

func (st *fakeStream) Next() (structs.AssignmentFrame, error) {
	for {
		if f, ok := st.pop(); ok {
			return f, nil
		}
		select {
		case <-st.closed:
			return structs.AssignmentFrame{}, errors.New("the stream is closed")
		case <-st.wake:
		case <-time.After(5 * time.Second):
			if !st.muted.Load() {
				return structs.AssignmentFrame{}, nil
			}
		}
	}
}

func (st *fakeStream) Close() error {
	st.server.mu.Lock()
	delete(st.server.streams, st)
	st.server.mu.Unlock()
	st.once.Do(func() { close(st.closed) })
	return nil
}
