/**
 * CNI network configuration, specification 1.1.0: a single plugin's conf, a list of them, and of
 * the reference plugins bridge, loopback and host-local what is needed to check a node's network.
 */
import {
  any,
  boolean,
  integer,
  list,
  map,
  object,
  required,
  type Schema,
  type SchemaNode,
  text,
} from "../schema/schema.ts";

const cidr = text({ format: "cidr", nonEmpty: true });
const ip = text({ format: "ip", nonEmpty: true });

const route = object({
  dst: required(text({ nonEmpty: true })),
  gw: ip,
  mtu: integer({ min: 0 }),
  advmss: integer({ min: 0 }),
  priority: integer({ min: 0 }),
  table: integer({ min: 0 }),
  scope: integer({ min: 0 }),
});

const range = { rangeStart: ip, rangeEnd: ip, gateway: ip };

const hostLocal = {
  type: required(text({ nonEmpty: true })),
  subnet: cidr,
  ...range,
  ranges: list(list(object({ subnet: required(cidr), ...range }))),
  routes: list(route),
  dataDir: text({ default: "/var/lib/cni/networks" }),
  resolvConf: text(),
};

const dns = object({
  nameservers: list(text()),
  domain: text(),
  search: list(text()),
  options: list(text()),
});

const pluginFields = {
  type: required(text({ nonEmpty: true })),
  capabilities: map(boolean()),
  runtimeConfig: any(),
  args: any(),
  dns,
  ipMasq: boolean({ default: false }),
  prevResult: any(),
};

const bridgeFields = {
  bridge: text({ default: "cni0" }),
  isGateway: boolean({ default: false }),
  isDefaultGateway: boolean({ default: false }),
  forceAddress: boolean({ default: false }),
  ipMasqBackend: text(),
  mtu: integer({ min: 0 }),
  hairpinMode: boolean({ default: false }),
  promiscMode: boolean({ default: false }),
  vlan: integer({ min: 0, max: 4094 }),
  vlanTrunk: list(object({ id: integer(), minID: integer(), maxID: integer() })),
  preserveDefaultVlan: boolean({ default: false }),
  macspoofchk: boolean({ default: false }),
  enabledad: boolean({ default: false }),
  disableContainerInterface: boolean({ default: false }),
  portIsolation: boolean({ default: false }),
  mac: text(),
};

const networkFields = {
  cniVersion: text({ nonEmpty: true }),
  cniVersions: list(text({ nonEmpty: true })),
  name: required(text({ nonEmpty: true })),
};

/** How keys are taken that no table has: plugins have their own, so nothing is said of them. */
const open = { unknownKeys: "allow" } as const;

const ipamOf = (ipamType: string | undefined): Schema =>
  ipamType === "host-local"
    ? object(hostLocal, open)
    : object({ type: required(text({ nonEmpty: true })) }, open);

/** A plugin's own keys, by its type and that of its IPAM. */
function pluginKeys(type: string | undefined, ipamType: string | undefined) {
  const own = type === "bridge" ? bridgeFields : {};
  return { ...pluginFields, ...own, ipam: ipamOf(ipamType) };
}

/** The schema of an entry of `plugins`, or of a whole conf where `isConf`. */
export function pluginSchema(
  type: string | undefined,
  ipamType: string | undefined,
  isConf: boolean,
): SchemaNode {
  const fields = pluginKeys(type, ipamType);
  // A list's own entries may repeat the network's name and version; libcni writes them over.
  const network = isConf ? networkFields : { cniVersion: text(), name: text() };
  return object({ ...network, ...fields }, open);
}

/** The schema of a list, its plugins apart. */
export const confListSchema = object(
  {
    ...networkFields,
    disableCheck: boolean({ default: false }),
    disableGC: boolean({ default: false }),
    loadOnlyInlinedPlugins: boolean({ default: false }),
    plugins: required(list(any())),
  },
  open,
);
