package harness

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Balancer stands for a Kubernetes Service: it hands each new connection to the next of the
// endpoints of the moment and leaves connections that are open where they are. An endpoint that
// does not take the connection is passed over, as one that is not ready.
type Balancer struct {
	// Address is where the Balancer listens.
	Address string

	listener  net.Listener
	endpoints atomic.Pointer[[]string]
	next      atomic.Uint64

	mutex sync.Mutex
	open  map[net.Conn]chan struct{} // closed with the connection
}

// StartBalancer hands connections to endpoints, each a host and port.
func StartBalancer(endpoints ...string) (*Balancer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	balancer := &Balancer{
		Address:  listener.Addr().String(),
		listener: listener,
		open:     map[net.Conn]chan struct{}{},
	}
	balancer.Direct(endpoints...)
	go balancer.serve()
	return balancer, nil
}

// Direct makes endpoints those that new connections go to.
func (b *Balancer) Direct(endpoints ...string) { b.endpoints.Store(&endpoints) }

// Cut closes all connections that are open and returns when their clients have done the same, so
// that none of them is used again.
func (b *Balancer) Cut() {
	b.mutex.Lock()
	var ends []chan struct{}
	for connection, end := range b.open {
		_ = connection.(*net.TCPConn).CloseWrite()
		ends = append(ends, end)
	}
	b.mutex.Unlock()
	for _, end := range ends {
		<-end
	}
}

// Close stops listening; open connections live until one of their ends closes.
func (b *Balancer) Close() { b.listener.Close() }

func (b *Balancer) serve() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return // closed
		}
		go b.forward(client)
	}
}

func (b *Balancer) dial() net.Conn {
	endpoints := *b.endpoints.Load()
	first := b.next.Add(1)
	for i := range endpoints {
		endpoint := endpoints[(first+uint64(i))%uint64(len(endpoints))]
		if server, err := net.Dial("tcp", endpoint); err == nil {
			return server
		}
	}
	return nil
}

func (b *Balancer) forward(client net.Conn) {
	end := make(chan struct{})
	b.mutex.Lock()
	b.open[client] = end
	b.mutex.Unlock()
	defer func() {
		client.Close()
		b.mutex.Lock()
		delete(b.open, client)
		b.mutex.Unlock()
		close(end)
	}()
	server := b.dial()
	if server == nil {
		return // the client sees its connection closed, as with an endpoint that is gone
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, server)
}
