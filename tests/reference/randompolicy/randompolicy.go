// Package randompolicy makes random MountPolicies, and requests for objects that such policies can
// tell apart: both draw their names, images, paths and labels from the same few, so that rules hold
// and do not hold about equally often. The same seed and index give the same for ever.
//
// It needs nothing but Go's own library, so that the end-to-end tests use it too.
package randompolicy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

type (
	object = map[string]any
	list   = []any
)

// Namespaces are those that the requests are about; policies name them.
var Namespaces = []string{"tenant-a", "tenant-b", "csi-one", "run"}

// Users make the requests; every group list is one of Groups.
var (
	Users  = []string{"alice", "system:serviceaccount:csi-one:driver", "system:node:n1"}
	Groups = [][]string{{"dev:a"}, {"dev:b", "ops"}, {"system:nodes"}}
)

var (
	names           = []string{"agent", "agent-1", "plain", "web.x"}
	serviceAccounts = []string{"driver", "run", "a.b", "default"}
	runtimeClasses  = []string{"kata", "runc"}
	priorityClasses = []string{"system-node-critical"}
	containerNames  = []string{"main", "side", "main-2"}
	volumeNames     = []string{"data", "host", "host-2", "etc"}
	capabilities    = []string{"SYS_ADMIN", "CAP_SYS_ADMIN", "sys_admin", "ALL", "NET_ADMIN", "cap_all", "CAP_CAP_X"}
	labelKeys       = []string{"app", "tier", "example.com/team"}
	labelValues     = []string{"x", "y", "storage"}
	drivers         = []string{"csi.example.com", "nfs.csi.k8s.io"}
	images          = []string{
		"nginx", "nginx:1.25", "docker.io/nginx", "index.docker.io/library/nginx:latest", "rook/ceph:v1", "library/nginx",
		"registry.k8s.io/sig-storage/csi:v1", "quay.io/cephcsi/cephcsi", "quay.io/cephcsi/deep/er:v2", "localhost/pause",
		"localhost:5000/pause:3", "Reg/pause", "nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"quay.io/a/b:v1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "tenant-a/app", "a//b", "x:y:z", "**/x",
	}
	imagePatterns = []string{
		"nginx", "nginx:1.25", "nginx:1.*", "registry.k8s.io/sig-storage/*", "quay.io/cephcsi/*", "quay.io/cephcsi/**", "**/pause", "**/pause:3",
		"docker.io/rook/ceph", "quay.io/a/b:v1", "nginx@sha256:0*", "{namespace}/app", "*", "localhost/*", "**", "quay.io/?/b", "!nginx", "!quay.io/**:v1", "!**/pause",
	}
	hostPaths = []string{
		"/", "/var/lib/kubelet", "/var/lib/kubelet/", "/var/lib/kubelet/pods", "/var/lib/kubelet2", "/var//lib/./kubelet/plugins", "/var/run/netns", "/run/netns",
		"/var/run", "/run", "/proc/1/root", "/proc/1/root/etc", "/proc/1/task/2/cwd", "/proc/root", "/proc", "/srv/tenant-a", "/srv/tenant-a/x", "/srv/tenant-b", "/srv/driver", "/srv", "/etc", "etc", "/proc/1/fd/3",
	}
	mountPaths   = []string{"/data", "/data/", "/host//x", "/host/x/../y", "/a/b/../../c", "/..", "/../etc", "/var/run/x", "/var/x/../run", "/host", "/run", "rel/x", "../rel", "./rel", "/a/./b", "/a/b/../c/../../d"}
	subPaths     = []string{"", "pods", "a/b", "./x", "lib/kubelet", "tenant-a", "run/netns", "root"}
	policyPaths  = []string{"/", "/var/lib/kubelet", "/var/run/netns", "/run", "/var", "/srv", "/srv/{namespace}", "/srv/{serviceAccount}", "/var/{namespace}", "/etc", "/proc", "/data", "/host", "/host/y", "/c", "/a/c", "/d"}
	namePatterns = []string{"agent*", "plain", "?gent", "*.x", "**"}
)

type generator struct {
	*rand.Rand
	matching []field // what a match is made of
}

func newGenerator(seed, index uint64) generator {
	return generator{rand.New(rand.NewPCG(seed, index)), fields}
}

func (g generator) chance(p float64) bool { return g.Float64() < p }

func pick[T any](g generator, of []T) T { return of[g.IntN(len(of))] }

func (g generator) some(of []string) list {
	chosen := list{}
	for range 1 + g.IntN(2) {
		chosen = append(chosen, pick(g, of))
	}
	return chosen
}

// patterns gives plain and negated ones, literal and with wildcards.
func (g generator) patterns(values []string, more ...string) list {
	var all list
	for range 1 + g.IntN(2) {
		pattern := pick(g, append(append([]string{}, values...), more...))
		switch g.IntN(6) {
		case 0:
			pattern = pattern[:1] + "*"
		case 1:
			pattern = "**" + pattern[len(pattern)-1:]
		case 2:
			pattern = "?" + pattern[1:]
		}
		if g.chance(0.25) {
			pattern = "!" + pattern
		}
		all = append(all, pattern)
	}
	return all
}

func (g generator) selector() object {
	if g.chance(0.4) {
		return object{"matchLabels": object{pick(g, labelKeys): pick(g, labelValues)}}
	}
	switch g.IntN(4) {
	case 0:
		return object{"matchExpressions": list{object{"key": pick(g, labelKeys), "operator": "In", "values": g.some(labelValues)}}}
	case 1:
		return object{"matchExpressions": list{object{"key": pick(g, labelKeys), "operator": "NotIn", "values": g.some(labelValues)}}}
	case 2:
		return object{"matchExpressions": list{object{"key": pick(g, labelKeys), "operator": "Exists"}}}
	default:
		return object{"matchExpressions": list{object{"key": pick(g, labelKeys), "operator": "DoesNotExist"}}}
	}
}

func (g generator) path() object {
	path := object{}
	for len(path) == 0 || g.chance(0.2) {
		path[pick(g, []string{"is", "under", "covers"})] = g.some(policyPaths)
	}
	return path
}

func (g generator) flag() any { return g.chance(0.5) }

// field is a field of a block with a way to make a value.
type field struct {
	name  string
	value func(g generator) any
}

func words(of ...string) func(g generator) any { return func(g generator) any { return g.some(of) } }

func patterns(values []string, more ...string) func(g generator) any {
	return func(g generator) any { return g.patterns(values, more...) }
}

// fields are all that a block can have: a test counts them.
var fields = []field{
	{"operations", words("CREATE", "UPDATE")},
	{"users", patterns(Users, "system:serviceaccount:{namespace}:*")},
	{"groups", patterns([]string{"dev:a", "dev:b", "ops", "system:nodes"}, "dev:*")},
	{"namespaces", patterns(Namespaces, "tenant-*")},
	{"dryRun", generator.flag},
	{"kinds", words("Pod", "Pod.core", "DaemonSet", "Deployment.apps", "Job.batch", "StatefulSet", "CronJob", "Job.other.io")},
	{"names", patterns(names, namePatterns...)},
	{"labels", func(g generator) any { return g.selector() }},
	{"annotations", func(g generator) any { return g.selector() }},
	{"os", words("linux", "windows")},
	{"serviceAccounts", patterns(serviceAccounts, "{namespace}")},
	{"runtimeClasses", patterns(runtimeClasses)},
	{"priorityClasses", patterns(priorityClasses)},
	{"hostPID", generator.flag},
	{"hostNetwork", generator.flag},
	{"hostUsers", generator.flag},
	{"containers", patterns(containerNames)},
	{"containerTypes", words("container", "initContainer", "sidecar", "ephemeralContainer")},
	{"images", func(g generator) any { return g.some(imagePatterns) }},
	{"privileged", generator.flag},
	{"capabilities", words("SYS_ADMIN", "CAP_NET_ADMIN", "ALL", "CAP_SYS_PTRACE")},
	{"mountPropagation", words("None", "HostToContainer", "Bidirectional", "Unset")},
	{"readOnly", generator.flag},
	{"recursiveReadOnly", words("Disabled", "IfPossible", "Enabled")},
	{"subPath", generator.flag},
	{"mountPath", func(g generator) any { return g.path() }},
	{"volumeTypes", words("hostPath", "emptyDir", "configMap", "csi", "persistentVolumeClaim", "nfs")},
	{"volumes", patterns(volumeNames)},
	{"hostPath", func(g generator) any { return g.path() }},
	{"csiDrivers", patterns(drivers)},
}

// Fields lists the fields of blocks that policies are made of.
func Fields() []string {
	var all []string
	for _, f := range fields {
		all = append(all, f.name)
	}
	return all
}

func (g generator) block(of []field, most int) object {
	block := object{}
	for range 1 + g.IntN(most) {
		f := pick(g, of)
		block[f.name] = f.value(g)
	}
	return block
}

// blocks gives one or two of up to two fields each.
func (g generator) blocks(of []field) list {
	var all list
	for range 1 + g.IntN(2) {
		all = append(all, g.block(of, 2))
	}
	return all
}

var messages = []string{
	"", "{container} {image}: {volume} at {mountPath} ({hostPath}) is {mountPropagation}, {cri}", `it's "{name}" of {namespace}, a {kind}, by {user} [{rule}] \ {`,
}

func (g generator) rule(name string) object {
	rule := object{"name": name, "match": g.blocks(g.matching)}
	if g.chance(0.3) {
		rule["exclude"] = g.blocks(fields)
	}
	if g.chance(0.5) {
		rule["require"] = g.blocks(fields)
	}
	if message := pick(g, messages); message != "" {
		rule["message"] = message
	} else if g.chance(0.5) {
		rule["description"] = "because it's so"
	}
	if actions := pick(g, []list{nil, {"Deny"}, {"Warn"}, {"Audit"}, {"Deny", "Audit"}, {"Warn", "Audit"}}); actions != nil {
		rule["validationActions"] = actions
	}
	return rule
}

// Policy gives the text of a policy file: JSON, which is YAML. Rules are called r0, r1, ...; the
// built-in ones are off. Some rules have exceptions: without an end, ended long ago, or ending in a
// year that is far away, as those do that CEL cannot say.
func Policy(seed, index uint64) []byte {
	g := newGenerator(seed, index)
	return g.policy(object{"kubernetesRules": "Off", "advice": object{"agent-mount-is-private": "Off"}}, 2+g.IntN(5))
}

// MountPolicy gives one whose rules match by what is plain to see of a mount, beside the built-in
// rules as they are by default.
func MountPolicy(seed, index uint64) []byte {
	g := newGenerator(seed, index)
	g.matching = nil
	for _, f := range fields {
		switch f.name {
		case "operations", "privileged", "mountPropagation", "readOnly", "recursiveReadOnly", "subPath", "volumeTypes", "hostPath", "csiDrivers":
			g.matching = append(g.matching, f)
		}
	}
	spec := object{}
	if g.chance(0.5) {
		spec["kubernetesRules"] = pick(g, []string{"Off", "Warn", "Audit"})
	}
	return g.policy(spec, 1+g.IntN(2))
}

func (g generator) policy(spec object, count int) []byte {
	var rules, exceptions list
	for i := range count {
		rules = append(rules, g.rule(fmt.Sprintf("r%d", i)))
	}
	for i := range g.IntN(3) {
		exception := object{"name": fmt.Sprintf("e%d", i), "reason": "because",
			"rules": list{fmt.Sprintf("r%d", g.IntN(len(rules)))}, "match": g.blocks(fields)}
		switch g.IntN(4) {
		case 0:
			exception["expires"] = "2020-01-02"
		case 1:
			exception["expires"] = "2999-01-02"
		}
		exceptions = append(exceptions, exception)
	}
	spec["rules"] = rules
	if exceptions != nil {
		spec["exceptions"] = exceptions
	}
	text, err := json.MarshalIndent(object{"apiVersion": "mountguard.io/v1", "kind": "MountPolicy",
		"metadata": object{"name": "random"}, "spec": spec}, "", " ")
	if err != nil {
		panic(err)
	}
	return text
}
