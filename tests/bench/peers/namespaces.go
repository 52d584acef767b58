package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// The namespace of the reviews that bench_server sends (review_body.cc).
const namespaceName = "storage"

const resourceVersion = "1"

// serveNamespaces plays an API server that has one namespace, where nothing ever changes: it
// answers the list and the watch of an informer. Prints its URL on standard output.
func serveNamespaces(labels map[string]string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	namespace := corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name: namespaceName, Labels: labels, ResourceVersion: resourceVersion},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/namespaces", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("watch") == "" {
			_ = json.NewEncoder(w).Encode(corev1.NamespaceList{
				TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NamespaceList"},
				ListMeta: metav1.ListMeta{ResourceVersion: resourceVersion},
				Items:    []corev1.Namespace{namespace},
			})
			return
		}
		if r.URL.Query().Get("sendInitialEvents") == "true" {
			sendEvent(w, watch.Added, &namespace)
			end := corev1.Namespace{TypeMeta: namespace.TypeMeta}
			end.ResourceVersion = resourceVersion
			end.Annotations = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
			sendEvent(w, watch.Bookmark, &end)
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	fmt.Printf("http://%s\n", listener.Addr())
	return http.Serve(listener, mux)
}

func sendEvent(w http.ResponseWriter, kind watch.EventType, object runtime.Object) {
	_ = json.NewEncoder(w).Encode(metav1.WatchEvent{
		Type: string(kind), Object: runtime.RawExtension{Object: object}})
}
