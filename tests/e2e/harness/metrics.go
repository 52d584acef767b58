package harness

import (
	"fmt"
	"maps"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Counter reads the counter of exactly these labels from /metrics; one that is not there is 0.
func (m *Mountguard) Counter(name string, labels map[string]string) (float64, error) {
	metric, err := m.metric(name, labels)
	return metric.GetCounter().GetValue(), err
}

// Gauge reads the gauge of exactly these labels from /metrics; one that is not there is 0.
func (m *Mountguard) Gauge(name string, labels map[string]string) (float64, error) {
	metric, err := m.metric(name, labels)
	return metric.GetGauge().GetValue(), err
}

// Labels reads the labels of a metric that is there once, such as mountguard_policy_info.
func (m *Mountguard) Labels(name string) (map[string]string, error) {
	metrics, err := m.metrics(name)
	if err != nil {
		return nil, err
	}
	if len(metrics) != 1 {
		return nil, fmt.Errorf("%s/metrics has %d of %s, not one", m.MetricsURL, len(metrics), name)
	}
	return labelsOf(metrics[0]), nil
}

// metric returns nil for one that is not there.
func (m *Mountguard) metric(name string, labels map[string]string) (*dto.Metric, error) {
	metrics, err := m.metrics(name)
	for _, metric := range metrics {
		if maps.Equal(labelsOf(metric), labels) {
			return metric, nil
		}
	}
	return nil, err
}

func (m *Mountguard) metrics(name string) ([]*dto.Metric, error) {
	response, err := http.Get(m.MetricsURL + "/metrics")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%s/metrics: %w", m.MetricsURL, err)
	}
	return families[name].GetMetric(), nil
}

func labelsOf(metric *dto.Metric) map[string]string {
	labels := map[string]string{}
	for _, label := range metric.GetLabel() {
		labels[label.GetName()] = label.GetValue()
	}
	return labels
}
