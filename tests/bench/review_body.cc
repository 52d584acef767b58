#include "tests/bench/review_body.h"

#include <fmt/format.h>

namespace mountguard::bench {
namespace {

std::string Container(int number) {
  return fmt::format(
      R"({{"name":"driver-{0}","image":"registry.example.com/storage/csi-driver:v1.8.{0}",)"
      R"("args":["--endpoint=unix:///csi/csi.sock","--nodeid=$(NODE_ID)-{0}","--v=2"],)"
      R"("env":[{{"name":"NODE_ID","valueFrom":{{"fieldRef":{{"apiVersion":"v1","fieldPath":"spec.nodeName"}}}}}}],)"
      R"("ports":[{{"name":"healthz","containerPort":{1},"protocol":"TCP"}}],)"
      R"("resources":{{"limits":{{"memory":"200Mi"}},"requests":{{"cpu":"10m","memory":"20Mi"}}}},)"
      R"("volumeMounts":[{{"name":"plugin-dir","mountPath":"/csi"}},)"
      R"({{"name":"pods-mount-dir","mountPath":"/var/lib/kubelet/pods","mountPropagation":"Bidirectional"}},)"
      R"({{"name":"device-dir","mountPath":"/dev"}},)"
      R"({{"name":"host-root","readOnly":true,"mountPath":"/host","mountPropagation":"HostToContainer"}},)"
      R"({{"name":"config","readOnly":true,"mountPath":"/etc/driver"}},)"
      R"({{"name":"kube-api-access-x7k2p","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}],)"
      R"("livenessProbe":{{"httpGet":{{"path":"/healthz","port":"healthz","scheme":"HTTP"}},"initialDelaySeconds":10,)"
      R"("timeoutSeconds":3,"periodSeconds":10,"successThreshold":1,"failureThreshold":5}},)"
      R"("terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent",)"
      R"("securityContext":{{"privileged":true}}}})",
      number, 9800 + number);
}

}  // namespace

std::string ReviewBody(int containers) {
  std::string list;
  for (int i = 0; i < containers; ++i) {
    if (i > 0) list += ",";
    list += Container(i);
  }
  return fmt::format(
      R"({{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{"uid":"705ab4f5-6393-11e8-b7cc-42010a800002",)"
      R"("kind":{{"group":"","version":"v1","kind":"Pod"}},"resource":{{"group":"","version":"v1","resource":"pods"}},)"
      R"("requestKind":{{"group":"","version":"v1","kind":"Pod"}},"requestResource":{{"group":"","version":"v1","resource":"pods"}},)"
      R"("namespace":"storage","operation":"CREATE","userInfo":{{"username":"system:serviceaccount:kube-system:daemon-set-controller",)"
      R"("uid":"d4a54b9b-3ac3-4b53-8c6f-4f3b6b0c1a7e","groups":["system:serviceaccounts","system:serviceaccounts:kube-system","system:authenticated"]}},)"
      R"("object":{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"csi-node-8xk2v","generateName":"csi-node-","namespace":"storage",)"
      R"("uid":"1f1a6a43-1d1a-4d47-9e0a-4e2a3a0b6c55","creationTimestamp":"2026-11-23T10:00:00Z",)"
      R"("labels":{{"app":"csi-node","controller-revision-hash":"6d8f9c7b5d","pod-template-generation":"3"}},)"
      R"("ownerReferences":[{{"apiVersion":"apps/v1","kind":"DaemonSet","name":"csi-node","uid":"a7f0f3f2-5a0e-4a56-8f25-0b8a3a0c9e11","controller":true,"blockOwnerDeletion":true}}],)"
      R"("managedFields":[{{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-11-23T10:00:00Z","fieldsType":"FieldsV1",)"
      R"("fieldsV1":{{"f:metadata":{{"f:generateName":{{}},"f:labels":{{".":{{}},"f:app":{{}},"f:controller-revision-hash":{{}},"f:pod-template-generation":{{}}}},)"
      R"("f:ownerReferences":{{".":{{}},"k:{{\"uid\":\"a7f0f3f2-5a0e-4a56-8f25-0b8a3a0c9e11\"}}":{{}}}}}},)"
      R"("f:spec":{{"f:affinity":{{".":{{}},"f:nodeAffinity":{{".":{{}},"f:requiredDuringSchedulingIgnoredDuringExecution":{{}}}}}},)"
      R"("f:containers":{{"k:{{\"name\":\"driver-0\"}}":{{".":{{}},"f:args":{{}},"f:env":{{".":{{}},"k:{{\"name\":\"NODE_ID\"}}":{{".":{{}},"f:name":{{}},"f:valueFrom":{{".":{{}},"f:fieldRef":{{}}}}}}}},)"
      R"("f:image":{{}},"f:imagePullPolicy":{{}},"f:livenessProbe":{{".":{{}},"f:failureThreshold":{{}},"f:httpGet":{{".":{{}},"f:path":{{}},"f:port":{{}},"f:scheme":{{}}}},"f:periodSeconds":{{}}}},)"
      R"("f:name":{{}},"f:resources":{{".":{{}},"f:limits":{{".":{{}},"f:memory":{{}}}}}},"f:securityContext":{{".":{{}},"f:privileged":{{}}}},"f:volumeMounts":{{".":{{}},"k:{{\"mountPath\":\"/csi\"}}":{{".":{{}},"f:mountPath":{{}},"f:name":{{}}}}}}}}}},)"
      R"("f:dnsPolicy":{{}},"f:hostNetwork":{{}},"f:restartPolicy":{{}},"f:schedulerName":{{}},"f:securityContext":{{}},"f:terminationGracePeriodSeconds":{{}},"f:tolerations":{{}},"f:volumes":{{".":{{}}}}}}}}}}]}},)"
      R"("spec":{{"volumes":[{{"name":"plugin-dir","hostPath":{{"path":"/var/lib/kubelet/plugins/driver.example.com","type":"DirectoryOrCreate"}}}},)"
      R"({{"name":"pods-mount-dir","hostPath":{{"path":"/var/lib/kubelet/pods","type":"Directory"}}}},{{"name":"device-dir","hostPath":{{"path":"/dev","type":""}}}},)"
      R"({{"name":"host-root","hostPath":{{"path":"/","type":"Directory"}}}},{{"name":"config","configMap":{{"name":"driver-config","defaultMode":420}}}},)"
      R"({{"name":"kube-api-access-x7k2p","projected":{{"sources":[{{"serviceAccountToken":{{"expirationSeconds":3607,"path":"token"}}}},)"
      R"({{"configMap":{{"name":"kube-root-ca.crt","items":[{{"key":"ca.crt","path":"ca.crt"}}]}}}},)"
      R"({{"downwardAPI":{{"items":[{{"path":"namespace","fieldRef":{{"apiVersion":"v1","fieldPath":"metadata.namespace"}}}}]}}}}],"defaultMode":420}}}}],)"
      R"("containers":[{0}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",)"
      R"("serviceAccountName":"csi-node","serviceAccount":"csi-node","hostNetwork":true,"securityContext":{{}},)"
      R"("affinity":{{"nodeAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":{{"nodeSelectorTerms":[{{"matchFields":[{{"key":"metadata.name","operator":"In","values":["node-1"]}}]}}]}}}}}},)"
      R"("schedulerName":"default-scheduler","tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute"}},{{"operator":"Exists"}}],)"
      R"("priority":2000001000,"priorityClassName":"system-node-critical","enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"}},)"
      R"("status":{{"phase":"Pending","qosClass":"Burstable"}}}},)"
      R"("oldObject":null,"dryRun":false,"options":{{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}}}}})"
      "\n",
      list);
}

}  // namespace mountguard::bench
