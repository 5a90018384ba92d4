package proxy

import (
	"io"
	"math"
	"sync/atomic"
	"time"
)

// upload sends the body of a request to its target while the answer is read.
type upload struct {
	done    chan struct{}
	all     atomic.Bool  // everything was read from the client
	broken  atomic.Bool  // client is set, and nobody stopped it before
	latest  atomic.Int64 // when something came from the client, in Unix nanoseconds
	stopped atomic.Bool  // by endUpload
	// after done
	bytes          int64
	client, target error // what ended it early
}

func failedUpload(err error) *upload {
	up := &upload{done: make(chan struct{}), client: err}
	close(up.done)
	return up
}

func (up *upload) failed() bool { return up.client != nil || up.target != nil }

var errBodyLimit = &refusal{413, "the body is larger than the listener takes"}

func (x *exchange) startUpload(u *upstream) {
	x.upload = &upload{done: make(chan struct{})}
	x.upload.latest.Store(time.Now().UnixNano())
	limit := int64(math.MaxInt64)
	if x.settings.MaxBody > 0 {
		limit = x.settings.MaxBody - int64(len(x.first))
	}
	go x.upload.run(x.body, u, x.req.length == untilEnd, limit)
}

func (up *upload) run(from source, u *upstream, chunked bool, limit int64) {
	defer close(up.done)
	for {
		p, err := from.next()
		if err == io.EOF {
			up.all.Store(true)
			if chunked {
				up.target = endChunks(&u.out, from.end())
			} else {
				up.target = u.out.flush()
			}
			return
		}
		up.bytes += int64(len(p))
		if err == nil && up.bytes > limit {
			err = errBodyLimit
		}
		if err != nil {
			if !up.stopped.Load() {
				up.client = err
				up.broken.Store(true)
			}
			u.out.drop()
			u.conn.Close() // the answer is not waited for
			return
		}
		up.latest.Store(time.Now().UnixNano())
		if !chunked {
			up.all.Store(from.ended())
			up.target = u.out.write(p)
		} else {
			up.target = writeChunk(&u.out, p)
		}
		if up.target == nil && !from.ready() {
			up.target = u.out.flush()
		}
		if up.target != nil { // it may have answered
			u.out.drop()
			return
		}
	}
}

// uploading reports whether the client still sends, so that the target has more time. A client that
// pauses for too long ends the upload itself, if it speaks HTTP/1.
func (x *exchange) uploading() bool {
	up := x.upload
	if up == nil {
		return false
	}
	select {
	case <-up.done:
	default:
		if x.conn != nil && !up.all.Load() {
			return true
		}
	}
	return time.Since(time.Unix(0, up.latest.Load())) < x.settings.IdleTimeout*(lazyPart-1)/lazyPart
}

// endUpload waits until the body is no longer sent. One that the client has not sent wholly is cut
// off, since the answer is complete.
func (x *exchange) endUpload(u *upstream) {
	up := x.upload
	if up == nil {
		return
	}
	select {
	case <-up.done:
	default:
		if up.broken.Load() {
			break
		}
		if !up.all.Load() {
			up.stopped.Store(true)
			x.closeClient = true
			x.h1.keep = false
			x.front.stopReading()
			u.conn.Close()
			break
		}
		patience := time.AfterFunc(time.Second, func() { u.conn.Close() })
		defer patience.Stop()
	}
	<-up.done
	x.out.BytesIn += up.bytes
	up.bytes = 0
	if up.client != nil || up.target != nil {
		x.closeClient = true
		x.h1.keep = false
	}
}
