#!/bin/sh
# Prints GOFLAGS with the repository's build tag added to what GOFLAGS has.
# no_k8s leaves go-zero's Kubernetes resolver out: 404 packages that nothing here
# uses, and more than half of each service's size.
set -eu
tag=no_k8s
flags=$(go env GOFLAGS)
tags= rest=
for flag in $flags; do
  case $flag in
  -tags=* | --tags=*) tags=${flag#*=} ;; # as for the go command, the last one counts
  *) rest="$rest $flag" ;;
  esac
done
case ",$tags," in
*,$tag,*) ;;
*) tags=${tags:+$tags,}$tag ;;
esac
rest="$rest -tags=$tags"
echo "${rest# }"
