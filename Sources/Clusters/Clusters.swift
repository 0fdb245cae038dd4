// Public face of Clusters: where the hosts of a run come from.
//
// - `ClusterHost`, `HostInventory`: the hosts of a run, and `hosts.yaml`, which `--hosts` takes.
// - `withLab`: hosts on this machine for as long as a closure runs (`inquest run --lab 5`).
// - `LocalLab`: labs that outlive a command (`inquest lab up | status | exec | down`).
// - `cancellingOnInterrupt`: Ctrl-C as cancellation, so that scopes end in their own order.
