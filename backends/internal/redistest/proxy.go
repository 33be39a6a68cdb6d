package redistest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Proxy stands between a client and a server and does to their connection what networks do. It is
// safe for concurrent use.
type Proxy struct {
	// Addr is where clients connect.
	Addr string

	listener net.Listener
	target   string
	delay    atomic.Int64
	mute     atomic.Bool
	accepted atomic.Int64

	mu    sync.Mutex
	open  map[net.Conn]struct{}
	ended bool
	wg    sync.WaitGroup
}

// NewProxy starts a proxy in front of target until the test ends.
func NewProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), listener: l, target: target, open: map[net.Conn]struct{}{}}
	p.wg.Go(p.accept)
	tb.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		p.ended = true
		p.mu.Unlock()
		p.Cut()
		p.wg.Wait()
	})
	return p
}

// SetDelay delays what passes in each direction, without limiting how much is under way.
func (p *Proxy) SetDelay(d time.Duration) { p.delay.Store(int64(d)) }

// Mute swallows replies, while commands pass.
func (p *Proxy) Mute(mute bool) { p.mute.Store(mute) }

// Accepted returns how many connections clients have made.
func (p *Proxy) Accepted() int { return int(p.accepted.Load()) }

// Cut breaks all connections. New ones are accepted.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		_ = conn.Close()
	}
}

// track remembers conn until it is closed, or closes it at once if the proxy has ended.
func (p *Proxy) track(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		_ = conn.Close()
		return
	}
	p.open[conn] = struct{}{}
}

func (p *Proxy) untrack(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.accepted.Add(1)
		p.track(client)
		p.wg.Go(func() {
			defer p.untrack(client)
			server, err := net.Dial("tcp", p.target)
			if err != nil {
				return
			}
			p.track(server)
			defer p.untrack(server)
			var both sync.WaitGroup
			both.Go(func() { p.pass(server, client, false) })
			both.Go(func() { p.pass(client, server, true) })
			both.Wait()
		})
	}
}

// chunk is data to pass on when its time has come.
type chunk struct {
	data []byte
	due  time.Time
}

func (p *Proxy) pass(to, from net.Conn, replies bool) {
	chunks := make(chan chunk, 4096)
	var writer sync.WaitGroup
	writer.Go(func() {
		defer to.Close()
		for c := range chunks {
			time.Sleep(time.Until(c.due))
			if replies && p.mute.Load() {
				continue
			}
			if _, err := to.Write(c.data); err != nil {
				_ = from.Close() // which ends the reader
			}
		}
	})
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			data := append([]byte(nil), buffer[:n]...)
			chunks <- chunk{data, time.Now().Add(time.Duration(p.delay.Load()))}
		}
		if err != nil {
			break
		}
	}
	close(chunks)
	writer.Wait()
}
