package main

import (
	"errors"
	"log/slog"
	"net"
	"os"
)

// report tells systemd the state of this process, as sd_notify(3) describes. A failure is logged,
// and is no reason to exit.
func report(log *slog.Logger, state string) {
	if err := notify(state); err != nil {
		log.Warn("could not report to systemd", "error", err)
	}
}

// notify does nothing if systemd did not start this process, or does not wait for it (Type=notify).
func notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte(state))
	return errors.Join(err, conn.Close())
}
