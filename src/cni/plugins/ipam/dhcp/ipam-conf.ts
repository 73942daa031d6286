import type { PluginConf } from "../../../conf/plugin-conf.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { DHCP_OPTION } from "./wire/constants.ts";

/** An option that is sent to the server: a fixed text, or the value of a key of CNI_ARGS. */
export interface ProvidedOption {
  readonly code: number;
  readonly value: string;
  /** Empty for none; where CNI_ARGS has the key, its value counts. */
  readonly fromArg: string;
}

/** The `ipam` object of a configuration. */
export interface DhcpIpamConf {
  readonly socketPath: string;
  readonly provide: readonly ProvidedOption[];
  /** The parameter request list (option 55), without repetitions. */
  readonly request: readonly number[];
  /** The metric of all routes of the result; undefined for none. */
  readonly priority: number | undefined;
  /** Leave the gateway and default routes out of the result. */
  readonly suppressGateway: boolean;
  readonly shortClientId: boolean;
}

/** Where the daemon listens when nothing else is said: the reference's place. */
export const DEFAULT_SOCKET_PATH = "/run/cni/dhcp.sock";

/** Names of dhcp-options(5) that may stand for a number. */
const OPTION_NAMES: Readonly<Record<string, number>> = {
  "dhcp-client-identifier": DHCP_OPTION.CLIENT_ID,
  "subnet-mask": DHCP_OPTION.SUBNET_MASK,
  routers: DHCP_OPTION.ROUTERS,
  "host-name": DHCP_OPTION.HOST_NAME,
  "user-class": DHCP_OPTION.USER_CLASS,
  "vendor-class-identifier": DHCP_OPTION.VENDOR_CLASS,
};

/** RFC 3442: who understands classless routes asks for them before the others. */
const DEFAULT_REQUEST: readonly number[] = [
  DHCP_OPTION.SUBNET_MASK,
  DHCP_OPTION.CLASSLESS_ROUTES,
  DHCP_OPTION.STATIC_ROUTES,
  DHCP_OPTION.ROUTERS,
  DHCP_OPTION.DNS_SERVERS,
  DHCP_OPTION.DOMAIN_NAME,
  DHCP_OPTION.DOMAIN_SEARCH,
];

/** What only the client itself may say: a wrong one would break the exchange. */
const OWN_OPTIONS: ReadonlySet<number> = new Set([
  DHCP_OPTION.PAD,
  DHCP_OPTION.REQUESTED_ADDRESS,
  DHCP_OPTION.OVERLOAD,
  DHCP_OPTION.MESSAGE_TYPE,
  DHCP_OPTION.SERVER_ID,
  DHCP_OPTION.PARAMETER_LIST,
  DHCP_OPTION.END,
]);

const MAX_VALUE_BYTES = 255;

/** Reads `ipam`; CniError 7 names the key and the value that are wrong. */
export function readDhcpConf({ object, ipam }: PluginConf): DhcpIpamConf {
  if (ipam === undefined) throw object.wrong("ipam", "an object");
  const priority = ipam.integer("priority", { min: 0, max: 0xffff_ffff });
  return {
    socketPath: readSocketPath(ipam),
    provide: ipam.objects("provide").map(readProvided),
    request: readRequest(ipam),
    priority: priority === 0 ? undefined : priority,
    suppressGateway: readSuppress(ipam),
    shortClientId: ipam.boolean("shortClientId") ?? false,
  };
}

/** `ipam.daemonSocketPath` alone: what DEL needs, whatever else is wrong. */
export function readSocketPath(ipam: ConfObject | undefined): string {
  const path = ipam?.text("daemonSocketPath") ?? "";
  return path === "" ? DEFAULT_SOCKET_PATH : path;
}

/**
 * The options to send, values as bytes; one that is named twice has the last value. CNI_ARGS are
 * read leniently, as the reference does: what is no KEY=VALUE is passed over. CniError 7 for a value
 * of more than 255 bytes.
 */
export function providedValues(
  provide: readonly ProvidedOption[],
  cniArgs: string,
): ReadonlyMap<number, Uint8Array> {
  const args = new Map(
    cniArgs.split(";").flatMap((pair): [string, string][] => {
      const at = pair.indexOf("=");
      return at === -1 ? [] : [[pair.slice(0, at), pair.slice(at + 1)]];
    }),
  );
  const values = new Map<number, Uint8Array>();
  for (const { code, value, fromArg } of provide) {
    const text = (fromArg === "" ? undefined : args.get(fromArg)) ?? value;
    // An empty text is no value: an argument that the runtime did not give.
    if (text === "") continue;
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > MAX_VALUE_BYTES) {
      throw new CniError(
        CNI_ERROR.invalidConfig,
        `Cannot provide option ${code} from "${fromArg}" of CNI_ARGS: ${bytes.length} bytes are more than ${MAX_VALUE_BYTES}`,
      );
    }
    values.set(code, bytes);
  }
  return values;
}

function readProvided(object: ConfObject): ProvidedOption {
  const code = readOption(object);
  if (code === undefined || OWN_OPTIONS.has(code)) {
    throw object.wrong("option", "an option that may be provided");
  }
  const value = object.text("value") ?? "";
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    throw object.wrong("value", `a text of at most ${MAX_VALUE_BYTES} bytes`);
  }
  return { code, value, fromArg: object.text("fromArg") ?? "" };
}

function readRequest(ipam: ConfObject): readonly number[] {
  const entries = ipam.objects("request");
  const skipDefault = entries.some((entry) => entry.boolean("skipDefault") === true);
  const asked = entries.flatMap((entry) => readOption(entry) ?? []);
  return [...new Set([...(skipDefault ? [] : DEFAULT_REQUEST), ...asked])];
}

/** The number of an option; undefined where its text is empty: such an entry says something else. */
function readOption(object: ConfObject): number | undefined {
  const text = object.text("option") ?? "";
  if (text === "") return undefined;
  const named = Object.hasOwn(OPTION_NAMES, text) ? OPTION_NAMES[text] : undefined;
  const code = named ?? (/^\d{1,3}$/.test(text) ? Number(text) : Number.NaN);
  if (code >= 0 && code <= 255) return code;
  throw object.wrong("option", `0 to 255 or one of ${Object.keys(OPTION_NAMES).join(", ")}`);
}

/** The one thing that can be left out so far. */
const GATEWAY = "gateway";

function readSuppress(ipam: ConfObject): boolean {
  const items = ipam.texts("suppress") ?? [];
  if (items.some((item) => item !== GATEWAY)) throw ipam.wrong("suppress", `["${GATEWAY}"]`);
  return items.length > 0;
}
