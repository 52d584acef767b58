package randompolicy

import (
	"encoding/json"
	"fmt"
)

// Request is one that an API server could get. Its objects are valid but for what a generated name
// may collide with.
type Request struct {
	Namespace   string
	User        string
	Groups      []string
	DryRun      bool
	Operation   string // CREATE or UPDATE
	SubResource string // "" or ephemeralcontainers
	Object      map[string]any
	// OldObject is what was there before; of a CREATE nil.
	OldObject map[string]any
}

// kinds are the workloads, with the place of their pod template.
var kinds = []struct {
	apiVersion, kind string
	wrap             func(template object) object
}{
	{"v1", "PodTemplate", func(t object) object { return object{"template": t} }},
	{"v1", "ReplicationController", func(t object) object {
		return object{"spec": object{"selector": object{"sel": "x"}, "template": t}}
	}},
	{"apps/v1", "DaemonSet", selecting}, {"apps/v1", "Deployment", selecting}, {"apps/v1", "ReplicaSet", selecting},
	{"apps/v1", "StatefulSet", selecting}, {"batch/v1", "Job", job},
	{"batch/v1", "CronJob", func(t object) object {
		return object{"spec": object{"schedule": "* * * * *", "jobTemplate": job(t)}}
	}},
}

func selecting(template object) object {
	return object{"spec": object{"selector": object{"matchLabels": object{"sel": "x"}}, "template": template}}
}

func job(template object) object {
	template["spec"].(object)["restartPolicy"] = "Never"
	return object{"spec": object{"template": template}}
}

// NewRequest gives one of any operation.
func NewRequest(seed, index uint64) Request {
	g := newGenerator(seed, index)
	r := Request{Namespace: pick(g, Namespaces), User: pick(g, Users), Groups: pick(g, Groups), DryRun: g.chance(0.3), Operation: "CREATE"}
	if g.chance(0.5) {
		r.Object = g.pod()
	} else {
		r.Object = g.workload()
	}
	r.Object["metadata"].(object)["namespace"] = r.Namespace
	isPod := r.Object["kind"] == "Pod"
	switch {
	case isPod && g.chance(0.25):
		r.Operation, r.SubResource = "UPDATE", "ephemeralcontainers"
		spec := r.Object["spec"].(object)
		spec["ephemeralContainers"] = g.ephemeralContainers(0, 1)
		r.OldObject = deepCopy(r.Object)
		spec["ephemeralContainers"] = append(spec["ephemeralContainers"].(list), g.ephemeralContainers(1, 2)...)
	case g.chance(0.3):
		r.Operation = "UPDATE"
		r.OldObject = deepCopy(r.Object)
		g.change(r.OldObject)
	}
	return r
}

// change alters what an update alters: nothing that matters, the labels, an image, the mounts.
func (g generator) change(workload object) {
	metadata := workload["metadata"].(object)
	template := templateOf(workload)
	switch g.IntN(5) {
	case 0:
		metadata["finalizers"] = list{"example.com/x"}
	case 1:
		of, isObject := template["metadata"].(object)["labels"].(object)
		if isObject {
			of[pick(g, labelKeys)] = pick(g, labelValues)
		}
	case 2:
		template["metadata"].(object)["annotations"] = object{pick(g, labelKeys): pick(g, labelValues)}
	case 3:
		template["spec"].(object)["containers"].(list)[0].(object)["image"] = pick(g, images)
	case 4:
		template["spec"].(object)["hostPID"] = g.flag()
	}
}

func templateOf(workload object) object {
	switch workload["kind"] {
	case "Pod":
		return workload
	case "PodTemplate":
		return workload["template"].(object)
	case "CronJob":
		return workload["spec"].(object)["jobTemplate"].(object)["spec"].(object)["template"].(object)
	default:
		return workload["spec"].(object)["template"].(object)
	}
}

func deepCopy(of object) object {
	text, err := json.Marshal(of)
	if err != nil {
		panic(err)
	}
	var copied object
	if err := json.Unmarshal(text, &copied); err != nil {
		panic(err)
	}
	return copied
}

func (g generator) metadata() object {
	metadata := object{"labels": object{"sel": "x"}}
	for range g.IntN(3) {
		metadata["labels"].(object)[pick(g, labelKeys)] = pick(g, labelValues)
	}
	if g.chance(0.3) {
		metadata["annotations"] = object{pick(g, labelKeys): pick(g, labelValues)}
	}
	return metadata
}

func (g generator) pod() object {
	pod := object{"apiVersion": "v1", "kind": "Pod", "metadata": g.metadata(), "spec": g.podSpec()}
	metadata := pod["metadata"].(object)
	metadata["name"] = pick(g, names)
	if g.chance(0.05) {
		metadata["annotations"] = object{"kubernetes.io/config.mirror": "hash"}
		pod["spec"].(object)["nodeName"] = "n1"
	}
	return pod
}

func (g generator) workload() object {
	kind := pick(g, kinds)
	workload := kind.wrap(object{"metadata": g.metadata(), "spec": g.podSpec()})
	workload["apiVersion"], workload["kind"] = kind.apiVersion, kind.kind
	workload["metadata"] = object{"name": pick(g, names)}
	if kind.kind == "StatefulSet" && g.chance(0.7) {
		spec := workload["spec"].(object)
		spec["serviceName"] = "s"
		spec["volumeClaimTemplates"] = list{object{"metadata": object{"name": pick(g, volumeNames)},
			"spec": object{"accessModes": list{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": "1Gi"}}}}}
	}
	return workload
}

func (g generator) podSpec() object {
	spec := object{"volumes": g.volumes(), "containers": g.containers("", 1, 3)}
	if g.chance(0.4) {
		inits := g.containers("i-", 1, 2)
		for _, c := range inits {
			if g.chance(0.5) {
				c.(object)["restartPolicy"] = "Always"
			}
		}
		spec["initContainers"] = inits
	}
	set := func(name string, p float64, value any) {
		if g.chance(p) {
			spec[name] = value
		}
	}
	set("serviceAccountName", 0.5, pick(g, serviceAccounts))
	if spec["serviceAccountName"] == nil {
		set("serviceAccount", 0.2, pick(g, serviceAccounts))
	}
	set("runtimeClassName", 0.3, pick(g, runtimeClasses))
	set("hostPID", 0.3, g.flag())
	set("hostNetwork", 0.3, g.flag())
	set("os", 0.1, object{"name": "linux"})
	set("nodeSelector", 0.1, object{"kubernetes.io/os": pick(g, []string{"windows", "linux"})})
	set("affinity", 0.2, g.affinity())
	return spec
}

func (g generator) affinity() object {
	var terms list
	for range 1 + g.IntN(2) {
		values := list{"windows"}
		if g.chance(0.3) {
			values = append(values, "linux")
		}
		terms = append(terms, object{"matchExpressions": list{object{"key": pick(g, []string{"kubernetes.io/os", "kubernetes.io/os", "disk"}), "operator": "In", "values": values}}})
	}
	return object{"nodeAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": object{"nodeSelectorTerms": terms}}}
}

func (g generator) volumes() list {
	var all list
	for _, name := range volumeNames {
		volume := object{"name": name}
		switch g.IntN(8) {
		case 0:
			volume["emptyDir"] = object{}
		case 1:
			volume["configMap"] = object{"name": "c"}
		case 2:
			volume["csi"] = object{"driver": pick(g, drivers)}
		case 3:
			volume["persistentVolumeClaim"] = object{"claimName": "c"}
		case 4: // defaulted
		default:
			volume["hostPath"] = object{"path": pick(g, hostPaths)}
		}
		all = append(all, volume)
	}
	return all
}

func (g generator) containers(prefix string, least, most int) list {
	var all list
	for i := range least + g.IntN(most-least+1) {
		all = append(all, g.container(prefix+containerNames[i], false))
	}
	return all
}

func (g generator) ephemeralContainers(least, most int) list {
	all := list{}
	for range least + g.IntN(most-least+1) {
		c := g.container(fmt.Sprintf("e-%d", g.IntN(1_000_000)), true)
		all = append(all, c)
	}
	return all
}

func (g generator) container(name string, ephemeral bool) object {
	container := object{"name": name, "image": pick(g, images)}
	security := object{}
	if g.chance(0.6) {
		security["privileged"] = g.flag()
	}
	if g.chance(0.3) {
		security["capabilities"] = object{"add": g.some(capabilities)}
	}
	if len(security) > 0 || g.chance(0.2) {
		container["securityContext"] = security
	}
	var mounts list
	used := map[string]bool{}
	for range g.IntN(4) {
		mount := g.mount(security["privileged"] == true, ephemeral)
		if path := mount["mountPath"].(string); !used[path] {
			used[path] = true
			mounts = append(mounts, mount)
		}
	}
	if mounts != nil {
		container["volumeMounts"] = mounts
	}
	return container
}

func (g generator) mount(privileged, ephemeral bool) object {
	mount := object{"name": pick(g, volumeNames), "mountPath": pick(g, mountPaths)}
	modes := []string{"None", "HostToContainer"}
	if privileged {
		modes = append(modes, "Bidirectional", "Bidirectional")
	}
	if g.chance(0.6) {
		mount["mountPropagation"] = pick(g, modes)
	}
	if g.chance(0.4) {
		mount["readOnly"] = g.flag()
	}
	private := mount["mountPropagation"] == nil || mount["mountPropagation"] == "None"
	if mount["readOnly"] == true && private && g.chance(0.4) {
		mount["recursiveReadOnly"] = pick(g, []string{"Disabled", "IfPossible", "Enabled"})
	}
	if !ephemeral {
		switch g.IntN(6) {
		case 0:
			mount["subPath"] = pick(g, subPaths)
		case 1:
			mount["subPathExpr"] = "$(NODE)"
		}
	}
	return mount
}
