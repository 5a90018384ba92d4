package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/config"
)

// logging is the flag that every long-running command takes, and the level that is in force. Logs
// go to standard error.
type logging struct {
	text  string
	level slog.LevelVar
}

func (l *logging) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.text, "log-level", "info", "how much to log: debug, info, warn or error")
}

func (l *logging) check() error { return l.set(l.text) }

func (l *logging) set(text string) error {
	if err := l.level.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("--log-level: %q is not one of debug, info, warn, error", text)
	}
	return nil
}

func (l *logging) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: &l.level}))
}

// follow reads the configuration again whenever the process gets SIGHUP, until ctx ends. Of what
// may have changed only the log level takes effect; the rest does at the next start.
func (l *logging) follow(ctx context.Context, cmd *cobra.Command, log *slog.Logger) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		text, err := config.Reread(cmd.Flags(), configFiles(cmd), "log-level")
		if err == nil {
			err = l.set(text)
		}
		if err != nil {
			log.Error("the configuration is wrong; nothing of it was taken over", "error", err)
			continue
		}
		log.Info("read the configuration again; of its changes the log level is in force, others wait for the next start", "level", l.level.Level())
	}
}
