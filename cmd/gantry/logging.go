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

// logging holds the flag of every long-running command, and the level in force. Logs go to standard
// error.
type logging struct {
	text  string
	level slog.LevelVar
}

func (l *logging) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.text, "log-level", "info", "`level` to log at: debug, info, warn or error")
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

// follow reads the configuration again on each SIGHUP, until ctx ends. Only a changed log level
// takes effect at once; other changes do at the next start.
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
			log.Error("the configuration is wrong; nothing was changed", "error", err)
			continue
		}
		log.Info("read the configuration again; the log level is in force, other changes take effect at the next start", "level", l.level.Level())
	}
}
