package harness

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// rolesPage shows the roles that mountguard needs to manage its certificates.
const rolesPage = "../../docs/certificates.md"

// CreateManager gives the namespace a service account that may do what the page says, and no more,
// to the webhook configuration of the namespace's name, and returns a token of it.
func (c *Cluster) CreateManager(ctx context.Context, namespace string) (token string, err error) {
	page, err := os.ReadFile(rolesPage)
	if err != nil {
		return "", err
	}
	block := regexp.MustCompile("(?s)```yaml\n(apiVersion: rbac.*?)```").FindSubmatch(page)
	if block == nil {
		return "", fmt.Errorf("%s shows no roles", rolesPage)
	}
	// Cluster roles of several tests must not be one.
	roles := strings.NewReplacer(
		"mountguard-system", namespace,
		"resourceNames: [mountguard]", "resourceNames: ["+namespace+"]",
		"kind: ClusterRole\nmetadata:\n  name: mountguard-certificates",
		"kind: ClusterRole\nmetadata:\n  name: "+namespace,
		"kind: ClusterRoleBinding\nmetadata:\n  name: mountguard-certificates",
		"kind: ClusterRoleBinding\nmetadata:\n  name: "+namespace,
		"kind: ClusterRole, name: mountguard-certificates", "kind: ClusterRole, name: "+namespace,
	).Replace(string(block[1]))
	output, err := c.Kubectl(ctx, roles, "apply", "-f", "-")
	if err != nil {
		return "", err
	}
	if err := output.CheckSucceeded(); err != nil {
		return "", err
	}
	accounts := c.Client.CoreV1().ServiceAccounts(namespace)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "mountguard"}}
	if _, err := accounts.Create(ctx, account, metav1.CreateOptions{}); err != nil {
		return "", err
	}
	request, err := accounts.CreateToken(ctx, "mountguard", &authenticationv1.TokenRequest{},
		metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return request.Status.Token, nil
}
