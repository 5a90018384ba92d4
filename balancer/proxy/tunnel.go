package proxy

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// tunnel carries bytes both ways after a target agreed to change the protocol, until both sides
// ended or none sent anything for the idle timeout.
func (x *exchange) tunnel(t *Target, u *upstream) error {
	defer u.in.drop()
	defer u.conn.Close()
	if x.conn == nil || x.req.upgrade == "" || x.resp.upgrade == "" {
		err := errors.New("it changes to a protocol that nobody asked for")
		x.endUpload(u)
		x.fail(502, "target "+t.Address+": "+err.Error())
		return err
	}
	x.begin(time.Now())
	if equalFold(x.resp.upgrade, "websocket") {
		x.out.Protocol = "websocket"
	}
	c := x.conn
	c.cut = true
	if x.front.head(x) != nil || c.out.flush() != nil {
		return nil
	}
	pipe := tunnel{timeout: x.settings.IdleTimeout}
	pipe.latest.Store(time.Now().UnixNano())
	done := make(chan struct{})
	go func() {
		defer close(done)
		x.out.BytesIn += pipe.copy(&u.out, &c.in)
	}()
	pipe.copy(&c.out, &u.in)
	<-done
	return nil
}

type tunnel struct {
	latest  atomic.Int64 // when something came from any side
	timeout time.Duration
}

// copy copies until the end of one direction, and ends that one of the other side too. If it fails
// both sides are closed.
func (p *tunnel) copy(to *writer, from *reader) (n int64) {
	for {
		if from.buffered() > 0 {
			n += int64(from.buffered())
			err := to.push(from.bytes())
			from.drop()
			if err != nil {
				break
			}
			continue
		}
		from.extend(time.Now(), p.timeout)
		err := from.fill(bufferSize)
		now := time.Now()
		switch {
		case err == nil:
			p.latest.Store(now.UnixNano())
		case errors.Is(err, os.ErrDeadlineExceeded) && now.Sub(time.Unix(0, p.latest.Load())) < p.timeout-p.timeout/lazyPart:
			from.until(time.Unix(0, p.latest.Load()).Add(p.timeout))
		default:
			if err == io.EOF && closeWrite(to.conn) == nil {
				return n
			}
			from.conn.Close()
			to.conn.Close()
			return n
		}
	}
	from.conn.Close()
	to.conn.Close()
	return n
}
