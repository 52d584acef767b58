package celexport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
)

// Conditions are the matchConditions of a webhook, ready to be asked.
type Conditions struct {
	List    []registrationv1.MatchCondition
	matcher matchconditions.Matcher
}

// ReadConditions takes what `mountguard policy export --match-conditions -o json` printed. The error
// tells what the API server has against a webhook configuration with them.
func ReadConditions(text []byte) (*Conditions, error) {
	var read struct {
		MatchConditions []registrationv1.MatchCondition
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, err
	}
	if len(read.MatchConditions) == 0 {
		return nil, errors.New("there are no conditions")
	}
	return CompileConditions(read.MatchConditions)
}

// CompileConditions makes conditions ready to be asked. The error tells what the API server has against a webhook configuration
// with them.
func CompileConditions(list []registrationv1.MatchCondition) (*Conditions, error) {
	failurePolicy, sideEffects, url := registrationv1.Fail, registrationv1.SideEffectClassNone, "https://127.0.0.1/validate"
	webhook := registrationv1.ValidatingWebhook{Name: "mounts.mountguard.io", ClientConfig: registrationv1.WebhookClientConfig{URL: &url},
		FailurePolicy: &failurePolicy, SideEffects: &sideEffects, AdmissionReviewVersions: []string{"v1"}, MatchConditions: list}
	err := check(&registrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "mountguard"},
		Webhooks: []registrationv1.ValidatingWebhook{webhook}})
	if err != nil {
		return nil, err
	}
	// As the API server's webhook accessor does.
	var accessors []cel.ExpressionAccessor
	for i := range list {
		accessors = append(accessors, (*matchconditions.MatchCondition)(&list[i]))
	}
	compiled := cel.NewConditionCompiler(environments).CompileCondition(accessors,
		cel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.StoredExpressions)
	return &Conditions{List: list,
		matcher: matchconditions.NewMatcher(compiled, &failurePolicy, "webhook", "validating", "mounts.mountguard.io")}, errors.Join(compiled.CompilationErrors()...)
}

// Spare reports whether the API server would not call the webhook, and by which condition. The error
// tells of a condition that failed: the API server would refuse the request.
func (c *Conditions) Spare(request *Request) (condition string, spared bool, err error) {
	result := c.matcher.Match(context.Background(), request.attributes, nil, nil)
	if result.Error != nil {
		return "", false, fmt.Errorf("a condition failed: %w", result.Error)
	}
	return result.FailedConditionName, !result.Matches, nil
}
