package machine

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// resolve takes numeric addresses only: names are looked up by goroutines, which are outside.
func resolve(network, address string) (family int, socketAddress unix.Sockaddr, err error) {
	switch network {
	case "unix":
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: address}, nil
	case "tcp", "tcp4":
		parsed, err := netip.ParseAddrPort(address)
		if err != nil {
			return 0, nil, err
		}
		if !parsed.Addr().Is4() {
			return 0, nil, fmt.Errorf("%s is not an IPv4 address", address)
		}
		return unix.AF_INET, &unix.SockaddrInet4{
			Addr: parsed.Addr().As4(), Port: int(parsed.Port())}, nil
	default:
		return 0, nil, fmt.Errorf("the network %q is not known here", network)
	}
}

// dial connects on the calling thread. net.Dialer would not do: it may try addresses on goroutines.
func dial(family int, address unix.Sockaddr) (net.Conn, error) {
	socket, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(socket), "socket")
	defer file.Close() // FileConn has a copy
	if err := unix.Connect(socket, address); err != nil {
		return nil, err
	}
	return net.FileConn(file)
}
