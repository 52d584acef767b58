package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"mountguard.io/e2e/harness"
	"mountguard.io/tests/reference/randompolicy"
)

// verdict is what the API server says to one dry run.
type verdict struct {
	denied   bool
	refused  string   // by what comes before any policy and webhook
	deniedBy []string // rules
	warnings []string // rules
}

var ruleAtEnd = regexp.MustCompile(`\[([A-Za-z0-9_.-]+)\](?: \(and \d+ more\))?$`)

// rulesIn gives the rules whose ids end the texts, each once, sorted.
func rulesIn(texts []string) []string {
	var rules []string
	for _, text := range texts {
		if found := ruleAtEnd.FindStringSubmatch(text); found != nil {
			rules = append(rules, found[1])
		}
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// warningsKey is where a request's context keeps the list that its warnings go to.
type warningsKey struct{}

type warningCollector struct{}

func (warningCollector) HandleWarningHeaderWithContext(ctx context.Context, _ int, _, text string) {
	if warnings, ok := ctx.Value(warningsKey{}).(*[]string); ok {
		*warnings = append(*warnings, text)
	}
}

// clientOf acts as one of the users of random requests, who may do anything.
func clientOf(t *testing.T, request randompolicy.Request) dynamic.Interface {
	t.Helper()
	config := rest.CopyConfig(cluster.Config)
	config.WarningHandlerWithContext = warningCollector{}
	config.Impersonate = rest.ImpersonationConfig{
		UserName: request.User,
		Groups:   append([]string{"system:masters"}, request.Groups...),
	}
	return must(dynamic.NewForConfig(config)).or(t)
}

func resourceOf(object map[string]any) schema.GroupVersionResource {
	kind := schema.FromAPIVersionAndKind(object["apiVersion"].(string), object["kind"].(string))
	return kind.GroupVersion().WithResource(strings.ToLower(kind.Kind) + "s")
}

// ask sends the request as a dry run.
func ask(ctx context.Context, client dynamic.Interface, request randompolicy.Request) (verdict, error) {
	var warnings []string
	ctx = context.WithValue(ctx, warningsKey{}, &warnings)
	objects := client.Resource(resourceOf(request.Object)).Namespace(request.Namespace)
	object := &unstructured.Unstructured{Object: request.Object}
	dryRun := []string{metav1.DryRunAll}
	var err error
	switch {
	case request.Operation == "CREATE":
		_, err = objects.Create(ctx, object, metav1.CreateOptions{DryRun: dryRun})
	case request.SubResource != "":
		_, err = objects.Update(ctx, object, metav1.UpdateOptions{DryRun: dryRun}, request.SubResource)
	default:
		_, err = objects.Update(ctx, object, metav1.UpdateOptions{DryRun: dryRun})
	}
	got := verdict{warnings: rulesIn(warnings)}
	if err == nil {
		return got, nil
	}
	status, isStatus := errors.AsType[*apierrors.StatusError](err)
	if !isStatus {
		return got, err
	}
	details := status.Status()
	switch {
	case strings.HasPrefix(details.Message, "admission webhook"):
		got.denied = true
		var causes []string
		for _, cause := range details.Details.Causes {
			causes = append(causes, cause.Message)
		}
		got.deniedBy = rulesIn(causes)
	case strings.Contains(details.Message, "ValidatingAdmissionPolicy"):
		got.denied = true
		got.deniedBy = rulesIn([]string{details.Message})
		if len(got.deniedBy) != 1 {
			return got, fmt.Errorf("a policy denies for no rule: %w", err)
		}
	default:
		got.refused = details.Message
	}
	return got, nil
}

// askAll sends all requests, several at a time.
func askAll(t *testing.T, requests []randompolicy.Request) []verdict {
	t.Helper()
	clients := map[string]dynamic.Interface{}
	for _, request := range requests {
		key := fmt.Sprint(request.User, request.Groups)
		if clients[key] == nil {
			clients[key] = clientOf(t, request)
		}
	}
	verdicts, failures := make([]verdict, len(requests)), make([]error, len(requests))
	var next sync.WaitGroup
	places := make(chan int)
	for range 4 {
		next.Go(func() {
			for i := range places {
				client := clients[fmt.Sprint(requests[i].User, requests[i].Groups)]
				verdicts[i], failures[i] = ask(t.Context(), client, requests[i])
			}
		})
	}
	for i := range requests {
		places <- i
	}
	close(places)
	next.Wait()
	check(t, errors.Join(failures...))
	return verdicts
}

// requestsIn gives random requests about one namespace. What they update is there when it returns.
func requestsIn(t *testing.T, namespace string, seed uint64, count int) []randompolicy.Request {
	t.Helper()
	config := rest.CopyConfig(cluster.Config)
	config.WarningHandlerWithContext = warningCollector{}
	admin := must(dynamic.NewForConfig(config)).or(t)
	var requests []randompolicy.Request
	for index := uint64(0); len(requests) < count; index++ {
		request := randompolicy.NewRequest(seed, index)
		request.Namespace = namespace
		for _, object := range []map[string]any{request.Object, request.OldObject} {
			if object == nil {
				continue
			}
			metadata := object["metadata"].(map[string]any)
			metadata["namespace"] = namespace
			// Mirror pods are warned of by mountguard alone.
			if annotations, ok := metadata["annotations"].(map[string]any); ok {
				delete(annotations, corev1.MirrorPodAnnotationKey)
			}
			if request.OldObject != nil {
				metadata["name"] = fmt.Sprintf("%v-%d-%d", metadata["name"], seed, index)
			}
		}
		if request.OldObject != nil && !createOld(t, admin, request) {
			continue
		}
		requests = append(requests, request)
	}
	return requests
}

// createOld creates what the request updates and reports whether it could. A pod's ephemeral
// containers come after its creation.
func createOld(t *testing.T, admin dynamic.Interface, request randompolicy.Request) bool {
	t.Helper()
	old := &unstructured.Unstructured{Object: request.OldObject}
	ephemeral, _, _ := unstructured.NestedSlice(jsonOf(t, old.Object), "spec", "ephemeralContainers")
	if request.SubResource != "" {
		unstructured.RemoveNestedField(old.Object, "spec", "ephemeralContainers")
	}
	objects := admin.Resource(resourceOf(request.Object)).Namespace(request.Namespace)
	created, err := objects.Create(t.Context(), old, metav1.CreateOptions{})
	if err != nil {
		return false
	}
	if len(ephemeral) > 0 {
		check(t, unstructured.SetNestedSlice(created.Object, ephemeral, "spec", "ephemeralContainers"))
		if _, err = objects.Update(t.Context(), created, metav1.UpdateOptions{}, request.SubResource); err != nil {
			return false
		}
	}
	return true
}

// jsonOf is the object as JSON has it: with maps, lists and numbers of the types that are usual.
func jsonOf(t *testing.T, object map[string]any) map[string]any {
	t.Helper()
	var copied map[string]any
	check(t, json.Unmarshal(must(json.Marshal(object)).or(t), &copied))
	return copied
}

// exportedPolicies runs `mountguard policy export` and gives the objects, and the rules in them.
func exportedPolicies(t *testing.T, file, name string) (policies []registrationv1.ValidatingAdmissionPolicy,
	bindings []registrationv1.ValidatingAdmissionPolicyBinding, rules []string) {
	t.Helper()
	command := exec.Command(harness.MountguardBinary(t), "policy", "export", "-o", "json", "--policy", file, "--name", name)
	output := must(command.Output()).or(t)
	var exported struct{ Items []json.RawMessage }
	check(t, json.Unmarshal(output, &exported))
	for i := 0; i+1 < len(exported.Items); i += 2 {
		var policy registrationv1.ValidatingAdmissionPolicy
		var binding registrationv1.ValidatingAdmissionPolicyBinding
		check(t, json.Unmarshal(exported.Items[i], &policy))
		check(t, json.Unmarshal(exported.Items[i+1], &binding))
		for _, validation := range policy.Spec.Validations {
			rules = append(rules, strings.Split(validation.Message, `"`)[1])
		}
		policies, bindings = append(policies, policy), append(bindings, binding)
	}
	return policies, bindings, rules
}

func only(rules, of []string) []string {
	return slices.DeleteFunc(slices.Clone(rules), func(rule string) bool { return !slices.Contains(of, rule) })
}

// TestExportedPolicyDecidesAsMountguard sends the same dry runs twice: once with mountguard as the
// webhook of the namespace, once with the policies that it exports.
func TestExportedPolicyDecidesAsMountguard(t *testing.T) {
	policies, perPolicy := 5, 250
	if os.Getenv("MOUNTGUARD_LONG") != "" {
		policies, perPolicy = 24, 1000
	}
	for _, name := range []string{"kata", "runc"} {
		_, err := cluster.Client.NodeV1().RuntimeClasses().Create(t.Context(),
			&nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Handler: name}, metav1.CreateOptions{})
		check(t, err)
	}
	for _, namespace := range randompolicy.Namespaces {
		_, err := cluster.Client.CoreV1().Namespaces().Create(t.Context(),
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
		check(t, err)
	}
	var compared, denied, warned int
	for index := range policies {
		text := randompolicy.Policy(11, uint64(index))
		switch index {
		case 0:
			text = must(os.ReadFile("../../deploy/policies/strict.yaml")).or(t)
		case 1:
			text = must(os.ReadFile("../../deploy/policies/permissive.yaml")).or(t)
		}
		namespace := randompolicy.Namespaces[index%len(randompolicy.Namespaces)]
		requests := requestsIn(t, namespace, uint64(1000+index), perPolicy)
		byWebhook := askWebhook(t, namespace, string(text), requests)

		file := filepath.Join(t.TempDir(), "policy.yaml")
		check(t, os.WriteFile(file, text, 0o600))
		exported, bindings, rules := exportedPolicies(t, file, fmt.Sprintf("export-%d", index))
		remove := installPolicies(t, namespace, exported, bindings)
		byPolicy := askAll(t, requests)
		remove()

		for i, want := range byWebhook {
			got := byPolicy[i]
			want.deniedBy, want.warnings = only(want.deniedBy, rules), only(want.warnings, rules)
			wasDenied := want.denied
			want.denied = len(want.deniedBy) > 0
			if want.refused != "" || got.refused != "" {
				if want.refused != got.refused {
					t.Errorf("policy %d, request %d: refused with %q and %q", index, i, want.refused, got.refused)
				}
				continue
			}
			compared++
			if want.denied != got.denied || (got.denied && !slices.Contains(want.deniedBy, got.deniedBy[0])) {
				t.Fatalf("policy %d, request %d: mountguard denies by %v, the exported policy by %v\n%s\n%s",
					index, i, want.deniedBy, got.deniedBy, text, must(json.Marshal(requests[i])).or(t))
			}
			if got.denied {
				denied++
			} else if len(got.warnings) > 0 {
				warned++
			}
			if !got.denied && !wasDenied && !slices.Equal(want.warnings, got.warnings) {
				t.Fatalf("policy %d, request %d: mountguard warns by %v, the exported policy by %v\n%s\n%s",
					index, i, want.warnings, got.warnings, text, must(json.Marshal(requests[i])).or(t))
			}
		}
	}
	t.Logf("%d policies, %d requests compared: %d denied, %d warned of", policies, compared, denied, warned)
	if denied*20 < compared || warned == 0 || compared*2 < policies*perPolicy {
		t.Errorf("the comparison says little")
	}
}

// askWebhook sends the requests while mountguard is the namespace's webhook.
func askWebhook(t *testing.T, namespace, policy string, requests []randompolicy.Request) []verdict {
	t.Helper()
	server := harness.StartMountguard(t, harness.ServeOptions{Policy: policy})
	check(t, cluster.Register(t.Context(), namespace, server.URL+"/validate", server.CABundle))
	verdicts := askAll(t, requests)
	check(t, cluster.Unregister(t.Context(), namespace))
	check(t, cluster.WaitUnregistered(t.Context(), namespace))
	return verdicts
}

// installPolicies puts the policies in force for one namespace. Behind them comes one that refuses
// a labelled ConfigMap: an API server takes policies up in their order.
func installPolicies(t *testing.T, namespace string, policies []registrationv1.ValidatingAdmissionPolicy,
	bindings []registrationv1.ValidatingAdmissionPolicyBinding) (remove func()) {
	t.Helper()
	sentinel, sentinelBinding := harness.SentinelPolicy(fmt.Sprintf("sentinel-%s", bindings[0].Name))
	policies, bindings = append(policies, sentinel), append(bindings, sentinelBinding)
	client := cluster.Client.AdmissionregistrationV1()
	for _, policy := range policies {
		_, err := client.ValidatingAdmissionPolicies().Create(t.Context(), &policy, metav1.CreateOptions{})
		check(t, err)
	}
	for _, binding := range bindings {
		binding.Spec.MatchResources = &registrationv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{
			MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}}}
		_, err := client.ValidatingAdmissionPolicyBindings().Create(t.Context(), &binding, metav1.CreateOptions{})
		check(t, err)
	}
	check(t, cluster.WaitPolicyInForce(t.Context(), namespace, sentinel.Name))
	return func() {
		for _, binding := range bindings {
			check(t, client.ValidatingAdmissionPolicyBindings().Delete(t.Context(), binding.Name, metav1.DeleteOptions{}))
		}
		for _, policy := range policies {
			check(t, client.ValidatingAdmissionPolicies().Delete(t.Context(), policy.Name, metav1.DeleteOptions{}))
		}
	}
}
