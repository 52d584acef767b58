// Package celexport holds what `mountguard policy export` writes against mountguard itself: the
// exported expressions are compiled, checked and evaluated by the API server's own code.
package celexport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	"k8s.io/kubernetes/pkg/apis/admissionregistration/validation"

	"mountguard.io/tests/reference/randompolicy"
	"mountguard.io/tests/reference/validate"
)

// Policy is one exported policy with the actions of its binding, ready to be asked.
type Policy struct {
	Name      string
	Actions   []registrationv1.ValidationAction
	Rules     []string // of each validation
	validator validating.Validator
}

var environments = environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())

// Read takes what `mountguard policy export -o json` printed. The error tells what the API server's
// own validation has against it, and that is also every expression that does not compile.
func Read(text []byte) ([]*Policy, error) {
	var items struct{ Items []json.RawMessage }
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, err
	}
	var policies []*Policy
	for i := 0; i+1 < len(items.Items); i += 2 {
		var policy registrationv1.ValidatingAdmissionPolicy
		var binding registrationv1.ValidatingAdmissionPolicyBinding
		if err := errors.Join(json.Unmarshal(items.Items[i], &policy), json.Unmarshal(items.Items[i+1], &binding)); err != nil {
			return nil, err
		}
		if binding.Spec.PolicyName != policy.Name {
			return nil, fmt.Errorf("binding %s is for policy %s, not %s", binding.Name, binding.Spec.PolicyName, policy.Name)
		}
		if err := errors.Join(check(&policy), check(&binding)); err != nil {
			return nil, err
		}
		compiled, err := compile(&policy)
		if err != nil {
			return nil, err
		}
		compiled.Actions = binding.Spec.ValidationActions
		policies = append(policies, compiled)
	}
	return policies, nil
}

// check validates an object as the API server does on create.
func check(object runtime.Object) error {
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, schema.GroupVersion{Group: "admissionregistration.k8s.io", Version: runtime.APIVersionInternal})
	if err != nil {
		return err
	}
	switch object := internal.(type) {
	case *admissionregistration.ValidatingAdmissionPolicy:
		return validation.ValidateValidatingAdmissionPolicy(object).ToAggregate()
	case *admissionregistration.ValidatingAdmissionPolicyBinding:
		return validation.ValidateValidatingAdmissionPolicyBinding(object).ToAggregate()
	case *admissionregistration.ValidatingWebhookConfiguration:
		return validation.ValidateValidatingWebhookConfiguration(object).ToAggregate()
	}
	return fmt.Errorf("%T is not known", internal)
}

// compile is the API server's compilePolicy, which it does not export.
func compile(policy *registrationv1.ValidatingAdmissionPolicy) (*Policy, error) {
	compiled := &Policy{Name: policy.Name}
	compiler, err := cel.NewCompositedCompiler(environments)
	if err != nil {
		return nil, err
	}
	options := cel.OptionalVariableDeclarations{HasAuthorizer: true}
	var variables []cel.NamedExpressionAccessor
	for _, variable := range policy.Spec.Variables {
		variables = append(variables, &validating.Variable{Name: variable.Name, Expression: variable.Expression})
	}
	compiler.CompileAndStoreVariables(variables, options, environment.StoredExpressions)

	var conditions, validations, messages []cel.ExpressionAccessor
	for i := range policy.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&policy.Spec.MatchConditions[i]))
	}
	for _, v := range policy.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{Expression: v.Expression, Message: v.Message})
		messages = append(messages, &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression})
		var rule string
		if _, err := fmt.Sscanf(v.Message, "the policy rule %q", &rule); err != nil {
			return nil, fmt.Errorf("message %q names no rule: %w", v.Message, err)
		}
		compiled.Rules = append(compiled.Rules, rule)
	}
	evaluator := func(accessors []cel.ExpressionAccessor, options cel.OptionalVariableDeclarations) cel.ConditionEvaluator {
		compiled := compiler.CompileCondition(accessors, options, environment.StoredExpressions)
		err = errors.Join(append([]error{err}, compiled.CompilationErrors()...)...)
		return compiled
	}
	var matcher matchconditions.Matcher
	if len(conditions) > 0 {
		matcher = matchconditions.NewMatcher(evaluator(conditions, options), policy.Spec.FailurePolicy, "policy", "validate", policy.Name)
	}
	compiled.validator = validating.NewValidator(evaluator(validations, options), matcher, evaluator(nil, options),
		evaluator(messages, cel.OptionalVariableDeclarations{}), policy.Spec.FailurePolicy, nil)
	return compiled, err
}

// Decide gives the messages of the rules that the policy finds broken, by rule. An expression that
// cannot be evaluated is an error.
func (p *Policy) Decide(request *Request) (map[string]string, error) {
	result := p.validator.Validate(context.Background(), request.resource, request.attributes, nil, nil, celconfig.RuntimeCELCostBudget, nil)
	broken := map[string]string{}
	for i, decision := range result.Decisions {
		switch {
		case decision.Evaluation == validating.EvalError:
			return nil, fmt.Errorf("%s: %s", p.Name, decision.Message)
		case decision.Action == validating.ActionDeny:
			broken[p.Rules[i]] = decision.Message
		}
	}
	return broken, nil
}

// Request is one in both forms: as the API server's plugins see it, and as it sends it to webhooks.
type Request struct {
	Review     []byte // an AdmissionReview, JSON
	Mirror     bool
	attributes *admission.VersionedAttributes
	resource   schema.GroupVersionResource
}

// NewRequest makes one of a random request. The error tells why the API server would refuse the
// object before it asks anybody.
func NewRequest(random randompolicy.Request) (*Request, error) {
	object, err := admitted(random.Object)
	if err != nil {
		return nil, err
	}
	oldObject, err := admitted(random.OldObject)
	if err != nil {
		return nil, err
	}
	return NewRequestFor(random, object, oldObject)
}

func admitted(object map[string]any) (runtime.Object, error) {
	if object == nil {
		return nil, nil
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	return validate.Admitted(text)
}

// NewRequestFor makes one for objects as they are, whatever they are; nil is none.
func NewRequestFor(random randompolicy.Request, object, oldObject runtime.Object) (*Request, error) {
	about := object
	if about == nil {
		about = oldObject
	}
	kind := about.GetObjectKind().GroupVersionKind()
	request := &Request{resource: resourceOf(kind)}
	name := ""
	if accessor, err := meta.Accessor(about); err == nil {
		name = accessor.GetName()
		_, request.Mirror = accessor.GetAnnotations()["kubernetes.io/config.mirror"]
	}
	who := &user.DefaultInfo{Name: random.User, Groups: random.Groups}
	var options runtime.Object = &metav1.CreateOptions{}
	if random.Operation == "UPDATE" {
		options = &metav1.UpdateOptions{}
	}
	attributes := admission.NewAttributesRecord(object, oldObject, kind, random.Namespace, name, request.resource, random.SubResource,
		admission.Operation(random.Operation), options, random.DryRun, who)
	request.attributes = &admission.VersionedAttributes{Attributes: attributes, VersionedKind: kind, VersionedObject: object, VersionedOldObject: oldObject}

	review := admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "u", Kind: metav1.GroupVersionKind(kind), Resource: metav1.GroupVersionResource(request.resource), SubResource: random.SubResource,
			Name: name, Namespace: random.Namespace, Operation: admissionv1.Operation(random.Operation), DryRun: &random.DryRun,
			UserInfo: authenticationv1.UserInfo{Username: random.User, Groups: random.Groups},
			Object:   runtime.RawExtension{Object: object}, OldObject: runtime.RawExtension{Object: oldObject},
		},
	}
	var err error
	request.Review, err = json.Marshal(review)
	return request, err
}

func resourceOf(kind schema.GroupVersionKind) schema.GroupVersionResource {
	plural := []byte(kind.Kind + "s")
	for i, c := range plural {
		if 'A' <= c && c <= 'Z' {
			plural[i] = c - 'A' + 'a'
		}
	}
	return kind.GroupVersion().WithResource(string(plural))
}
