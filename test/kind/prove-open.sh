#!/usr/bin/env bash
# Proves, before Postern is deployed, that nothing else in the cluster enforces: under a policy that denies everything, pods must reach each other.
# Usage: prove-open.sh BIN   (KUBECONFIG: the cluster's)
set -euo pipefail
bin=$1
kubectl() { "$bin/hyper" kubectl "$@"; }
image=$("$bin/e2e.test" --list-images | grep '/agnhost:' | sort -V | tail -n 1)
namespace=prove-open
trap 'kubectl delete namespace "$namespace" --wait=false' EXIT

pod() {
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"%s"},"spec":{"nodeName":"%s","terminationGracePeriodSeconds":0,"containers":[{"name":"c","image":"%s","args":[%s]}]}}\n' \
    "$1" "$namespace" "$2" "$image" "$3"
}

kubectl create namespace "$namespace"
kubectl apply -f - <<Y
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: $namespace }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
Y
{ pod server n1 '"serve-hostname","--port=8080"'; pod near n1 '"pause"'; pod far n2 '"pause"'; } | kubectl apply -f -
kubectl -n "$namespace" wait --for=condition=Ready pod --all --timeout=120s
# Long enough for whoever would enforce.
sleep 5
address=$(kubectl -n "$namespace" get pod server -o 'jsonpath={.status.podIP}')
for client in near far; do
  kubectl -n "$namespace" exec "$client" -- /agnhost connect "$address:8080" --timeout=3s || {
    printf 'prove-open.sh: something else than Postern enforces NetworkPolicy here: %s does not reach server\n' "$client" >&2
    exit 1
  }
done
