package host_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy passes TCP connections on to a Unix socket, and what is said on them
// after a delay: a server that is far away.
type proxy struct {
	addr  string
	delay time.Duration
	// running are the goroutines of the proxy.
	running atomic.Int32

	mu    sync.Mutex
	ended bool
	conns []net.Conn
}

// newProxy listens until the test ends.
func newProxy(t *testing.T, socket string, delay time.Duration) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), delay: delay}
	var wg sync.WaitGroup
	start := func(f func()) {
		p.running.Add(1)
		wg.Go(func() {
			defer p.running.Add(-1)
			f()
		})
	}
	t.Cleanup(func() {
		_ = l.Close()
		p.end()
		wg.Wait()
	})
	start(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return // closed
			}
			far, err := net.Dial("unix", socket)
			if err != nil {
				_ = near.Close()
				continue
			}
			if !p.keep(near, far) {
				return
			}
			for _, way := range [][2]net.Conn{{far, near}, {near, far}} {
				chunks := make(chan chunk, 1024)
				start(func() { p.read(way[1], chunks) })
				start(func() { p.write(way[0], way[1], chunks) })
			}
		}
	})
	return p
}

// keep notes connections for end to close; false: it was here already.
func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conns...)
	if p.ended {
		p.closeAll()
	}
	return !p.ended
}

func (p *proxy) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.closeAll()
}

func (p *proxy) closeAll() {
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// chunk is what was read at once, and when it is to be written.
type chunk struct {
	due   time.Time
	bytes []byte
}

func (p *proxy) read(from net.Conn, chunks chan<- chunk) {
	defer close(chunks)
	for {
		b := make([]byte, 4<<10)
		n, err := from.Read(b)
		if n > 0 {
			chunks <- chunk{time.Now().Add(p.delay), b[:n]}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) write(to, from net.Conn, chunks <-chan chunk) {
	for c := range chunks {
		time.Sleep(time.Until(c.due))
		if _, err := to.Write(c.bytes); err != nil {
			_ = from.Close() // ends the reading, too
		}
	}
	_, _ = to.Close(), from.Close()
}

// The proxy delays what is said, and loses none of it.
func TestProxy(t *testing.T) {
	socket := t.TempDir() + "/s"
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(c, c)
		_ = c.Close()
	}()
	const delay = 50 * time.Millisecond
	c, err := net.Dial("tcp", newProxy(t, socket, delay).addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	began := time.Now()
	const size = 1 << 20
	go func() { _, _ = c.Write(make([]byte, size)) }()
	if _, err := io.ReadFull(c, make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 2*delay {
		t.Errorf("an echo came after %v, want at least %v", took, 2*delay)
	}
}
