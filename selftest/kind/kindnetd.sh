#!/bin/sh
# What kindnetd does for a cluster of this size: pods get addresses of their node's range, and every node knows the way to the
# ranges of the others. A Node object without a machine has no address, and is passed over.
while :; do
    kubectl get nodes -o 'jsonpath={range .items[*]}{.spec.podCIDR} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}' |
        while read -r range address rest; do
            if [ -z "$address" ]; then
                continue
            elif [ "$address" != "$HOST_IP" ]; then
                ip route replace "$range" via "$address"
            elif [ ! -e /etc/cni/net.d/10-kindnet.conflist ]; then
                echo "pods of this node get addresses in $range"
                sed "s#RANGE#$range#" /configuration > /etc/cni/net.d/.10-kindnet.conflist
                mv /etc/cni/net.d/.10-kindnet.conflist /etc/cni/net.d/10-kindnet.conflist
            fi
        done
    sleep 2
done
