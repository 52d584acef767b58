package randompod

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func labels() object { return object{"app": "x"} }

// kinds gives every kind of workload, with every version that Kubernetes decodes.
var kinds = []struct {
	apiVersion, kind string
	spec             func(g *generator) object
}{
	{"v1", "Pod", nil},
	{"v1", "PodTemplate", nil},
	{"v1", "ReplicationController", (*generator).controllerSpec},
	{"apps/v1", "ReplicaSet", (*generator).selectingSpec},
	{"apps/v1beta2", "ReplicaSet", (*generator).selectingSpec},
	{"extensions/v1beta1", "ReplicaSet", (*generator).selectingSpec},
	{"apps/v1", "Deployment", (*generator).selectingSpec},
	{"apps/v1beta1", "Deployment", (*generator).selectingSpec},
	{"apps/v1beta2", "Deployment", (*generator).selectingSpec},
	{"extensions/v1beta1", "Deployment", (*generator).selectingSpec},
	{"apps/v1", "DaemonSet", (*generator).selectingSpec},
	{"apps/v1beta2", "DaemonSet", (*generator).selectingSpec},
	{"extensions/v1beta1", "DaemonSet", (*generator).selectingSpec},
	{"apps/v1", "StatefulSet", (*generator).statefulSetSpec},
	{"apps/v1beta1", "StatefulSet", (*generator).statefulSetSpec},
	{"apps/v1beta2", "StatefulSet", (*generator).statefulSetSpec},
	{"batch/v1", "Job", (*generator).jobSpec},
	{"batch/v1", "CronJob", (*generator).cronJobSpec},
	{"batch/v1beta1", "CronJob", (*generator).cronJobSpec},
}

func (g *generator) workload() object {
	kind := kinds[0]
	if g.chance(0.6) {
		kind = pick(g, kinds[1:])
	}
	workload := object{"apiVersion": kind.apiVersion, "kind": kind.kind, "metadata": g.metadata()}
	switch {
	case kind.kind == "Pod":
		workload["spec"] = g.podSpec(g.chance(0.2))
	case kind.kind == "PodTemplate":
		workload["template"] = g.template()
	default:
		workload["spec"] = kind.spec(g)
	}
	return workload
}

func (g *generator) metadata() object {
	switch g.IntN(20) {
	case 0:
		return object{}
	case 1:
		return object{"generateName": "p-"}
	case 2:
		return object{"name": "p." + strings.Repeat("a", 245)}
	case 3:
		return object{"name": g.odd()}
	case 4:
		return object{"name": "p", "namespace": "n", "labels": labels(), "annotations": nil, "creationTimestamp": nil}
	default:
		return object{"name": "p", "namespace": "default"}
	}
}

func (g *generator) template() any {
	template := object{"metadata": object{"labels": labels()}, "spec": g.podSpec(false)}
	if g.broken() {
		delete(template, pick(g, []string{"metadata", "spec"}))
	}
	return template
}

func (g *generator) controllerSpec() object {
	spec := object{"selector": labels(), "template": g.template()}
	if g.broken() {
		delete(spec, pick(g, []string{"selector", "template"}))
	}
	if g.broken() {
		spec["template"] = nil
	}
	return spec
}

func (g *generator) selectingSpec() object {
	spec := object{"selector": object{"matchLabels": labels()}, "template": g.template()}
	if g.broken() {
		delete(spec, "selector")
	}
	return spec
}

func (g *generator) statefulSetSpec() object {
	spec := g.selectingSpec()
	spec["serviceName"] = "s"
	if g.chance(0.7) {
		spec["volumeClaimTemplates"] = g.several(0, 3, func(int) any { return g.claimTemplate() })
	}
	if g.broken() {
		spec["volumeClaimTemplates"] = nil
	}
	return spec
}

// claimTemplate shares its names with the volumes of the pods: it may override one or add one.
func (g *generator) claimTemplate() any {
	claim := object{"metadata": object{"name": g.or(fmt.Sprintf("v%d", g.IntN(5)), g.oddOrNull)}}
	if g.chance(0.8) {
		claim["spec"] = object{"accessModes": list{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": "1Gi"}}}
	}
	if g.broken() {
		delete(claim, "metadata")
	}
	return claim
}

func (g *generator) jobSpec() object {
	template := g.template()
	if fields, isObject := template.(object)["spec"].(object); isObject {
		fields["restartPolicy"] = "Never"
	}
	return object{"template": template}
}

func (g *generator) cronJobSpec() object {
	spec := object{"schedule": "* * * * *", "jobTemplate": object{"spec": g.jobSpec()}}
	if g.broken() && g.chance(0.3) {
		spec["jobTemplate"] = object{}
	}
	return spec
}

func sortedKeys(of object) []string { return slices.Sorted(maps.Keys(of)) }
