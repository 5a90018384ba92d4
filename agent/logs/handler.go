package logs

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// maxQuery is the most bytes of a query.
	maxQuery = 4 << 20
	// aliveInterval is how often a follower gets an empty line when there is nothing else.
	aliveInterval = 5 * time.Second
	// writeSize is how many bytes are gathered before they are sent.
	writeSize = 64 << 10
)

// Handler answers POST /logs/streams and POST /logs/events, each with a structs.LogQuery as its
// body. The first answers with a list of structs.LogStream, the second with a structs.LogEvent on
// each line.
func (l *Logs) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /logs/streams", l.serveStreams)
	mux.HandleFunc("POST /logs/events", l.serveEvents)
	return mux
}

func readQuery(w http.ResponseWriter, r *http.Request) (q structs.LogQuery, ok bool) {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxQuery)).Decode(&q)
	if err != nil {
		http.Error(w, "read the query: "+err.Error(), http.StatusBadRequest)
		return q, false
	}
	if q.Follow && q.Backward {
		http.Error(w, "a query cannot follow backward", http.StatusBadRequest)
		return q, false
	}
	return q, true
}

func (l *Logs) serveStreams(w http.ResponseWriter, r *http.Request) {
	q, ok := readQuery(w, r)
	if !ok {
		return
	}
	list := []*structs.LogStream{}
	for _, s := range l.selected(&q) {
		info := s.info()
		s.times(info)
		list = append(list, info)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(list) // it fails if the caller is gone
}

func (l *Logs) serveEvents(w http.ResponseWriter, r *http.Request) {
	q, ok := readQuery(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	control := http.NewResponseController(w)
	var lines []byte
	sent := time.Now()
	send := func() error {
		_, err := w.Write(lines)
		lines, sent = lines[:0], time.Now()
		return err
	}
	reading := &reader{logs: l, query: q, out: func(e *event, s *stream) error {
		if lines = e.appendJSON(lines, s); len(lines) < writeSize {
			return nil
		}
		return send()
	}}
	begun := false
	err := reading.run(r.Context(), func() error {
		if len(lines) == 0 && begun && time.Since(sent) < aliveInterval {
			return nil
		}
		if len(lines) == 0 && begun {
			lines = append(lines, '\n')
		}
		begun = true // the caller gets the header at once
		if err := send(); err != nil {
			return err
		}
		return control.Flush()
	})
	if err == nil {
		err = send()
	}
	if err != nil && r.Context().Err() == nil {
		l.log.Warn("cannot pass on the output of containers", "error", err)
		panic(http.ErrAbortHandler) // the caller learns that there would be more
	}
}
