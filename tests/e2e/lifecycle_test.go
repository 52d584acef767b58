package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"mountguard.io/e2e/harness"
)

// A rolling update: the old replica gets SIGTERM and stops being an endpoint while requests run,
// on connections that the API server keeps open to it.
func TestReplacingAReplicaLosesNoRequest(t *testing.T) {
	old := harness.StartMountguard(t, harness.ServeOptions{ShutdownDelay: 2 * time.Second})
	next := harness.StartMountguard(t, harness.ServeOptions{})
	balancer := must(harness.StartBalancer(old.Address())).or(t)
	t.Cleanup(balancer.Close)
	namespace := newNamespace(t)
	register(t, namespace, "https://"+balancer.Address+"/validate",
		slices.Concat(old.CABundle, next.CABundle))

	const enough = 50
	requests := startLoad(t.Context(), namespace)
	check(t, requests.waitForMore(enough))
	check(t, old.Process.Terminate())
	balancer.Direct(next.Address())
	check(t, requests.waitForMore(enough))
	<-old.Process.Exited()
	check(t, requests.waitForMore(enough))
	if err := requests.stop(); err != nil {
		t.Error(err)
	}
	if code := old.Process.Stop(); code != 0 {
		t.Errorf("the old replica ended with %d", code)
	}
}

// load creates pods, without keeping them, from several clients at once.
type load struct {
	cancel  context.CancelFunc
	clients sync.WaitGroup
	done    atomic.Int64

	// gate is held for reading during each request.
	gate sync.RWMutex

	mutex    sync.Mutex
	failures []error
}

// clients is how many create at once.
const clients = 8

func startLoad(ctx context.Context, namespace string) *load {
	ctx, cancel := context.WithCancel(ctx)
	running := &load{cancel: cancel}
	for client := range clients {
		running.clients.Go(func() { running.run(ctx, namespace, client) })
	}
	return running
}

func (l *load) run(ctx context.Context, namespace string, client int) {
	pods := cluster.Client.CoreV1().Pods(namespace)
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	for i := 0; ctx.Err() == nil; i++ {
		name := fmt.Sprintf("load-%d-%d", client, i)
		l.gate.RLock()
		_, err := pods.Create(ctx, pod(namespace, name, everyMode...), options)
		l.gate.RUnlock()
		if err != nil && ctx.Err() == nil {
			l.mutex.Lock()
			l.failures = append(l.failures, err)
			l.mutex.Unlock()
		}
		l.done.Add(1)
	}
}

// waitForMore returns when count more requests have been answered, well or badly.
func (l *load) waitForMore(count int64) error {
	const patience = time.Minute
	target := l.done.Load() + count
	for deadline := time.Now().Add(patience); l.done.Load() < target; {
		if time.Now().After(deadline) {
			return errors.New("the API server does not answer")
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

// between calls act while no request is under way.
func (l *load) between(act func()) {
	l.gate.Lock()
	defer l.gate.Unlock()
	act()
}

// takeFailures returns what has failed since the last time.
func (l *load) takeFailures() []error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	taken := l.failures
	l.failures = nil
	return taken
}

// stop ends the load and returns what failed, each kind of failure once.
func (l *load) stop() error {
	l.cancel()
	l.clients.Wait()
	var texts []string
	for _, failure := range l.failures {
		texts = append(texts, failure.Error())
	}
	if len(texts) == 0 {
		return nil
	}
	slices.Sort(texts)
	return fmt.Errorf("%d of %d requests failed:\n%s", len(texts), l.done.Load(),
		strings.Join(slices.Compact(texts), "\n"))
}
