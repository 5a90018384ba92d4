package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// The reasons of elbv2 for targets that are not healthy.
const (
	reasonMismatch = "Target.ResponseCodeMismatch"
	reasonTimeout  = "Target.Timeout"
	reasonFailed   = "Target.FailedHealthChecks"
)

// Spec is a target to check, and how.
type Spec struct {
	Group   string // TrafficGroup.ID
	Address string
	Port    int32 // where its traffic goes
	Task    string
	Target  string
	// State is the one in force: a healthy target stays so until enough checks have failed.
	State string
	Check structs.TargetCheck
	GRPC  bool // of a group with ProtocolVersion GRPC
	HTTP2 bool // of a group with ProtocolVersion HTTP2 or GRPC
}

// address returns where the target is checked.
func (s *Spec) address() string {
	port := strconv.Itoa(int(s.Port))
	if _, err := strconv.ParseUint(s.Check.Port, 10, 16); err == nil {
		port = s.Check.Port
	}
	return net.JoinHostPort(s.Address, port)
}

func (s *Spec) timeout() time.Duration {
	return time.Duration(max(1, s.Check.Timeout)) * time.Second
}

func (s *Spec) interval() time.Duration {
	return time.Duration(max(1, s.Check.Interval)) * time.Second
}

// verdict is the result of one check.
type verdict struct {
	pass                bool
	reason, description string
	absent              bool // nothing listens there, or the machine is not reached
}

// probe checks a target once.
func probe(ctx context.Context, s *Spec, matcher ranges) verdict {
	ctx, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	var err error
	switch s.Check.Protocol {
	case structs.ProtocolHTTP, structs.ProtocolHTTPS:
		var code int
		if code, err = ask(ctx, s); err == nil {
			if matcher.has(code) {
				return verdict{pass: true}
			}
			return verdict{reason: reasonMismatch, description: fmt.Sprintf("Health checks failed with these codes: [%d]", code)}
		}
	default:
		var conn net.Conn
		if conn, err = new(net.Dialer).DialContext(ctx, "tcp", s.address()); err == nil {
			conn.Close()
			return verdict{pass: true}
		}
	}
	return failure(err)
}

// failure puts the error of a check into elbv2's words, with the cause behind them.
func failure(err error) verdict {
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout() {
		return verdict{reason: reasonTimeout, description: "Request timed out"}
	}
	v := verdict{reason: reasonFailed, description: "Health checks failed"}
	for _, absent := range []error{syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH} {
		v.absent = v.absent || errors.Is(err, absent)
	}
	var op *net.OpError
	if errors.As(err, &op) { // without the ports of this side, which differ from check to check
		err = fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	v.description += ": " + err.Error()
	return v
}

// ask sends one request of a health check, and returns the status of the answer, or of gRPC.
func ask(ctx context.Context, s *Spec) (code int, err error) {
	transport := &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, Protocols: new(http.Protocols),
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // as elbv2: targets are not verified
	}
	secure, scheme := s.Check.Protocol == structs.ProtocolHTTPS, "http"
	if secure {
		scheme = "https"
	}
	transport.Protocols.SetHTTP1(!s.HTTP2)
	transport.Protocols.SetHTTP2(s.HTTP2 && secure)
	transport.Protocols.SetUnencryptedHTTP2(s.HTTP2 && !secure)
	defer transport.CloseIdleConnections()
	method, body := http.MethodGet, io.Reader(nil)
	if s.GRPC {
		method, body = http.MethodPost, emptyMessage()
	}
	path := s.Check.Path
	if path == "" {
		path = "/"
	}
	req, err := http.NewRequestWithContext(ctx, method, scheme+"://"+s.address()+path, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	if s.GRPC {
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("Te", "trailers")
	}
	answer, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if !s.GRPC {
		return answer.StatusCode, nil
	}
	return grpcStatus(answer)
}
