interface Workload {
  cluster_id: string;
  cluster_name: string;
}

/** How many of some workloads each cluster runs, most first. */
export function countByCluster(workloads: Workload[]) {
  const counts = new Map<string, { id: string; name: string; count: number }>();
  for (const { cluster_id: id, cluster_name: name } of workloads) {
    const known = counts.get(id);
    if (known) known.count += 1;
    else counts.set(id, { id, name, count: 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}
