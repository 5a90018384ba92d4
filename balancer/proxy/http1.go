package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"
)

// tryHTTP1 sends the request to a target that speaks HTTP/1.1 and carries the answer back. Again
// means that another target may be tried. On a kept connection that the target had closed it tries
// once more on a new one, by the rule of Forward.Next.
func (x *exchange) tryHTTP1(f Forward, t *Target) (again bool, err error) {
	u := t.Pool.get(time.Now(), !x.repeatable())
	for {
		if u == nil {
			if u, err = newUpstream(t, x.settings.IdleTimeout); err != nil {
				return true, err
			}
		}
		reused := u.reused
		unsent, stale, err := x.talk(f, t, u)
		switch {
		case reused && (unsent || stale):
			u = nil
		case unsent:
			return true, err
		default:
			return false, err
		}
	}
}

// talk does one request on one connection. Unsent means that nothing was written to it, stale that
// the target closed it before an answer and the request may be repeated; then the client got
// nothing yet.
func (x *exchange) talk(f Forward, t *Target, u *upstream) (unsent, stale bool, err error) {
	before := u.out.sent
	err = x.send(u)
	if r := (*refusal)(nil); errors.As(err, &r) || err != nil && x.upload != nil { // the body is malformed
		u.conn.Close()
		return false, false, x.failTarget(t, err)
	}
	if err != nil && u.out.sent == before {
		u.conn.Close()
		return true, false, err
	}
	x.out.ToTarget = time.Since(x.req.begin)
	if x.ctx != nil {
		x.unwatch = context.AfterFunc(x.ctx, func() { u.conn.Close() })
		defer x.unwatch()
	}
	if err == nil && !x.body.ended() {
		x.startUpload(u)
	}
	for first := true; ; first = false {
		if err = x.readHead(u); err != nil {
			u.conn.Close()
			x.endUpload(u)
			if first && u.reused && u.in.buffered() == 0 && x.repeatable() && closed(err) {
				return false, true, err
			}
			u.in.drop()
			return false, false, x.failTarget(t, err)
		}
		if x.resp.status >= 200 || x.resp.status == http.StatusSwitchingProtocols {
			break
		}
		if err = x.front.inform(x); err != nil {
			x.goneClient(u)
			return false, false, nil
		}
	}
	return false, false, x.carryBack(f, t, u)
}

// closed reports whether an error means that the other side closed the connection.
func closed(err error) bool {
	return err == io.EOF || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// send writes the head of the request, with what there is of its body.
func (x *exchange) send(u *upstream) error {
	if !x.firstTaken && !x.body.ended() && x.body.ready() {
		p, err := x.body.next()
		if err != nil && err != io.EOF {
			x.upload = failedUpload(err)
			return err
		}
		x.out.BytesIn += int64(len(p))
		x.first, x.firstTaken = p, true
	}
	u.out.set(x.appendHead(u.out.grow(), u.target))
	if len(x.first) > 0 {
		if x.req.length == untilEnd {
			writeChunk(&u.out, x.first)
		} else {
			u.out.write(x.first)
		}
	}
	if x.body.ended() && x.req.length == untilEnd {
		return endChunks(&u.out, x.body.end())
	}
	return u.out.flush()
}

// readHead reads the head of an answer. While the client still sends, the target need not answer.
func (x *exchange) readHead(u *upstream) error {
	for {
		u.in.extend(time.Now(), x.settings.IdleTimeout)
		raw, err := u.in.head(x.settings.HeaderBytes, time.Time{})
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && x.uploading() {
				continue
			}
			return err
		}
		if x.conn == nil { // the fields outlive the buffer
			raw = append([]byte(nil), raw...)
		}
		u.in.skip(len(raw))
		return x.resp.parse(raw, x.req.method)
	}
}

// carryBack brings the final answer to the client.
func (x *exchange) carryBack(f Forward, t *Target, u *upstream) error {
	now := time.Now()
	r := &x.resp
	x.out.TargetStatus, x.out.TargetTime = r.status, now.Sub(x.req.begin)-x.out.ToTarget
	x.out.CloseByTarget = r.close
	x.cookies = f.Cookies(t)
	if r.status == http.StatusSwitchingProtocols {
		return x.tunnel(t, u)
	}
	if x.upload != nil && !x.upload.all.Load() { // an early answer: what is left of the body is not read
		x.closeClient = true
	}
	kept := keepAlive(r.timeout) // which is a part of the reader's buffer
	x.begin(now)
	if x.front.head(x) != nil {
		x.goneClient(u)
		return nil
	}
	x.answer.reset(&u.in, r.length, r.chunked, x.settings.IdleTimeout)
	if err := x.carryBody(); err != nil {
		u.conn.Close()
		x.endUpload(u)
		u.in.drop()
		if errors.Is(err, errClient) {
			x.goneClient(u)
			return nil
		}
		x.out.Problem = "target " + t.Address + ": " + err.Error()
		x.front.abort()
		return err
	}
	x.endUpload(u)
	if r.close || u.in.buffered() > 0 || x.upload != nil && x.upload.failed() || x.req.class == classAmbiguous || x.unwatch != nil && !x.unwatch() {
		u.conn.Close()
		u.in.drop()
		return nil
	}
	t.Pool.put(u, kept)
	return nil
}

var errClient = errors.New("the client is gone")

// carryBody copies the body of the answer.
func (x *exchange) carryBody() error {
	b := &x.answer
	for {
		if !b.ready() {
			if x.front.flush() != nil {
				return errClient
			}
		}
		p, err := b.next()
		switch {
		case err == io.EOF:
			if x.front.finish(b.trailers) != nil {
				return errClient
			}
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded) && x.uploading():
			continue
		case err != nil:
			return err
		}
		if x.front.write(p) != nil {
			return errClient
		}
	}
}

// goneClient ends what was begun for a client that no longer takes it.
func (x *exchange) goneClient(u *upstream) {
	u.conn.Close()
	x.endUpload(u)
	u.in.drop()
	if x.out.Problem == "" {
		x.out.Problem = "the client closed the connection"
	}
	if !x.begun {
		x.out.Status = 0
	}
	x.front.abort()
}
