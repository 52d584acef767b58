// Package randompod makes random pods and workloads to compare validators with. The same seed and
// index give the same object for ever.
//
// Most objects are valid but for a few broken places, because errors hide each other: a volume that
// is missing hides what is wrong with its devices. Some are wholly valid, some wholly random. Label
// selectors are always valid: with a selector that it cannot read, the API server does not look at
// the template at all.
package randompod

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

type (
	object = map[string]any
	list   = []any
)

// Object gives a workload of any kind that Kubernetes decodes.
func Object(seed, index uint64) map[string]any {
	return newGenerator(seed, index).workload()
}

// Undecodable gives a workload in which one to three fields have a type that is not theirs. Some
// fields take every type, so it may still decode.
func Undecodable(seed, index uint64) map[string]any {
	g := newGenerator(seed, index)
	g.trouble = 0.01
	workload := g.workload()
	for range 1 + g.IntN(3) {
		g.mistype(workload)
	}
	return workload
}

// Volume is one sample of the table of volume sources.
type Volume struct {
	Field string
	Text  string // the source, as JSON
	Good  bool   // the API server accepts it in a Pod
}

// Volumes lists the table of volume sources.
func Volumes() []Volume {
	var all []Volume
	for _, s := range sources {
		for _, text := range s.good {
			all = append(all, Volume{Field: s.field, Text: text, Good: true})
		}
		for _, text := range s.bad {
			all = append(all, Volume{Field: s.field, Text: text})
		}
	}
	return all
}

type generator struct {
	*rand.Rand
	trouble float64 // the chance that one place is broken
}

func newGenerator(seed, index uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, index))}
	switch n := g.IntN(10); {
	case n == 0:
		g.trouble = 0
	case n < 8:
		g.trouble = 0.04
	default:
		g.trouble = 0.35
	}
	return g
}

func (g *generator) chance(p float64) bool { return g.Float64() < p }
func (g *generator) broken() bool          { return g.chance(g.trouble) }

func pick[T any](g *generator, of []T) T { return of[g.IntN(len(of))] }

// or gives `good`, or in its place something broken.
func (g *generator) or(good any, bad func() any) any {
	if g.broken() {
		return bad()
	}
	return good
}

func (g *generator) odd() any { return pick(g, odd) }

// oddOrNull is for fields whose null means "unset".
func (g *generator) oddOrNull() any {
	if g.chance(0.2) {
		return nil
	}
	return g.odd()
}

// maybe sets a field in half of the cases, and to something odd when trouble strikes.
func (g *generator) maybe(in object, field string, good ...any) {
	switch {
	case g.broken():
		in[field] = g.oddOrNull()
	case g.chance(0.3):
		in[field] = pick(g, good)
	}
}

// several gives up to `most` elements, with null elements when trouble strikes.
func (g *generator) several(least, most int, element func(i int) any) list {
	all := list{}
	for i := range least + g.IntN(most-least+1) {
		all = append(all, g.or(element(i), func() any { return nil }))
	}
	return all
}

func (g *generator) volumes() list {
	return g.several(0, 5, func(i int) any { return g.volume(i) })
}

func (g *generator) volume(i int) any {
	volume := object{}
	name := g.or(fmt.Sprintf("v%d", i), func() any {
		if g.chance(0.5) {
			return fmt.Sprintf("v%d", g.IntN(4))
		}
		return g.oddOrNull()
	})
	if !g.broken() {
		volume["name"] = name
	}
	if g.broken() && g.chance(0.3) {
		return volume
	}
	g.addSource(volume)
	if g.broken() {
		g.addSource(volume)
	}
	return volume
}

func (g *generator) addSource(volume object) {
	s := pick(g, sources)
	if g.chance(0.25) {
		// The only ones that volumeDevices may use.
		for s.field != "persistentVolumeClaim" && s.field != "ephemeral" {
			s = pick(g, sources)
		}
	}
	text := pick(g, s.good)
	// One broken volume hides one mount only: break them more often than the rest.
	if g.broken() || g.broken() || g.broken() {
		text = pick(g, s.bad)
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		panic(fmt.Sprintf("%s %s: %v", s.field, text, err))
	}
	if g.broken() && g.chance(0.3) {
		g.dropOrEmpty(value)
	}
	volume[s.field] = g.or(value, func() any {
		if g.chance(0.8) {
			return value
		}
		return nil
	})
}

// dropOrEmpty takes a field away from an object, or sets it to its zero value.
func (g *generator) dropOrEmpty(value any) {
	fields, isObject := value.(object)
	if !isObject || len(fields) == 0 {
		return
	}
	key := pick(g, sortedKeys(fields))
	if _, isString := fields[key].(string); isString && g.chance(0.5) && key != "sizeLimit" {
		fields[key] = ""
		return
	}
	if g.chance(0.5) {
		fields[key] = nil
	} else {
		delete(fields, key)
	}
}

func (g *generator) mount(i, volumes int) any {
	mount := object{}
	if !g.broken() {
		mount["name"] = g.or(fmt.Sprintf("v%d", g.IntN(max(volumes, 1))), g.oddOrNull)
	}
	if !g.broken() {
		mount["mountPath"] = g.or(fmt.Sprintf("/m%d", i), func() any {
			switch g.IntN(4) {
			case 0:
				return fmt.Sprintf("/m%d", g.IntN(4))
			case 1:
				return fmt.Sprintf("/m%d/", g.IntN(4))
			case 2:
				return fmt.Sprintf("/d%d", g.IntN(4))
			default:
				return g.oddOrNull()
			}
		})
	}
	g.maybe(mount, "subPath", "a", "a/b", "", "..a/b", "a..", ".")
	if _, set := mount["subPath"]; !set || g.broken() {
		g.maybe(mount, "subPathExpr", "$(POD)", "a/$(X)", "", `a\..\b`)
	}
	if g.chance(0.5) {
		mount["mountPropagation"] = g.or(pick(g, list{"None", "HostToContainer", "Bidirectional"}), g.oddOrNull)
	}
	if g.chance(0.3) {
		mount["readOnly"] = pick(g, list{true, false, nil})
	}
	if g.chance(0.25) {
		mount["recursiveReadOnly"] = g.or(pick(g, list{"Disabled", "Enabled", "IfPossible"}), g.oddOrNull)
	}
	return mount
}

func (g *generator) device(i, volumes int) any {
	device := object{}
	if !g.broken() {
		device["name"] = g.or(fmt.Sprintf("v%d", g.IntN(max(volumes, 1))), g.oddOrNull)
	}
	if !g.broken() {
		device["devicePath"] = g.or(fmt.Sprintf("/d%d", i), func() any {
			switch g.IntN(3) {
			case 0:
				return fmt.Sprintf("/d%d", g.IntN(3))
			case 1:
				return fmt.Sprintf("/m%d", g.IntN(3))
			default:
				return g.oddOrNull()
			}
		})
	}
	return device
}

func (g *generator) container(kind string, i, volumes int) any {
	container := object{"name": fmt.Sprintf("%s%d", kind[:1], i), "image": "i"}
	if g.broken() {
		delete(container, pick(g, []string{"name", "image"}))
	}
	if g.chance(0.9) {
		container["volumeMounts"] = g.or(g.several(0, 4, func(i int) any { return g.mount(i, volumes) }),
			func() any { return nil })
	}
	if g.chance(0.25) {
		container["volumeDevices"] = g.or(g.several(0, 3, func(i int) any { return g.device(i, volumes) }),
			func() any { return nil })
	}
	if g.chance(0.6) {
		container["securityContext"] = g.securityContext()
	}
	if kind == "initContainer" && g.chance(0.3) {
		container["restartPolicy"] = g.or("Always", g.odd)
	}
	if kind == "ephemeralContainer" {
		container["targetContainerName"] = "c0"
	}
	return container
}

func (g *generator) securityContext() any {
	switch g.IntN(8) {
	case 0:
		return nil
	case 1:
		return object{}
	case 2:
		return object{"privileged": nil}
	case 3:
		return object{"privileged": false}
	case 4:
		return object{"privileged": true, "allowPrivilegeEscalation": false}
	default:
		return object{"privileged": true}
	}
}

// podSpec gives a pod's spec; volumes named v0 to v4 may be mounted whether it has them or not.
func (g *generator) podSpec(ephemeral bool) any {
	spec := object{}
	volumes := g.volumes()
	count := len(volumes)
	if count > 0 || g.chance(0.5) {
		spec["volumes"] = volumes
	}
	if g.broken() && g.chance(0.3) {
		spec["volumes"] = nil
	}
	// More names than volumes now and then: mounts of volumes that are not there.
	if g.broken() {
		count++
	}
	containers := func(kind string, least, most int) any {
		return g.several(least, most, func(i int) any { return g.container(kind, i, count) })
	}
	spec["containers"] = containers("container", 1, 3)
	if g.chance(0.3) {
		spec["initContainers"] = containers("initContainer", 0, 2)
	}
	if ephemeral || g.broken() {
		spec["ephemeralContainers"] = containers("ephemeralContainer", 0, 2)
	}
	if g.chance(0.15) {
		spec["os"] = g.or(object{"name": pick(g, []string{"linux", "windows"})}, func() any { return object{"name": g.odd()} })
	}
	if g.chance(0.1) {
		spec["nodeSelector"] = object{"kubernetes.io/os": "windows"}
	}
	if g.chance(0.1) {
		spec["hostUsers"] = pick(g, list{true, false, nil})
	}
	if g.chance(0.2) {
		spec["securityContext"] = pick(g, list{nil, object{}, object{"runAsUser": 0}})
	}
	return spec
}
