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

// metric returns nil for one that is not there.
func (m *Mountguard) metric(name string, labels map[string]string) (*dto.Metric, error) {
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
	for _, metric := range families[name].GetMetric() {
		found := map[string]string{}
		for _, label := range metric.GetLabel() {
			found[label.GetName()] = label.GetValue()
		}
		if maps.Equal(found, labels) {
			return metric, nil
		}
	}
	return nil, nil
}
