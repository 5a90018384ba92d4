// Command app is the program in the containers of tests and of the demo: one static binary that can
// do all that a test needs of a container. Its first argument says what:
//
//	serve            answer HTTP on $PORT (default 80) until SIGTERM; the default. /env has its
//	                 variables, /caller calls AWS's APIs, and /ask?url=URL asks somebody else
//	sleep            do nothing until SIGTERM
//	ignore-term      as serve, but deaf to SIGTERM
//	exit N [AFTER]   exit with code N, after a while such as 500ms
//	print LINE…      print each argument on a line of its own
//	lines N SIZE [PAUSE]  print N numbered lines of SIZE bytes each with the time in nanoseconds, as
//	                 fast as they are taken or with a pause such as 5ms between two
//	write PATH       write a file, and exit 1 where that fails
//	fill PATH MIB    write a file of that size, and exit 1 where that fails
//	read PATH…       print files, each once it is there, and exit 1 where that fails
//	reload PATH      print a file, and again at each SIGHUP, until SIGTERM
//	spin             use one CPU until SIGTERM
//	alloc MIB        use that much memory until SIGTERM
//	outlive AFTER VERB…  have a child do VERB…, and exit with 0 this long after it ended
//	nofile           print the hard limit of open files
//	fetch URL [PAGE] get a page until it is there, and as given; exit 1 if that takes half a minute
//	signal           exit with 100 plus the number of the first signal that comes
//	pid              exit with its process id
//	once PATH        make a file, and exit with 1 if it is there already
//	stdin            exit with 10 if stdin is a terminal, and with 11 once it has ended
//	size             print the size of the terminal, and each new one, until Ctrl-C; then exit with code 7
//	lines N          print the numbers from 1 to N
//	udp              send each UDP packet on $PORT back until SIGTERM
//	peer             answer TCP on $PORT: discard, or send back, what comes
//	env NAME…        print variables, as NAME=VALUE
//	router           be a FireLens router: print the configuration, and what comes in as JSON
//	measure ADDRESS  print the bytes a second that a peer takes, and the round trip in nanoseconds
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	args := os.Args[1:]
	if len(args) == 0 {
		args = []string{"serve"}
	}
	if err := run(ctx, args[0], args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, verb string, args []string) error {
	switch verb {
	case "serve":
		return serve(ctx)
	case "sleep":
		<-ctx.Done()
		return nil
	case "ignore-term":
		return serve(context.WithoutCancel(ctx))
	case "exit":
		return exit(args)
	case "print", "lines", "count", "size":
		return write(ctx, verb, args)
	case "write":
		return os.WriteFile(strings.Join(args, " "), []byte("written\n"), 0o644)
	case "fill":
		return fill(args)
	case "read":
		return read(ctx, args)
	case "reload":
		return reload(ctx, args)
	case "spin":
		for ctx.Err() == nil {
		}
		return nil
	case "alloc":
		return alloc(ctx, args)
	case "outlive":
		return outlive(ctx, args)
	case "nofile":
		return nofile()
	case "fetch":
		return fetch(ctx, args)
	case "once":
		_, err := os.OpenFile(strings.Join(args, " "), os.O_CREATE|os.O_EXCL, 0o600)
		return err
	case "signal", "pid", "stdin":
		os.Exit(look(verb))
		return nil
	case "udp":
		return echo(ctx)
	case "peer":
		return peer(ctx)
	case "measure":
		return measure(args)
	case "env":
		for _, name := range args {
			fmt.Println(name + "=" + os.Getenv(name))
		}
		return nil
	case "router":
		return router(ctx)
	default:
		return fmt.Errorf("unknown verb %q", verb)
	}
}

func fetch(ctx context.Context, args []string) error {
	if len(args) != 1 && len(args) != 2 {
		return errors.New("fetch URL [PAGE]")
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		got, err := get(ctx, args[0])
		if err == nil && (len(args) == 1 || got == args[1]) {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%s: got %q, error %v", args[0], got, err)
		}
	}
}

func get(ctx context.Context, url string) (page string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return strings.TrimSpace(string(body)), err
}

func exit(args []string) error {
	after, err := time.ParseDuration(append(args, "0s", "0s")[1])
	if err != nil {
		return err
	}
	code, err := number(args[:min(1, len(args))])
	if err != nil {
		return err
	}
	<-time.After(after)
	os.Exit(code)
	return nil
}

func number(args []string) (int, error) {
	if len(args) != 1 {
		return 0, fmt.Errorf("one number is wanted, not %q", args)
	}
	return strconv.Atoi(args[0])
}

func address() string { return ":" + cmp.Or(os.Getenv("PORT"), "80") }

func serve(ctx context.Context) error {
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		host, _ := os.Hostname()
		fmt.Fprintf(w, "%s from %s\n", cmp.Or(os.Getenv("GREETING"), "Hello"), host)
	})
	http.HandleFunc("GET /env", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, strings.Join(os.Environ(), "\n"))
	})
	http.HandleFunc("GET /caller", caller)
	http.HandleFunc("/ask", ask)
	http.HandleFunc("/exit", func(_ http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(cmp.Or(r.FormValue("code"), "0"))
		if err != nil {
			code = 1
		}
		os.Exit(code)
	})
	failed := make(chan error, 1)
	go func() { failed <- http.ListenAndServe(address(), nil) }()
	fmt.Println("serving on", address())
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

func read(ctx context.Context, paths []string) error {
	for _, path := range paths {
		text, err := os.ReadFile(path)
		for ; os.IsNotExist(err) && ctx.Err() == nil; text, err = os.ReadFile(path) {
			<-time.After(20 * time.Millisecond)
		}
		if err != nil {
			return err
		}
		os.Stdout.Write(text)
	}
	return nil
}

func fill(args []string) error {
	size, err := number(args[1:])
	if err != nil {
		return err
	}
	file, err := os.Create(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	part := make([]byte, 1<<20)
	for i := range part {
		part[i] = byte(i * i)
	}
	for range size {
		if _, err := file.Write(part); err != nil {
			return err
		}
	}
	return file.Sync()
}

func alloc(ctx context.Context, args []string) error {
	size, err := number(args)
	if err != nil {
		return err
	}
	memory := make([]byte, size<<20)
	for i := range memory {
		memory[i] = byte(i) // a page is only used once it is written
	}
	<-ctx.Done()
	fmt.Println(len(memory), "bytes used")
	return nil
}

func outlive(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("a duration and a verb are wanted, not %q", args)
	}
	after, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	fmt.Println("the child ended:", exec.CommandContext(ctx, os.Args[0], args[1:]...).Run())
	select {
	case <-time.After(after):
	case <-ctx.Done():
	}
	return nil
}

func nofile() error {
	var limit syscall.Rlimit // its soft one is raised by Go itself
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	fmt.Println(limit.Max)
	return nil
}

func echo(ctx context.Context) error {
	conn, err := net.ListenPacket("udp", address())
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	packet := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFrom(packet)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		conn.WriteTo(packet[:n], from)
	}
}
