package rediscache

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/wasikv/wasikv/backends"
)

type serverReply string

func (r serverReply) Error() string { return string(r) }
func (serverReply) RedisError()     {}

func TestDialReason(t *testing.T) {
	where := &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 6379}
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Addr: where, Err: err} }
	for want, err := range map[string]error{
		"the host name does not resolve":           dial(&net.DNSError{Err: "no such host", Name: "cache.example", Server: "10.9.8.7"}),
		"connection refused":                       dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"no route to host":                         dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)),
		"no connection in time":                    dial(context.DeadlineExceeded),
		"the server's certificate is not accepted": dial(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "cache.example"}),
		"no such socket":                           dial(os.NewSyscallError("connect", syscall.ENOENT)),
		"no connection":                            dial(errors.New("something at 10.9.8.7")),
	} {
		if got := dialReason(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestClassify(t *testing.T) {
	d, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, c := range []struct {
		err, want error
	}{
		{serverReply("ERR unknown command at 10.9.8.7"), backends.ErrUnavailable},
		{serverReply("MOVED 3999 10.9.8.7:6381"), backends.ErrUnavailable},
		{serverReply("LOADING Redis is loading 10.9.8.7"), backends.ErrUnavailable},
		{serverReply("10.9.8.7 is not a code"), backends.ErrUnavailable},
		{serverReply("WRONGTYPE Operation against a key"), backends.ErrForeignValue},
		{fmt.Errorf("failed to authenticate: %w", serverReply("WRONGPASS 10.9.8.7")), backends.ErrUnavailable},
		{&net.OpError{Op: "read", Addr: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7)}, Err: syscall.ECONNRESET}, backends.ErrUnavailable},
		{&net.OpError{Op: "read", Addr: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7)}, Err: os.ErrDeadlineExceeded}, backends.ErrTimeout},
		{io.EOF, backends.ErrUnavailable},
		{redis.ErrPoolTimeout, backends.ErrUnavailable},
		{redis.ErrPoolExhausted, backends.ErrUnavailable},
		{redis.ErrClosed, backends.ErrClosed},
		{context.DeadlineExceeded, backends.ErrTimeout},
		{errors.New("anything at 10.9.8.7"), backends.ErrUnavailable},
		{fmt.Errorf("%w: detail", backends.ErrForeignValue), backends.ErrForeignValue},
	} {
		got := d.classify(t.Context(), c.err)
		if !errors.Is(got, c.want) || strings.Contains(got.Error(), "10.9.8.7") {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
	late, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	if got := d.classify(late, io.EOF); !errors.Is(got, context.DeadlineExceeded) || !errors.Is(got, backends.ErrTimeout) {
		t.Errorf("after the caller's deadline: %v", got)
	}
}
