// Public face of Clusters.
