import {
  cidrContains,
  formatInterfaceAddress,
  type InterfaceAddress,
  type IpAddress,
  isMappedAddress,
  networkOf,
  parseAddress,
  parseInterfaceAddress,
} from "../../../../ip/mod.ts";
import { parseCniArgs } from "../../../conf/cni-args.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { decodeDns, decodeRoute } from "../../../result/decode-result.ts";
import type { CniIp, CniResult } from "../../../result/types.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { isAtLeast, SPEC_VERSIONS } from "../../../version.ts";
import { checkFailed } from "../../lib/check-link.ts";

/** The addresses that the configuration names, or the caller asks for; nothing is remembered. */
export const staticIpam: Plugin = {
  name: "static",
  supportedVersions: SPEC_VERSIONS,

  add: (request) => readStatic(request),
  del() {},

  check(request) {
    const present = request.conf.prevResult?.ips ?? [];
    for (const { address } of readStatic(request).ips) {
      const text = formatInterfaceAddress(address);
      if (present.some((ip) => formatInterfaceAddress(ip.address) === text)) continue;
      throw checkFailed(request, `the address ${text} is not in prevResult`);
    }
  },

  gc() {},
  status(request) {
    readStatic(request);
  },
};

/** Later sources go before earlier ones: `addresses` and CNI_ARGS, `args.cni.ips`, `runtimeConfig.ips`. */
function readStatic(request: PluginRequest): CniResult {
  const { ipam, cniArgs, runtimeConfig } = request.conf;
  if (ipam === undefined) {
    throw new CniError(CNI_ERROR.invalidConfig, "Cannot use the configuration: ipam is missing");
  }
  const asked = textsOf(runtimeConfig, "ips") ?? textsOf(cniArgs, "ips");
  const ips =
    asked === undefined
      ? [...ipam.objects("addresses").map(readAddress), ...fromArgs(request)]
      : asked.map(({ text, wrong }) => ({ address: parseHost(text, wrong) }));
  checkCount(request, ips);
  const routes = ipam.objects("routes").map(decodeRoute);
  return { interfaces: [], ips, routes, dns: decodeDns(ipam.object("dns")) };
}

/** Results before 0.3.0 have a place for one address of each family: another would be lost. */
function checkCount({ conf }: PluginRequest, ips: readonly CniIp[]): void {
  if (isAtLeast(conf.cniVersion, "0.3.0")) return;
  for (const family of [4, 6] as const) {
    const count = ips.filter(({ address }) => address.address.family === family).length;
    if (count < 2) continue;
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot use the addresses of "${conf.name}": version "${conf.cniVersion}" has a place for one IPv${family} address, not ${count}`,
      { fix: 'Use "cniVersion" 0.3.0 or newer' },
    );
  }
}

interface AskedText {
  readonly text: string;
  readonly wrong: () => CniError;
}

function textsOf(object: ConfObject, key: string): readonly AskedText[] | undefined {
  const texts = object.texts(key) ?? [];
  if (texts.length === 0) return undefined;
  return texts.map((text) => ({
    text,
    wrong: () => object.wrong(key, "a list of ADDRESS/LENGTH"),
  }));
}

function readAddress(entry: ConfObject): CniIp {
  const address = parseHost(entry.text("address") ?? "", () =>
    entry.wrong("address", "ADDRESS/LENGTH"),
  );
  const text = entry.text("gateway") ?? "";
  if (text === "") return { address };
  const gateway = parseAddress(text);
  if (!gateway.ok) throw entry.wrong("gateway", "an IP address");
  return { address, gateway: gateway.value };
}

/** CNI_ARGS: IP is a list of ADDRESS/LENGTH, GATEWAY a list of which each goes with the net it is in. */
function fromArgs({ args }: PluginRequest): CniIp[] {
  const { IP = "", GATEWAY = "" } = parseCniArgs(args, ["IP", "GATEWAY"]);
  const gateways = words(GATEWAY).map((word): IpAddress => {
    const parsed = parseAddress(word);
    if (parsed.ok) return parsed.value;
    throw wrongArgs("GATEWAY", word);
  });
  return words(IP).map((word) => {
    const address = parseHost(word, () => wrongArgs("IP", word));
    const gateway = gateways.find((one) => cidrContains(networkOf(address), one));
    return gateway === undefined ? { address } : { address, gateway };
  });
}

function words(text: string): string[] {
  return text.split(",").filter((word) => word !== "");
}

function parseHost(text: string, wrong: () => CniError): InterfaceAddress {
  const parsed = parseInterfaceAddress(text);
  if (parsed.ok && !isMappedAddress(parsed.value.address)) return parsed.value;
  throw wrong();
}

function wrongArgs(key: string, value: string): CniError {
  return new CniError(
    CNI_ERROR.invalidEnvironment,
    `Cannot use ${key} of CNI_ARGS: "${value}" is not an address`,
  );
}
