import { CNI_ERROR, CniError } from "../../errors.ts";
import type { CniResult } from "../../result/types.ts";
import type { PluginHost, PluginRequest } from "../../skel/plugin.ts";
import { delegate } from "./delegate.ts";

/** The IPAM plugin that a configuration names, as the plugin that delegates to it sees it. */
export interface Ipam {
  /** The addresses of this attachment; CniError 999 where the IPAM plugin gives none. */
  readonly add: () => Promise<CniResult>;
  readonly del: () => Promise<void>;
  readonly check: () => Promise<void>;
  readonly gc: () => Promise<void>;
  readonly status: () => Promise<void>;
}

/** The IPAM plugin of a request's configuration; undefined where it names none. */
export function ipamOf(request: PluginRequest, host: PluginHost): Ipam | undefined {
  const type = request.conf.ipamType;
  if (type === undefined) return undefined;
  const call = async (command: "DEL" | "CHECK" | "GC" | "STATUS"): Promise<void> => {
    await delegate(request, host, { type, command });
  };
  return {
    add: async () => {
      const result = await delegate(request, host, { type, command: "ADD" });
      if (result === undefined || result.ips.length === 0) {
        throw new CniError(CNI_ERROR.internal, "IPAM plugin returned missing IP config");
      }
      return result;
    },
    del: () => call("DEL"),
    check: () => call("CHECK"),
    gc: () => call("GC"),
    status: () => call("STATUS"),
  };
}

/** As ipamOf, for the plugins that cannot do without: CniError 7 where the configuration names none. */
export function requireIpam(request: PluginRequest, host: PluginHost): Ipam {
  const ipam = ipamOf(request, host);
  if (ipam !== undefined) return ipam;
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot use the configuration of "${request.conf.name}": ipam.type is missing`,
  );
}

/** Gets addresses, does `body` with them, and gives them back where it fails. */
export async function withAddresses<T>(
  ipam: Ipam,
  body: (ipamResult: CniResult) => Promise<T> | T,
): Promise<T> {
  let ipamResult: CniResult;
  try {
    ipamResult = await ipam.add();
    return await body(ipamResult);
  } catch (thrown) {
    // SPEC 1.1, section 4: a plugin whose ADD fails should DEL its delegate. The first error counts.
    await ipam.del().catch(() => {});
    throw thrown;
  }
}
