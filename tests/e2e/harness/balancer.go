package harness

import (
	"io"
	"net"
	"sync/atomic"
)

// Balancer stands for a Kubernetes Service of one ready endpoint: it hands each new connection to
// the endpoint of the moment and leaves connections that are open where they are.
type Balancer struct {
	// Address is where the Balancer listens.
	Address string

	listener net.Listener
	endpoint atomic.Pointer[string]
}

// StartBalancer hands connections to endpoint, a host and port.
func StartBalancer(endpoint string) (*Balancer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	balancer := &Balancer{Address: listener.Addr().String(), listener: listener}
	balancer.Direct(endpoint)
	go balancer.serve()
	return balancer, nil
}

// Direct makes endpoint the one that new connections go to.
func (b *Balancer) Direct(endpoint string) { b.endpoint.Store(&endpoint) }

// Close stops listening; open connections live until one of their ends closes.
func (b *Balancer) Close() { b.listener.Close() }

func (b *Balancer) serve() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return // closed
		}
		go forward(client, *b.endpoint.Load())
	}
}

func forward(client net.Conn, endpoint string) {
	defer client.Close()
	server, err := net.Dial("tcp", endpoint)
	if err != nil {
		return // the client sees its connection closed, as with an endpoint that is gone
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, server)
}
