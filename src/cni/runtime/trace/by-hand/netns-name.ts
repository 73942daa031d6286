import { NETNS_DIRECTORY } from "../../../../netns/mod.ts";

/** The words that run `ip` and other programs inside of a namespace; none for the shell's own. */
export interface NetnsPrefix {
  readonly ip: readonly string[];
  readonly run: readonly string[];
  /** What `ip link set ... netns` calls it; undefined for the shell's own. */
  readonly name: string | undefined;
}

/** The host's namespace, where the shell is. */
export const HOST_PREFIX: NetnsPrefix = { ip: ["ip"], run: [], name: undefined };

/** `ip -n NAME` where the namespace is one of `ip netns`, else nsenter by its path. */
export function netnsPrefix(path: string): NetnsPrefix {
  const name = netnsName(path);
  if (name === undefined) {
    const run = ["nsenter", `--net=${path}`];
    return { ip: [...run, "ip"], run, name: path };
  }
  return { ip: ["ip", "-n", name], run: ["ip", "netns", "exec", name], name };
}

/** The name by which `ip netns` knows a namespace. */
export function netnsName(path: string): string | undefined {
  const directory = [NETNS_DIRECTORY, `/var${NETNS_DIRECTORY}`].find((one) =>
    path.startsWith(`${one}/`),
  );
  const name = directory === undefined ? "" : path.slice(directory.length + 1);
  return name === "" || name.includes("/") ? undefined : name;
}
