/** A port of the node that a pod takes for itself. */
export interface HostPort {
  /** `0.0.0.0` for every address. */
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const ANY = "0.0.0.0";

/** What of a pod's spec takes ports. */
export interface PortUser {
  readonly containers: readonly {
    readonly ports?: readonly {
      readonly hostPort?: number;
      readonly hostIP?: string;
      readonly protocol?: string;
    }[];
  }[];
  readonly initContainers?: PortUser["containers"] | undefined;
}

/** The ports of main containers and of sidecars, which run all the time. */
export function hostPorts(spec: PortUser): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(
    (one) => "restartPolicy" in one && one.restartPolicy === "Always",
  );
  return [...sidecars, ...spec.containers].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP = "", protocol = "TCP" }) =>
      hostPort <= 0 ? [] : [{ ip: hostIP === "" ? ANY : hostIP, protocol, port: hostPort }],
    ),
  );
}

/** True where two pods cannot be on one node. */
export function portsConflict(a: readonly HostPort[], b: readonly HostPort[]): boolean {
  return a.some((one) =>
    b.some(
      (other) =>
        one.port === other.port &&
        one.protocol === other.protocol &&
        (one.ip === other.ip || one.ip === ANY || other.ip === ANY),
    ),
  );
}
