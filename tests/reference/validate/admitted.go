package validate

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// Admitted gives an object as admission sees it: decoded, defaulted, as its strategy stores it, in
// version v1. The error tells why the API server would refuse it before. That a pod must not be
// created with ephemeral containers does not count: it may have got them since.
func Admitted(text []byte) (runtime.Object, error) {
	object, kind, err := decode(text)
	if err != nil {
		return nil, err
	}
	strategy, known := strategies[kind]
	if !known {
		return nil, fmt.Errorf("%s is none of Kubernetes' own workload kinds", kind)
	}
	if err := complete(object, strategy); err != nil {
		return nil, err
	}
	ctx := requestContext(kind)
	strategy.PrepareForCreate(ctx, object)
	var errors field.ErrorList
	for _, err := range strategy.Validate(ctx, object) {
		if err.Type != field.ErrorTypeForbidden || err.Field != "spec.ephemeralContainers" {
			errors = append(errors, err)
		}
	}
	if len(errors) > 0 {
		return nil, errors.ToAggregate()
	}
	return versioned(object, kind)
}

// Decoded gives an object as the API server decodes and defaults it, in version v1, whether it is
// valid or not.
func Decoded(text []byte) (runtime.Object, error) {
	object, kind, err := decode(text)
	if err != nil {
		return nil, err
	}
	if strategy, known := strategies[kind]; known {
		if err := complete(object, strategy); err != nil {
			return nil, err
		}
	}
	return versioned(object, kind)
}

func versioned(object runtime.Object, kind schema.GroupKind) (runtime.Object, error) {
	version := legacyscheme.Scheme.PrioritizedVersionsForGroup(kind.Group)[0]
	return legacyscheme.Scheme.ConvertToVersion(object, version)
}
