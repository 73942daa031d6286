import type { Plugin } from "../skel/plugin.ts";
import { hostLocal } from "./ipam/host-local/host-local.ts";
import { staticIpam } from "./ipam/static/static.ts";
import type { DelegateLoaders } from "./program.ts";

/** What a plugin of links calls in its own process where CNI_PATH leads to this executable. */
export const IPAM_PLUGINS: DelegateLoaders = {
  // What it speaks to its daemon with would double what the others load.
  dhcp: async (): Promise<Plugin> => (await import("./programs/dhcp.ts")).delegate,
  "host-local": () => hostLocal,
  static: () => staticIpam,
};
