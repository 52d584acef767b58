package main

import (
	"context"
	"fmt"
	"net"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/net/dns/dnsmessage"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// newDNSCommand answers, until SIGINT or SIGTERM, for the names of Services that have a ClusterIP, and for nothing else.
func newDNSCommand() *cobra.Command {
	var kubeconfig, address, domain string
	command := &cobra.Command{
		Use:          "dns",
		Short:        "Tell pods the addresses of Services, over UDP",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return fmt.Errorf("--kubeconfig: %w", err)
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(command.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return dnsServer{client, ".svc." + domain + "."}.serve(ctx, address)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "file that leads to the API server")
	command.Flags().StringVar(&address, "listen-address", "127.0.0.1:53", "address and port")
	command.Flags().StringVar(&domain, "cluster-domain", "cluster.local", "as the kubelet has it")
	return command
}

type dnsServer struct {
	client kubernetes.Interface
	suffix string // of all Services' names
}

func (s dnsServer) serve(ctx context.Context, address string) error {
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { socket.Close() })
	packet := make([]byte, 512) // no client sends more in a question
	for {
		length, client, err := socket.ReadFrom(packet)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		var query dnsmessage.Message
		if query.Unpack(packet[:length]) != nil || query.Response || len(query.Questions) != 1 {
			continue
		}
		go func() {
			if answer, err := s.answer(ctx, query); err == nil {
				_, _ = socket.WriteTo(answer, client)
			}
		}()
	}
}

func (s dnsServer) answer(ctx context.Context, query dnsmessage.Message) ([]byte, error) {
	question := query.Questions[0]
	answer := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: query.ID, Response: true, Authoritative: true, RecursionDesired: query.RecursionDesired,
		},
		Questions: query.Questions,
	}
	address := s.lookUp(ctx, strings.ToLower(question.Name.String()))
	switch {
	case address == nil:
		answer.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeA:
		answer.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: 1},
			Body:   &dnsmessage.AResource{A: [4]byte(address)},
		}}
	}
	return answer.Pack()
}

// lookUp returns the IPv4 address of NAME.NAMESPACE and the suffix, or nil.
func (s dnsServer) lookUp(ctx context.Context, name string) net.IP {
	service, found := strings.CutSuffix(name, s.suffix)
	name, namespace, dotted := strings.Cut(service, ".")
	if !found || !dotted || strings.Contains(namespace, ".") {
		return nil
	}
	object, err := s.client.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return net.ParseIP(object.Spec.ClusterIP).To4()
}
