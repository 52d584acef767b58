package harness

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// APIProxy stands between one mountguard and the API server and does to its calls as it is told.
type APIProxy struct {
	// Kubeconfig leads to the proxy.
	Kubeconfig string

	server *httptest.Server
	fault  atomic.Pointer[Fault]
}

// A Fault answers a call in the API server's place, or passes it on, and anything before or after.
type Fault func(response http.ResponseWriter, request *http.Request, passOn http.Handler)

// StartAPIProxy passes calls on with the credentials that they bring; token is what the kubeconfig
// gives mountguard. Files go to dir.
func (c *Cluster) StartAPIProxy(dir, token string) (*APIProxy, error) {
	target, err := url.Parse(c.Config.Host)
	if err != nil {
		return nil, err
	}
	passOn := httputil.NewSingleHostReverseProxy(target)
	passOn.Transport, err = rest.TransportFor(&rest.Config{
		Host:            c.Config.Host,
		TLSClientConfig: c.Config.TLSClientConfig,
	})
	if err != nil {
		return nil, err
	}
	proxy := &APIProxy{Kubeconfig: filepath.Join(dir, "kubeconfig")}
	proxy.server = httptest.NewServer(http.HandlerFunc(
		func(response http.ResponseWriter, request *http.Request) {
			if fault := proxy.fault.Load(); fault != nil {
				(*fault)(response, request, passOn)
				return
			}
			passOn.ServeHTTP(response, request)
		}))
	return proxy, writeKubeconfig(proxy.Kubeconfig, token,
		&clientcmdapi.Cluster{Server: proxy.server.URL})
}

// Inflict makes fault the fate of all calls; nil ends it.
func (p *APIProxy) Inflict(fault Fault) {
	if fault == nil {
		p.fault.Store(nil)
		return
	}
	p.fault.Store(&fault)
}

// Close ends the proxy and what calls are under way.
func (p *APIProxy) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// WriteKubeconfig writes a kubeconfig that leads to the API server itself, with the token in a file
// of its own beside it, as it is rotated.
func (c *Cluster) WriteKubeconfig(path, token string) error {
	tokenFile := path + ".token"
	if err := os.WriteFile(tokenFile, []byte(token), 0o600); err != nil {
		return err
	}
	config := newKubeconfig(&clientcmdapi.Cluster{
		Server:                   c.Config.Host,
		CertificateAuthorityData: c.Config.CAData,
	})
	config.AuthInfos["e2e"] = &clientcmdapi.AuthInfo{TokenFile: tokenFile}
	return clientcmd.WriteToFile(*config, path)
}

func writeKubeconfig(path, token string, cluster *clientcmdapi.Cluster) error {
	config := newKubeconfig(cluster)
	config.AuthInfos["e2e"] = &clientcmdapi.AuthInfo{Token: token}
	return clientcmd.WriteToFile(*config, path)
}

func newKubeconfig(cluster *clientcmdapi.Cluster) *clientcmdapi.Config {
	config := clientcmdapi.NewConfig()
	config.Clusters["e2e"] = cluster
	config.Contexts["e2e"] = &clientcmdapi.Context{Cluster: "e2e", AuthInfo: "e2e"}
	config.CurrentContext = "e2e"
	return config
}
