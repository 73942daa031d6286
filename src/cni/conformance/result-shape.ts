import { parseInterfaceAddress } from "../../ip/mod.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { isAtLeast } from "../version.ts";

/** What is wrong with a result as one version of the specification has it; undefined where nothing is. */
export function wrongShape(result: JsonObject | undefined, version: string): string | undefined {
  if (result === undefined) return "it printed no JSON object";
  if (result["cniVersion"] !== version) {
    return `its cniVersion is ${JSON.stringify(result["cniVersion"])} instead of ${version}`;
  }
  return isAtLeast(version, "0.3.0") ? wrongLists(result, version) : wrongFamilies(result);
}

function wrongLists(result: JsonObject, version: string): string | undefined {
  if ("ip4" in result || "ip6" in result) return "it has ip4 or ip6, which 0.3.0 has ended";
  for (const link of objects(result["interfaces"])) {
    if (typeof link["name"] !== "string") return "an interface has no name";
    const isNew = ["mtu", "socketPath", "pciID"].some((key) => key in link);
    if (isNew && !isAtLeast(version, "1.0.0")) return "an interface has keys of 1.1.0";
  }
  const count = objects(result["interfaces"]).length;
  for (const ip of objects(result["ips"])) {
    const address = parseInterfaceAddress(String(ip["address"]));
    if (!address.ok) return `an address is ${JSON.stringify(ip["address"])}`;
    const family = isAtLeast(version, "1.0.0") ? undefined : String(address.value.address.family);
    if (ip["version"] !== family)
      return `an address has "version" ${JSON.stringify(ip["version"])}`;
    const index = ip["interface"];
    if (index !== undefined && !(Number(index) >= 0 && Number(index) < count)) {
      return `an address is of interface ${JSON.stringify(index)} out of ${count}`;
    }
  }
  return undefined;
}

function wrongFamilies(result: JsonObject): string | undefined {
  for (const key of ["interfaces", "ips", "routes"]) {
    if (key in result) return `it has ${key}, which came with 0.3.0`;
  }
  const families = ["ip4", "ip6"].flatMap((key) => {
    const value = result[key];
    return isJsonObject(value) ? [value] : [];
  });
  if (families.length === 0) return "it has neither ip4 nor ip6";
  const wrong = families.find((family) => !parseInterfaceAddress(String(family["ip"])).ok);
  return wrong === undefined ? undefined : `an address is ${JSON.stringify(wrong["ip"])}`;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
