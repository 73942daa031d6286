import type { CniConfig, CniPluginConfig } from "../../../config/mod.ts";
import { parseInterfaceAddress } from "../../../ip/mod.ts";
import type { NetworkFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { INTERFACE_PLUGINS } from "../../tables/cni-plugins.ts";

/** SPEC 1.1: a network's name becomes that of a directory. */
const NETWORK_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** What the kernel takes for a link's name. */
const LINK_NAME = /^(?!\.{1,2}$)[^\s/:]{1,15}$/;

/** Names, routes and an IPAM plugin, as the plugins of a network want them. */
export function checkNames({ config, plugins }: NetworkFact): readonly Found[] {
  if (config === undefined) return [];
  const found: Found[] = [];
  const { name } = config;
  if (name !== undefined && !NETWORK_NAME.test(name.value)) {
    const message = `A network's name begins with a letter or digit and goes on with those, "_", "." and "-": "${name.value}"`;
    found.push({ message, locations: [name.location] });
  }
  return [...found, ...plugins.flatMap((plugin) => checkPlugin(config, plugin))];
}

function checkPlugin(config: CniConfig, plugin: CniPluginConfig): readonly Found[] {
  const { type, bridge, path } = plugin;
  const found: Found[] = [];
  if (type?.value === "bridge" && bridge !== undefined && !LINK_NAME.test(bridge.value)) {
    const message = `A link's name has 1 to 15 characters, without blanks, "/" and ":": "${bridge.value}"`;
    found.push({ message, locations: [bridge.location] });
  }
  if (type !== undefined && INTERFACE_PLUGINS.has(type.value) && !hasAddresses(config, plugin)) {
    const message = `Pods get no address: the plugin "${type.value}" has no ipam`;
    const fix = 'Add "ipam" with the type host-local';
    found.push({ message, locations: [type.location], fix });
  }
  const routes = config.document.node([...path, "ipam", "routes"]);
  const count = routes?.kind === "list" ? routes.items.length : 0;
  for (let index = 0; index < count; index++) {
    const at = [...path, "ipam", "routes", index, "dst"];
    const node = config.document.node(at);
    if (node?.kind !== "scalar" || typeof node.value !== "string" || node.value === "") continue;
    const parsed = parseInterfaceAddress(node.value);
    if (parsed.ok) continue;
    const message = `A route's destination is a subnet: ${parsed.error}`;
    found.push({ message, locations: [config.document.at(at)] });
  }
  return found;
}

function hasAddresses({ document }: CniConfig, { path, ipamType }: CniPluginConfig): boolean {
  const node = document.node([...path, "disableContainerInterface"]);
  const isLinkOnly = node?.kind === "scalar" && node.value === true;
  // An ipam without a type is said to lack that.
  return ipamType !== undefined || isLinkOnly || document.node([...path, "ipam"]) !== undefined;
}
