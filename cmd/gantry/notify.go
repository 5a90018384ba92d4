package main

import (
	"errors"
	"log/slog"
	"net"
	"os"
)

// report tells systemd how this process is, in the words of sd_notify(3). Not to be heard is no
// reason to end.
func report(log *slog.Logger, state string) {
	if err := notify(state); err != nil {
		log.Warn("could not report to systemd", "error", err)
	}
}

// notify does nothing where systemd did not start this process, or does not wait for it
// (Type=notify).
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
