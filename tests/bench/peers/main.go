// Command peers runs pod-security-admission's own webhook server, unchanged, as bench_server runs
// servers: peers CERTIFICATE KEY LABEL=VALUE... serves on a free port of 127.0.0.1 and says on
// standard error where it listens once it is ready.
//
// The server asks an API server for the labels of the pod's namespace and keeps what it learns.
// That API server is here a process of its own, so that neither its CPU time nor its memory count:
// it knows one namespace, with the labels given.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/pod-security-admission/cmd/webhook/server"
	"k8s.io/pod-security-admission/cmd/webhook/server/options"
)

// namespacesCommand is the first argument of the process that plays the API server.
const namespacesCommand = "namespaces"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) > 0 && arguments[0] == namespacesCommand {
		return serveNamespaces(parseLabels(arguments[1:]))
	}
	if len(arguments) < 2 {
		return fmt.Errorf("usage: %s CERTIFICATE KEY LABEL=VALUE...", os.Args[0])
	}
	api, err := startNamespaces(arguments[2:])
	if err != nil {
		return err
	}
	return servePodSecurity(arguments[0], arguments[1], api)
}

func parseLabels(pairs []string) map[string]string {
	labels := map[string]string{}
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		labels[key] = value
	}
	return labels
}

// startNamespaces starts the API server's stand-in, which dies with this process, and returns its URL.
func startNamespaces(labels []string) (string, error) {
	command := exec.Command("/proc/self/exe", append([]string{namespacesCommand}, labels...)...)
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", err
	}
	url, err := bufio.NewReader(output).ReadString('\n')
	return strings.TrimSpace(url), err
}

func servePodSecurity(certificate, key, api string) error {
	dir, err := os.MkdirTemp("", "mountguard-bench-psa-")
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := writeKubeconfig(kubeconfig, api); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	opts := options.NewOptions() // the defaults of its flags
	opts.Kubeconfig = kubeconfig
	opts.SecureServing.Listener = listener
	opts.SecureServing.ServerCert.CertKey.CertFile = certificate
	opts.SecureServing.ServerCert.CertKey.KeyFile = key
	config, err := server.LoadConfig(opts)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil { // read, and nobody will remove it when we are killed
		return err
	}
	webhook, err := server.Setup(config)
	if err != nil {
		return err
	}
	go announce(listener.Addr().String())
	return webhook.Start(context.Background())
}

func writeKubeconfig(path, api string) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["bench"] = &clientcmdapi.Cluster{Server: api}
	config.Contexts["bench"] = &clientcmdapi.Context{Cluster: "bench"}
	config.CurrentContext = "bench"
	return clientcmd.WriteToFile(*config, path)
}

// announce waits until the server knows the namespaces and says where it listens.
func announce(address string) {
	client := http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // its own process
	}}
	defer client.CloseIdleConnections()
	for {
		if response, err := client.Get("https://" + address + "/readyz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				fmt.Fprintf(os.Stderr, "{\"msg\":\"listening\",\"address\":%q}\n", address)
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}
