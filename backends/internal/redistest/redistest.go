// Package redistest starts real Redis servers for tests: Debian's redis-server, on a free port of
// the loopback interface, in a directory of its own, without persistence.
//
// Where there is no redis-server, tests that need one are skipped with a message that says how to
// get it; with CI=true in the environment they fail instead.
package redistest

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// startTimeout is how long a server may take to answer; half a second is usual on a busy machine.
const startTimeout = 10 * time.Second

// Server is a running redis-server. It is used by one test at a time.
type Server struct {
	// Addr is host:port.
	Addr string
	// Socket is the path of the server's Unix socket.
	Socket string

	tb     testing.TB
	dir    string
	args   []string
	cmd    *exec.Cmd
	exited chan struct{}
	output *bytes.Buffer
}

// Start runs a server, with additional arguments in the form of redis-server's command line, until
// the test ends.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		const remedy = "redis-server is not installed; on Debian: apt-get install redis-server"
		if os.Getenv("CI") == "true" {
			tb.Fatal(remedy)
		}
		tb.Skip(remedy)
	}
	// Not tb.TempDir: its path may be too long for a socket.
	dir, err := os.MkdirTemp("", "redistest")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{tb: tb, dir: dir, Socket: filepath.Join(dir, "s")}
	tb.Cleanup(func() {
		s.Stop()
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	// Another process may take the port between its choice and the start.
	for range 5 {
		port, err := FreePort()
		if err != nil {
			tb.Fatal(err)
		}
		s.Addr = net.JoinHostPort("127.0.0.1", port)
		s.args = append([]string{program,
			"--port", port, "--bind", "127.0.0.1", "--unixsocket", s.Socket,
			"--dir", dir, "--save", "", "--appendonly", "no", "--daemonize", "no",
		}, args...)
		if err = s.run(); err == nil {
			return s
		}
		tb.Logf("redistest: %v", err)
	}
	tb.Fatal("redistest: no server could be started")
	return nil
}

// URL returns a redis:// URL of the server with the given query.
func (s *Server) URL(query string) string { return "redis://" + s.Addr + "/0?" + query }

// Stop kills the server. Stopping a stopped server does nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.exited
	s.cmd = nil
}

// Restart runs a stopped server again, empty, at the same address.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	if err := s.run(); err != nil {
		s.tb.Fatal(err)
	}
}

// Do sends one command by its words and returns the reply as Redis writes it.
func (s *Server) Do(words ...string) string {
	s.tb.Helper()
	conn, err := net.DialTimeout("tcp", s.Addr, startTimeout)
	if err != nil {
		s.tb.Fatalf("redistest: %v", err)
	}
	defer conn.Close()
	var command strings.Builder
	fmt.Fprintf(&command, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&command, "$%d\r\n%s\r\n", len(w), w)
	}
	// QUIT ends the reply: the server closes the connection after it.
	command.WriteString("*1\r\n$4\r\nQUIT\r\n")
	if _, err := conn.Write([]byte(command.String())); err != nil {
		s.tb.Fatalf("redistest: %v", err)
	}
	var reply bytes.Buffer
	if _, err := reply.ReadFrom(conn); err != nil {
		s.tb.Fatalf("redistest: %v", err)
	}
	return strings.TrimSuffix(reply.String(), "+OK\r\n")
}

func (s *Server) run() error {
	s.output = new(bytes.Buffer)
	cmd := exec.Command(s.args[0], s.args[1:]...)
	cmd.Stdout, cmd.Stderr = s.output, s.output
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(exited)
	}()
	s.cmd, s.exited = cmd, exited
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		if ping(s.Addr) {
			return nil
		}
		select {
		case <-exited:
			s.cmd = nil
			return fmt.Errorf("redis-server ended: %s", s.output)
		case <-time.After(5 * time.Millisecond):
		}
	}
	s.Stop()
	return fmt.Errorf("redis-server did not answer within %v", startTimeout)
}

// ping reports whether a server answers at addr. One that wants a password does.
func ping(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(time.Second)) != nil {
		return false
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && (strings.HasPrefix(line, "+PONG") || strings.HasPrefix(line, "-NOAUTH"))
}

// FreePort returns a port of the loopback interface that nobody listened on just now.
func FreePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}
