package harness

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Recorder is a webhook that keeps what it is asked and answers as it is told. With it the harness
// is tested: an assertion that holds for every answer would assert nothing.
type Recorder struct {
	URL      string
	CABundle []byte

	server   *httptest.Server
	mutex    sync.Mutex
	requests []*admissionv1.AdmissionRequest
}

// StartRecorder answers every request with a copy of response, under the request's uid.
func StartRecorder(response admissionv1.AdmissionResponse) *Recorder {
	recorder := &Recorder{}
	recorder.server = httptest.NewTLSServer(http.HandlerFunc(
		func(writer http.ResponseWriter, request *http.Request) {
			recorder.answer(writer, request, response)
		}))
	recorder.URL = recorder.server.URL
	recorder.CABundle = pem.EncodeToMemory(
		&pem.Block{Type: "CERTIFICATE", Bytes: recorder.server.Certificate().Raw})
	return recorder
}

// Close ends the server.
func (r *Recorder) Close() { r.server.Close() }

// Requests returns what has been asked so far.
func (r *Recorder) Requests() []*admissionv1.AdmissionRequest {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append([]*admissionv1.AdmissionRequest(nil), r.requests...)
}

func (r *Recorder) answer(writer http.ResponseWriter, request *http.Request,
	response admissionv1.AdmissionResponse) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(request.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(writer, "no AdmissionReview", http.StatusBadRequest)
		return
	}
	r.mutex.Lock()
	r.requests = append(r.requests, review.Request)
	r.mutex.Unlock()

	response.UID = types.UID(review.Request.UID)
	review.Request, review.Response = nil, &response
	writer.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(writer).Encode(&review) // a caller that is gone needs no answer
}
