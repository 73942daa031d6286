import { formatMac, parseAddress, parseMac } from "../../../../../ip/mod.ts";
import { ConfObject } from "../../../../conf-object.ts";
import type { JsonObject, JsonValue } from "../../../../json.ts";
import { decodeResult } from "../../../../result/decode-result.ts";
import { encodeResult } from "../../../../result/encode-result.ts";
import { CURRENT_VERSION } from "../../../../version.ts";
import type { ClientIdentity } from "../client/dhcp-client.ts";
import type { Lease } from "../client/lease.ts";
import type { LeaseOwner } from "../client-id.ts";
import { formatIpv4 } from "../wire/option-values.ts";

/** All that is needed to go on with a lease. Times are of the machine's clock since boot. */
export interface LeaseRecord {
  readonly owner: LeaseOwner;
  /** CNI_NETNS of the ADD. */
  readonly netns: string;
  /** Which namespace that was: the path may come to lead to another one. */
  readonly netnsId: string;
  readonly identity: ClientIdentity;
  readonly lease: Lease;
  /** Set from when the lease has ended without a new one: what was taken off the link then. */
  readonly takenOff?: TakenOff;
}

/** What a link lost together with its address. */
export interface TakenOff {
  /** Absent where the link did not have the address. */
  readonly prefixLength?: number;
  /** Routes of the link, as in listRoutes, in the order in which they can be added again. */
  readonly routes: readonly JsonObject[];
}

/** The record as JSON. */
export function encodeRecord(record: LeaseRecord): JsonObject {
  const { owner, identity, lease, takenOff } = record;
  return {
    ...owner,
    netns: record.netns,
    netnsId: record.netnsId,
    clientId: identity.clientId.toHex(),
    provide: [...identity.provide].map(([code, value]) => ({ code, value: value.toHex() })),
    request: identity.request,
    result: encodeResult(lease.result, CURRENT_VERSION),
    server: formatIpv4(lease.server.id),
    serverMac: formatMac(lease.server.mac),
    renewAtMs: encodeTime(lease.renewAtMs),
    rebindAtMs: encodeTime(lease.rebindAtMs),
    expireAtMs: encodeTime(lease.expireAtMs),
    ...(takenOff === undefined ? {} : { takenOff: encodeTakenOff(takenOff) }),
  };
}

function encodeTakenOff({ prefixLength, routes }: TakenOff): JsonObject {
  return { ...(prefixLength === undefined ? {} : { prefixLength }), routes };
}

/** Reads a record; throws an error that says what is wrong with it. */
export function decodeRecord(json: JsonObject): LeaseRecord {
  const object = new ConfObject(json);
  const result = decodeResult(object.object("result")?.raw);
  const address = result.ips[0]?.address.address;
  if (address === undefined) throw object.wrong("result", "a result with an address");
  const takenOff = object.object("takenOff");
  return {
    owner: {
      containerId: text(object, "containerId"),
      network: text(object, "network"),
      ifName: text(object, "ifName"),
    },
    netns: text(object, "netns"),
    netnsId: text(object, "netnsId"),
    identity: {
      clientId: Uint8Array.fromHex(text(object, "clientId")),
      provide: new Map(
        object
          .objects("provide")
          .map((option) => [integer(option, "code"), Uint8Array.fromHex(text(option, "value"))]),
      ),
      request: integers(object, "request"),
    },
    lease: {
      address: Number(address.value),
      result,
      server: { id: ipv4Number(object, "server"), mac: mac(object, "serverMac") },
      renewAtMs: time(object, "renewAtMs"),
      rebindAtMs: time(object, "rebindAtMs"),
      expireAtMs: time(object, "expireAtMs"),
    },
    ...(takenOff === undefined ? {} : { takenOff: decodeTakenOff(takenOff) }),
  };
}

function decodeTakenOff(object: ConfObject): TakenOff {
  const prefixLength = object.integer("prefixLength", { min: 0, max: 32 });
  return {
    ...(prefixLength === undefined ? {} : { prefixLength }),
    routes: object.objects("routes").map((route) => route.raw),
  };
}

/** JSON has no infinity: null is never. */
function encodeTime(timeMs: number): JsonValue {
  return Number.isFinite(timeMs) ? Math.round(timeMs) : null;
}

function time(object: ConfObject, key: string): number {
  return object.integer(key) ?? Number.POSITIVE_INFINITY;
}

function text(object: ConfObject, key: string): string {
  const value = object.text(key);
  if (value === undefined) throw object.wrong(key, "a text");
  return value;
}

function integer(object: ConfObject, key: string): number {
  const value = object.integer(key, { min: 0 });
  if (value === undefined) throw object.wrong(key, "an integer");
  return value;
}

function integers(object: ConfObject, key: string): readonly number[] {
  const value = object.value(key);
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  throw object.wrong(key, "a list of integers");
}

function ipv4Number(object: ConfObject, key: string): number {
  const parsed = parseAddress(text(object, key));
  if (!parsed.ok || parsed.value.family !== 4) throw object.wrong(key, "an IPv4 address");
  return Number(parsed.value.value);
}

function mac(object: ConfObject, key: string): Uint8Array {
  const parsed = parseMac(text(object, key));
  if (!parsed.ok) throw object.wrong(key, "a MAC address");
  return parsed.value;
}
