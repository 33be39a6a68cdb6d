package rediscache

import (
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
		return conn, nil
	}
}

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
