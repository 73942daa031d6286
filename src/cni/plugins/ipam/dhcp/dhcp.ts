import { CNI_ERROR, CniError } from "../../../errors.ts";
import { EMPTY_RESULT } from "../../../result/types.ts";
import type { Plugin, PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { callDaemon, type DaemonAnswer } from "./daemon-call.ts";
import { readDhcpConf } from "./ipam-conf.ts";
import { RpcUnreachableError } from "./rpc/rpc-client.ts";

/**
 * Addresses from a DHCP server. A lease must be renewed as long as the pod lives, which a plugin
 * does not: `dhcp daemon` does it, this hands each call to it.
 */
export const dhcp: Plugin = {
  name: "dhcp",
  supportedVersions: SPEC_VERSIONS,

  async add(request) {
    // Here, so that the error is the plugin's whichever daemon runs.
    readDhcpConf(request.conf);
    const { result } = await callDaemon(request);
    return result ?? EMPTY_RESULT;
  },

  async del(request, host) {
    await giveBack(request, host);
  },

  async check(request, { log }) {
    const { isReference } = await callDaemon(request);
    if (isReference) log("The reference's DHCP daemon cannot tell whether it has a lease");
  },

  async gc(request, host) {
    const answer = await giveBack(request, host);
    if (answer?.isReference === true) {
      host.log("The reference's DHCP daemon gives leases back by DEL alone");
    }
  },

  async status(request) {
    readDhcpConf(request.conf);
    try {
      await callDaemon(request);
    } catch (thrown) {
      if (!(thrown instanceof RpcUnreachableError)) throw thrown;
      const { message, fix = "" } = thrown;
      // Pods that are there lose their addresses when nobody asks for more time.
      throw new CniError(CNI_ERROR.limitedConnectivity, message, { details: fix, cause: thrown });
    }
  },
};

/** How often a daemon is looked for that begins or ends just now, and the pause between. */
const ATTEMPTS = 50;
const PAUSE_MS = 100;

/**
 * DEL and GC are done without a daemon as well: a pod must not stay because none runs. Nor does the
 * reference's daemon know what one of ours had before it.
 */
async function giveBack(
  request: PluginRequest,
  host: PluginHost,
): Promise<DaemonAnswer | undefined> {
  for (let attempt = 1; ; attempt++) {
    const answer = await tryDaemon(request);
    if (answer?.isReference === false) return answer;
    const { giveBackWithoutDaemon } = await import("./without-daemon.ts");
    if (await giveBackWithoutDaemon(request, host)) return answer;
    if (attempt === ATTEMPTS) {
      throw new CniError(
        CNI_ERROR.tryAgainLater,
        `Cannot ${request.command}: the DHCP daemon holds its leases and does not answer`,
      );
    }
    await Bun.sleep(PAUSE_MS);
  }
}

/** undefined where there is none. */
async function tryDaemon(request: PluginRequest): Promise<DaemonAnswer | undefined> {
  try {
    return await callDaemon(request);
  } catch (thrown) {
    if (thrown instanceof RpcUnreachableError) return undefined;
    throw thrown;
  }
}
