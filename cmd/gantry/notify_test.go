package main

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// systemd gets the state as sd_notify(3) describes; without systemd, nobody does.
func TestNotify(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	if err := notify("READY=1"); err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "notify")
	t.Setenv("NOTIFY_SOCKET", path)
	if err := notify("READY=1"); err == nil {
		t.Error("told nobody")
	}
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := notify("READY=1\nSTATUS=well"); err != nil {
		t.Fatal(err)
	}
	_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
	told := make([]byte, 64)
	n, err := socket.Read(told)
	if err != nil || string(told[:n]) != "READY=1\nSTATUS=well" {
		t.Errorf("told %q, %v", told[:n], err)
	}
}
