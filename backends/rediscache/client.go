package rediscache

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// clientOptions are all settings of the client library, with the reasons for those that differ from
// its defaults.
func clientOptions(o Options) *redis.Options {
	return &redis.Options{
		Dialer:   dialer(o),
		Username: o.Username,
		Password: o.Password,
		DB:       o.DB,

		// Off by default, and then a context's deadline does not end an exchange.
		ContextTimeoutEnabled: true,
		// By default a write whose reply was lost is sent again, and so applied twice. Reads are
		// retried by Driver.do.
		MaxRetries: -1,
		// The context Driver.do makes is what bounds an operation. These are for what the library
		// does on contexts of its own.
		DialTimeout:  o.Timeout,
		ReadTimeout:  o.Timeout,
		WriteTimeout: o.Timeout,
		PoolTimeout:  o.Timeout,
		// By default a dial is tried five times, 100 ms apart: a caller with a short deadline would
		// learn nothing of the first failure.
		DialerRetries: 1,

		PoolSize: o.PoolSize,
		// There may be many connections; half the default keeps 128 of them at 4 MiB.
		ReadBufferSize:  16 << 10,
		WriteBufferSize: 16 << 10,
		// By default pipelines have connections of their own, each to be made and authenticated.
		PipelinePoolSize: -1,

		// RESP2: nothing here needs the server to speak first.
		Protocol:                 2,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		// Saves a round trip on every new connection.
		DisableIdentity: true,
	}
}

// dialer connects as the options say. It reports a failure through the connection it returns: told
// of it directly, the library would print it, address and all, to standard error, and after some
// failures would stop trying for a second at a time. So the first exchange fails, with an error
// that names no address.
func dialer(o Options) func(context.Context, string, string) (net.Conn, error) {
	dial := (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	if o.TLS != nil {
		config := o.TLS.Clone()
		if host, _, err := net.SplitHostPort(o.Addr); err == nil && config.ServerName == "" {
			config.ServerName = host
		}
		dial = (&tls.Dialer{NetDialer: &net.Dialer{KeepAlive: 30 * time.Second}, Config: config}).DialContext
	}
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := dial(ctx, o.Network, o.Addr)
		if err != nil {
			return failedConn{&dialError{reason: dialReason(err)}}, nil
		}
		if o.Password == "" {
			return &readyConn{Conn: conn}, nil
		}
		return conn, nil
	}
}

// readyConn is a connection on which nothing has to be agreed. The library begins every connection
// with HELLO and waits for the answer, which doubles the time the first command takes. Without
// credentials the command asks the server for what it does anyway, so it is answered here. If the
// library begins in any other way, it talks to the server as usual.
type readyConn struct {
	net.Conn
	begun  bool
	answer []byte // to HELLO, as far as it was not read yet
}

var (
	helloCommand = []byte("*2\r\n$5\r\nhello\r\n$1\r\n2\r\n")
	helloAnswer  = []byte("*2\r\n$5\r\nproto\r\n:2\r\n")
)

func (c *readyConn) Write(b []byte) (int, error) {
	if !c.begun {
		c.begun = true
		if bytes.Equal(b, helloCommand) {
			c.answer = helloAnswer
			return len(b), nil
		}
	}
	return c.Conn.Write(b)
}

func (c *readyConn) Read(b []byte) (int, error) {
	if len(c.answer) > 0 {
		n := copy(b, c.answer)
		c.answer = c.answer[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// SyscallConn lets the library check whether a pooled connection is still alive.
func (c *readyConn) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	// It is TLS, which cannot be looked into: nothing to check.
	return aliveConn{}, nil
}

// aliveConn answers the check with what a quiet connection answers.
type aliveConn struct{}

func (aliveConn) Control(func(uintptr)) error    { return nil }
func (aliveConn) Read(func(uintptr) bool) error  { return nil }
func (aliveConn) Write(func(uintptr) bool) error { return nil }

// failedConn is a connection that could not be made.
type failedConn struct{ err error }

func (c failedConn) Read([]byte) (int, error)         { return 0, c.err }
func (c failedConn) Write([]byte) (int, error)        { return 0, c.err }
func (c failedConn) Close() error                     { return nil }
func (c failedConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c failedConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c failedConn) SetDeadline(time.Time) error      { return nil }
func (c failedConn) SetReadDeadline(time.Time) error  { return nil }
func (c failedConn) SetWriteDeadline(time.Time) error { return nil }

// SyscallConn makes the library's check of pooled connections find this one dead, should its caller
// have given up before it was used.
func (c failedConn) SyscallConn() (syscall.RawConn, error) { return nil, c.err }
