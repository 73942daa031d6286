/** --service-node-port-range of the API server where nothing is said. */
export const NODE_PORTS = { first: 30_000, last: 32_767 } as const;

/** Ports from one to another, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The value of net.ipv4.ip_local_port_range. */
export function parseLocalRange(text: string | null | undefined): PortRange | undefined {
  const match = /^(\d+)\s+(\d+)$/.exec(text?.trim() ?? "");
  return match === null ? undefined : { first: Number(match[1]), last: Number(match[2]) };
}

/** Whether a list such as `30000-32767,8080` (net.ipv4.ip_local_reserved_ports) has all of a range. */
export function isReserved(list: string, { first, last }: PortRange): boolean {
  const ranges = list
    .split(",")
    .flatMap((part) => {
      const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
      return match === null ? [] : [{ from: Number(match[1]), to: Number(match[2] ?? match[1]) }];
    })
    .sort((a, b) => a.from - b.from);
  let next = first;
  for (const { from, to } of ranges) {
    if (from <= next && to >= next) next = to + 1;
  }
  return next > last;
}
