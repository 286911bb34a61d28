"""What Kubernetes promises about stateful workloads, and how each promise is judged."""
