package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/wait"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// Request says which requests of the audit log are meant. All fields must fit.
type Request struct {
	Verb      string // create, update or patch
	Namespace string
	Resource  string // pods, pods/ephemeralcontainers, deployments
	Name      string
	AnyName   bool // Name does not matter: a generated one is not in the audit log
}

func (r Request) matches(event *auditv1.Event) bool {
	reference := event.ObjectRef
	if reference == nil {
		return false
	}
	resource := reference.Resource
	if reference.Subresource != "" {
		resource += "/" + reference.Subresource
	}
	return event.Verb == r.Verb && reference.Namespace == r.Namespace &&
		resource == r.Resource && (r.AnyName || reference.Name == r.Name)
}

// AuditEvents waits until the audit log holds count finished requests of this kind and returns all
// of them, oldest first. The API server writes an event after it has answered.
func (c *Cluster) AuditEvents(ctx context.Context, request Request, count int) ([]auditv1.Event,
	error) {
	var events []auditv1.Event
	err := wait.PollUntilContextTimeout(ctx, pollInterval, readyTimeout, true,
		func(context.Context) (bool, error) {
			all, err := readAuditLog(c.AuditLog)
			if err != nil {
				return false, err
			}
			events = nil
			for _, event := range all {
				if request.matches(&event) {
					events = append(events, event)
				}
			}
			return len(events) >= count, nil
		})
	if err != nil {
		return nil, fmt.Errorf("the audit log holds %d of %d requests %+v: %w",
			len(events), count, request, err)
	}
	return events, nil
}

// Annotations waits for the request, which must be in the audit log once, and returns the
// annotations that WebhookName gave, without its prefix.
func (c *Cluster) Annotations(ctx context.Context, request Request) (map[string]string, error) {
	events, err := c.AuditEvents(ctx, request, 1)
	if err != nil {
		return nil, err
	}
	if len(events) != 1 {
		return nil, fmt.Errorf("the audit log holds %d requests %+v, not one", len(events), request)
	}
	return OwnAnnotations(&events[0]), nil
}

// OwnAnnotations returns the annotations that WebhookName gave, without its prefix.
func OwnAnnotations(event *auditv1.Event) map[string]string {
	own := map[string]string{}
	for key, value := range event.Annotations {
		if name, found := strings.CutPrefix(key, WebhookName+"/"); found {
			own[name] = value
		}
	}
	return own
}

// readAuditLog returns the complete lines of the log; the API server may be writing the last one.
func readAuditLog(path string) ([]auditv1.Event, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	content = content[:bytes.LastIndexByte(content, '\n')+1]
	var events []auditv1.Event
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, len(content)+1)
	for lines.Scan() {
		var event auditv1.Event
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		events = append(events, event)
	}
	return events, lines.Err()
}
