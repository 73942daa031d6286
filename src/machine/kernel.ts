/** The gateway of a route; `dev NAME` for a route without one. */
export type RouteVia = string;

/** A running process, told from a later one with the same pid by its start. */
export interface RunningProcess {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTicks: string;
  /** Its command line, for a report. */
  readonly what: string;
}

/**
 * The part of the running kernel that an apply changes: modules, sysctls, swap, routes, links,
 * mounts. Reads give null or empty for what is not there; changes reject with NodewrightError.
 */
export interface Kernel {
  /** Of the modules those that are neither loaded nor built in, with whether modprobe could load each. */
  missingModules(
    modules: readonly string[],
  ): Promise<readonly { readonly module: string; readonly loadable: boolean }[]>;
  loadModule(module: string): Promise<void>;
  readSysctl(key: string): Promise<string | null>;
  writeSysctl(key: string, value: string): Promise<void>;
  /** Paths as in /proc/swaps; empty in a container. */
  activeSwaps(): Promise<readonly string[]>;
  swapOff(path: string): Promise<void>;
  swapOn(path: string): Promise<void>;
  /** The gateways of the routes to exactly these destinations in the main table. */
  readRoutes(destinations: readonly string[]): Promise<Readonly<Record<string, RouteVia | null>>>;
  replaceRoute(destination: string, via: RouteVia): Promise<void>;
  /** Removing what is not there is no error. */
  removeRoute(destination: string, via: RouteVia): Promise<void>;
  /** Bridges by name. */
  bridges(): Promise<readonly string[]>;
  removeLink(name: string): Promise<void>;
  /** Mount points at or below a directory, the deepest first. */
  mountsBelow(directory: string): Promise<readonly string[]>;
  unmount(path: string): Promise<void>;
  /** Masquerade rules that CNI plugins left for these networks: as text for a report. */
  masqueradeRules(networks: readonly string[]): Promise<readonly string[]>;
  removeMasqueradeRules(networks: readonly string[]): Promise<void>;
  /** What kube-proxy and kubelet have in the firewall: as text for a report. */
  serviceRules(): Promise<readonly string[]>;
  removeServiceRules(): Promise<void>;
  /** Processes of container shims that serve this containerd socket, with everything below them. */
  shimProcesses(socket: string): Promise<readonly RunningProcess[]>;
  /** Ends a process that shimProcesses named, if it is still that one. */
  killProcess(process: RunningProcess): Promise<void>;
  /** Gives a file the security label that its place asks for (SELinux), where there are labels. */
  relabel(paths: readonly string[]): Promise<void>;
}
