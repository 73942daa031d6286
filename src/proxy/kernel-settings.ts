import { readFile, writeFile } from "node:fs/promises";
import { type Logger, messageOf } from "../base/mod.ts";
import type { ProxyConfig } from "./config/mod.ts";
import { conntrackSysctls } from "./conntrack/mod.ts";
import { hasLocalhostNodePorts } from "./routing-settings.ts";

const LIBERAL = "net/netfilter/nf_conntrack_tcp_be_liberal";

/**
 * Sets what connection tracking and node ports on localhost ask of the kernel. What may not be set
 * (in a container) is a warning: the other traffic flows all the same.
 */
export async function applyKernelSettings(config: ProxyConfig, log: Logger): Promise<void> {
  const conntrack = conntrackSysctls(config.conntrack, navigator.hardwareConcurrency);
  const wanted = conntrack.map(({ name, value }) => [`net/netfilter/${name}`, value] as const);
  const localnet = hasLocalhostNodePorts(config)
    ? [["net/ipv4/conf/all/route_localnet", 1] as const]
    : [];
  for (const [name, value] of [...wanted, ...localnet]) {
    const path = `/proc/sys/${name}`;
    try {
      if ((await readFile(path, "utf8")).trim() === String(value)) continue;
      await writeFile(path, String(value));
      log.info("Set a sysctl", { name, value });
    } catch (thrown) {
      const reason = messageOf(thrown);
      log.warn("Cannot set a sysctl", { name, value, reason });
    }
  }
}

/** Whether the kernel takes packets out of a connection's window for valid. */
export async function isConntrackLiberal(): Promise<boolean> {
  const text = await readFile(`/proc/sys/${LIBERAL}`, "utf8").catch(() => "0");
  return text.trim() !== "0";
}
