# Sourced by the scripts beside it: what they install. The suite and the nodes must be of one minor version of Kubernetes (test/cluster/binaries.sh).
# shellcheck shell=bash disable=SC2034
KIND=v0.32.0
NODE_IMAGE=kindest/node:v1.36.1@sha256:3489c7674813ba5d8b1a9977baea8a6e553784dab7b84759d1014dbd78f7ebd5
FLANNEL=v0.28.10
CNI_PLUGINS=v1.9.1
