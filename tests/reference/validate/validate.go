// Package validate judges one object as kube-apiserver 1.36 does on create: it decodes the object
// (JSON names are case-sensitive, unknown fields are ignored), applies the API's defaults, converts
// it to the internal version, drops the fields whose feature gate is off, and validates it with the
// registry's own strategy for its kind. Every step is the API server's own code.
//
// Compared with mountguard are the errors whose path lies under the volumeMounts or volumeDevices of
// a container, an init container or an ephemeral container, text and order. Left out on purpose:
//
//   - `volumeDevices: Forbidden: when hostUsers is false`, which stems from validateHostUsers, a rule
//     about user namespaces and not about mounts. It is the one error whose path ends in
//     volumeDevices itself.
//   - Everything elsewhere in the object: a pod without a name or an image has the same mount errors
//     as one with both.
//
// A Pod that brings ephemeral containers is refused on create, but the API server still validates
// their mounts and says so in the same answer; those errors are compared too, so this is also what
// ValidatePodSpec says of the same pod. UpdateEphemeralContainers gives the errors of an update
// through the pods/ephemeralcontainers subresource, where the API server validates the whole new pod
// again.
package validate

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	api "k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/extensions/install"
	"k8s.io/kubernetes/pkg/capabilities"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/replicaset"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/podtemplate"
	"k8s.io/kubernetes/pkg/registry/core/replicationcontroller"
	"sigs.k8s.io/yaml"
)

func init() {
	// As `kube-apiserver --allow-privileged=true`, which every distribution sets.
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
}

// strategies holds what the API server runs on create, by group and kind.
var strategies = map[schema.GroupKind]rest.RESTCreateStrategy{
	{Kind: "Pod"}:                        pod.Strategy,
	{Kind: "PodTemplate"}:                podtemplate.Strategy,
	{Kind: "ReplicationController"}:      replicationcontroller.Strategy,
	{Group: "apps", Kind: "Deployment"}:  deployment.Strategy,
	{Group: "apps", Kind: "ReplicaSet"}:  replicaset.Strategy,
	{Group: "apps", Kind: "DaemonSet"}:   daemonset.Strategy,
	{Group: "apps", Kind: "StatefulSet"}: statefulset.Strategy,
	{Group: "batch", Kind: "Job"}:        job.Strategy,
	{Group: "batch", Kind: "CronJob"}:    cronjob.Strategy,
}

// Verdict is what the API server says of an object. At most one field is set.
type Verdict struct {
	// DecodeError is the decoder's own text, without "Pod in version "v1" cannot be handled as a Pod:".
	DecodeError string
	// Errors are the texts of the mount errors, in the API server's order.
	Errors []string
}

// YAML judges one object in YAML, converted to JSON as kubectl converts it.
func YAML(text []byte) (Verdict, error) {
	json, err := yaml.YAMLToJSON(text)
	if err != nil {
		return Verdict{}, err
	}
	return JSON(json)
}

// JSON judges one object in JSON. The error tells of an object that this package cannot judge: not
// JSON, or of a kind that is none of Kubernetes' own workloads.
func JSON(text []byte) (Verdict, error) {
	object, kind, err := decode(text)
	if err != nil {
		return Verdict{DecodeError: err.Error()}, nil
	}
	strategy, known := strategies[kind]
	if !known {
		return Verdict{}, fmt.Errorf("%s is none of Kubernetes' own workload kinds", kind)
	}
	if err := complete(object, strategy); err != nil {
		return Verdict{}, err
	}
	ctx := requestContext(kind)
	strategy.PrepareForCreate(ctx, object)
	return Verdict{Errors: mountErrors(strategy.Validate(ctx, object))}, nil
}

// UpdateEphemeralContainers judges an update of pods/ephemeralcontainers from one pod to another, both
// in JSON.
func UpdateEphemeralContainers(oldText, newText []byte) (Verdict, error) {
	oldObject, _, err := decode(oldText)
	if err != nil {
		return Verdict{}, fmt.Errorf("the old pod does not decode: %w", err)
	}
	newObject, kind, err := decode(newText)
	if err != nil {
		return Verdict{DecodeError: err.Error()}, nil
	}
	for _, object := range []runtime.Object{oldObject, newObject} {
		if _, isPod := object.(*api.Pod); !isPod {
			return Verdict{}, fmt.Errorf("%T is no pod", object)
		}
		if err := complete(object, pod.Strategy); err != nil {
			return Verdict{}, err
		}
	}
	ctx, strategy := requestContext(kind), pod.EphemeralContainersStrategy
	strategy.PrepareForUpdate(ctx, newObject, oldObject)
	return Verdict{Errors: mountErrors(strategy.ValidateUpdate(ctx, newObject, oldObject))}, nil
}

// serializer is the API server's JSON serializer, not strict: unknown and repeated fields pass.
var serializer = func() runtime.Serializer {
	media := legacyscheme.Codecs.SupportedMediaTypes()
	info, ok := runtime.SerializerInfoForMediaType(media, runtime.ContentTypeJSON)
	if !ok {
		panic("the legacy scheme has no JSON serializer")
	}
	return info.Serializer
}()

// decode gives the defaulted object in its internal version.
func decode(text []byte) (runtime.Object, schema.GroupKind, error) {
	decoder := legacyscheme.Codecs.DecoderToVersion(serializer, runtime.InternalGroupVersioner)
	object, _, err := decoder.Decode(text, nil, nil)
	if err != nil {
		return nil, schema.GroupKind{}, err
	}
	kinds, _, err := legacyscheme.Scheme.ObjectKinds(object)
	if err != nil {
		return nil, schema.GroupKind{}, err
	}
	return object, kinds[0].GroupKind(), nil
}

// complete fills in the metadata that the API server takes from the request or makes up.
func complete(object runtime.Object, strategy rest.RESTCreateStrategy) error {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	if accessor.GetNamespace() == "" {
		accessor.SetNamespace("default")
	}
	if accessor.GetName() == "" && accessor.GetGenerateName() != "" {
		accessor.SetName(strategy.GenerateName(accessor.GetGenerateName()))
	}
	rest.FillObjectMetaSystemFields(accessor)
	return nil
}

func requestContext(kind schema.GroupKind) context.Context {
	version := legacyscheme.Scheme.PrioritizedVersionsForGroup(kind.Group)[0]
	return genericapirequest.WithRequestInfo(
		genericapirequest.WithNamespace(context.Background(), "default"),
		&genericapirequest.RequestInfo{APIGroup: version.Group, APIVersion: version.Version})
}

var mountField = regexp.MustCompile(
	`(^|\.)(containers|initContainers|ephemeralContainers)\[\d+\]\.(volumeMounts|volumeDevices)(\.|\[)`)

func mountErrors(all field.ErrorList) []string {
	var texts []string
	for _, err := range all {
		if mountField.MatchString(err.Field) {
			texts = append(texts, err.Error())
		}
	}
	return texts
}

// VolumeSourceFields lists the JSON names of the volume sources that pods can have.
func VolumeSourceFields() []string {
	source := reflect.TypeFor[v1.VolumeSource]()
	fields := make([]string, source.NumField())
	for i := range fields {
		fields[i], _, _ = strings.Cut(source.Field(i).Tag.Get("json"), ",")
	}
	return fields
}
