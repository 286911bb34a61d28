"""Real workloads: a replicated database on a StatefulSet, driven and asked as its users do."""
