package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

const (
	// measureTime is how long bytes are poured, and roundTrips how many packets go to and fro after
	// that.
	measureTime = 2 * time.Second
	roundTrips  = 2000
	packetSize  = 64
)

// peer answers connections: it discards what one sends whose first byte is 'd', and sends back what
// the others send.
func peer(ctx context.Context) error {
	listener, err := net.Listen("tcp", address())
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go answer(conn)
	}
}

func answer(conn net.Conn) {
	defer conn.Close()
	var kind [1]byte
	if _, err := io.ReadFull(conn, kind[:]); err != nil {
		return
	}
	if kind[0] == 'd' {
		_, _ = io.Copy(io.Discard, struct{ io.Reader }{conn})
		return
	}
	_, _ = io.Copy(conn, struct{ io.Reader }{conn})
}

// measure prints how many bytes a second a peer takes from one connection, and the median round
// trip of a small packet in nanoseconds.
func measure(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one address is wanted, not %q", args)
	}
	conn, err := net.DialTimeout("tcp", args[0], 10*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	chunk := slices.Repeat([]byte{'d'}, 128<<10)
	sent, begin := 0, time.Now()
	for time.Since(begin) < measureTime {
		n, err := conn.Write(chunk)
		if err != nil {
			return err
		}
		sent += n
	}
	rate := float64(sent) / time.Since(begin).Seconds()
	trip, err := roundTrip(args[0])
	if err != nil {
		return err
	}
	fmt.Printf("%.0f %d\n", rate, trip.Nanoseconds())
	return nil
}

func roundTrip(address string) (time.Duration, error) {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	packet := slices.Repeat([]byte{'e'}, packetSize)
	if _, err := conn.Write(packet[:1]); err != nil {
		return 0, err
	}
	var took []time.Duration
	for range roundTrips {
		begin := time.Now()
		if _, err := conn.Write(packet); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(conn, packet); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
