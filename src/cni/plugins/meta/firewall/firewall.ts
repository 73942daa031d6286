import { formatAddress, type IpAddress } from "../../../../ip/mod.ts";
import type { Conn } from "../../../../netlink/mod.ts";
import { openNftIfThere } from "../../../../nft/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniResult } from "../../../result/types.ts";
import type { Plugin, PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import type { Owner } from "../../lib/owner.ts";
import { requirePrevResult } from "../../lib/prev-result.ts";
import { type ChosenBackend, chooseBackend, findDroppingChains } from "./choose-backend.ts";
import { dataDirOf, type FirewallConf, parseFirewallConf } from "./firewall-conf.ts";
import {
  type FirewallRecord,
  listRecords,
  readRecord,
  removeRecord,
  writeRecord,
} from "./firewall-records.ts";
import { Firewalld } from "./firewalld.ts";
import {
  missingIptablesFirewall,
  setUpIptablesFirewall,
  sourceText,
  tearDownIptablesFirewall,
} from "./iptables-firewall.ts";
import {
  type BridgePolicy,
  collectNftFirewall,
  hasNftFirewall,
  missingNftFirewall,
  setUpNftFirewall,
  tearDownNftFirewall,
} from "./nft-firewall.ts";

/** Lets forwarded packets from and to the pod through the host's firewall. */
export const firewall: Plugin = {
  name: "firewall",
  supportedVersions: SPEC_VERSIONS.slice(SPEC_VERSIONS.indexOf("0.4.0")),

  async add(request, host) {
    const conf = parseFirewallConf(request.conf);
    const prevResult = requirePrevResult(request);
    const what = wantedOf(conf, prevResult);
    using conn = openNftIfThere();
    const backend = await chooseBackend(conf, { conn, env: host.env });
    using _firewalld = backend.kind === "firewalld" ? backend.firewalld : undefined;
    try {
      await setUp({ request, host, conf, conn, backend, what });
    } catch (thrown) {
      // The first failure is the one to tell.
      await takeBack(request, host, conn).catch(() => {});
      throw thrown;
    }
    return prevResult;
  },

  async del(request, host) {
    using conn = openNftIfThere();
    await takeBack(request, host, conn);
  },

  async check(request, host) {
    const conf = parseFirewallConf(request.conf);
    const { prevResult } = request.conf;
    if (prevResult === undefined) return;
    const what = wantedOf(conf, prevResult);
    using conn = openNftIfThere();
    const backend = await chooseBackend(conf.backend === undefined ? took(request, conn) : conf, {
      conn,
      env: host.env,
    });
    using _firewalld = backend.kind === "firewalld" ? backend.firewalld : undefined;
    const missing = await missingOf({ request, host, conf, conn, backend, what });
    if (missing.length > 0) throw checkFailed(request, `${missing.join(", ")} is missing`);
  },

  async gc(request, host) {
    const { name, validAttachments } = request.conf;
    if (validAttachments === undefined) return;
    const dataDir = dataDirOf(request.conf);
    using conn = openNftIfThere();
    const stale = listRecords(dataDir, name).filter(
      (record) =>
        !validAttachments.some(
          (one) => one.containerId === record.containerId && one.ifName === record.ifName,
        ),
    );
    await attemptAll([
      () => {
        if (conn !== undefined) collectNftFirewall(conn, name, validAttachments);
      },
      ...stale.map((record) => async () => {
        await closeRecorded(record, { conn, env: host.env });
        removeRecord(dataDir, record);
      }),
    ]);
  },

  async status(request, host) {
    const conf = parseFirewallConf(request.conf);
    using conn = openNftIfThere();
    const backend = await chooseBackend(conf, { conn, env: host.env }, CNI_ERROR.notAvailable);
    if (backend.kind === "firewalld") backend.firewalld[Symbol.dispose]();
    if (backend.kind === "nftables") tellOfDrops(backend.conn, host);
  },
};

/** What an ADD of this configuration lets through. */
interface Wanted {
  readonly addresses: readonly IpAddress[];
  readonly policy?: BridgePolicy;
}

interface Call {
  readonly request: PluginRequest;
  readonly host: PluginHost;
  readonly conf: FirewallConf;
  readonly conn: Conn | undefined;
  readonly backend: ChosenBackend;
  readonly what: Wanted;
}

function wantedOf(conf: FirewallConf, result: CniResult): Wanted {
  const addresses = result.ips.map((ip) => ip.address.address);
  if (conf.ingressPolicy === "open") return { addresses };
  const bridge = result.interfaces[0]?.name ?? "";
  if (bridge === "") {
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot use ingressPolicy "${conf.ingressPolicy}": prevResult has no bridge`,
      { fix: "Put firewall after bridge in the list" },
    );
  }
  return { addresses, policy: { bridge, isIsolated: conf.ingressPolicy === "isolated" } };
}

async function setUp(call: Call): Promise<void> {
  const { request, host, conf, conn, backend, what } = call;
  const owner = ownerOf(request);
  if (backend.kind === "nftables") {
    setUpNftFirewall(backend.conn, owner, what);
    tellOfDrops(backend.conn, host);
    return;
  }
  const { kind } = backend;
  const { addresses } = what;
  const zone = kind === "firewalld" ? conf.zone : "";
  // Before the rules: what is written and not there is no harm, what is there and not written is.
  writeRecord(conf.dataDir, { ...owner, backend: kind, zone, addresses });
  if (kind === "iptables") {
    setUpIptablesFirewall(host.env, { ...what, adminChain: conf.adminChain });
    return;
  }
  for (const address of addresses) {
    await backend.firewalld.addSource(zone, sourceText(address));
  }
  if (what.policy === undefined) return;
  // firewalld knows no such policy; a drop in nftables holds beside whatever it accepts.
  if (conn !== undefined) setUpNftFirewall(conn, owner, what);
  else setUpIptablesFirewall(host.env, { ...what, adminChain: conf.adminChain });
}

/** What is dropped elsewhere is not let through by us: that should be known. */
function tellOfDrops(conn: Conn, host: PluginHost): void {
  for (const { family, table, chain } of findDroppingChains(conn)) {
    host.log(
      `firewall: the chain ${chain} of table ${family} ${table} drops what it does not accept; pods are forwarded only as its own rules say`,
    );
  }
}

async function missingOf(call: Call): Promise<readonly string[]> {
  const { request, host, conf, conn, backend, what } = call;
  const owner = ownerOf(request);
  if (backend.kind === "nftables") return missingNftFirewall(backend.conn, owner, what);
  if (backend.kind === "iptables") {
    return missingIptablesFirewall(host.env, { ...what, adminChain: conf.adminChain });
  }
  const missing: string[] = [];
  for (const address of what.addresses) {
    const source = sourceText(address);
    if (await backend.firewalld.hasSource(conf.zone, source)) continue;
    missing.push(`${source} in the zone "${conf.zone}"`);
  }
  if (what.policy === undefined || conn === undefined) return missing;
  return [...missing, ...missingNftFirewall(conn, owner, what)];
}

/** The backend that an ADD took, where the configuration leaves it open; none where there was none. */
function took(request: PluginRequest, conn: Conn | undefined): Pick<FirewallConf, "backend"> {
  const owner = ownerOf(request);
  const record = readRecord(dataDirOf(request.conf), owner);
  if (record !== undefined) return { backend: record.backend };
  return conn !== undefined && hasNftFirewall(conn, owner) ? { backend: "nftables" } : {};
}

async function takeBack(
  request: PluginRequest,
  host: PluginHost,
  conn: Conn | undefined,
): Promise<void> {
  await attemptAll([
    () => {
      if (conn !== undefined) tearDownNftFirewall(conn, ownerOf(request));
    },
    () => closeFor(request, host, conn),
  ]);
}

/** Takes back what iptables or firewalld let through: by the record, and by prevResult. */
async function closeFor(
  request: PluginRequest,
  host: PluginHost,
  conn: Conn | undefined,
): Promise<void> {
  const dataDir = dataDirOf(request.conf);
  const owner = ownerOf(request);
  const record = readRecord(dataDir, owner);
  const place = { conn, env: host.env };
  if (record !== undefined) await closeRecorded(record, place);
  // The reference plugin writes nothing down, and what is written may be of an earlier attachment.
  const known = new Set(record?.addresses.map(formatAddress));
  const addresses = (request.conf.prevResult?.ips ?? [])
    .map((ip) => ip.address.address)
    .filter((address) => !known.has(formatAddress(address)));
  if (addresses.length > 0) {
    tearDownIptablesFirewall(place, addresses);
    const zone = request.conf.object.text("firewalldZone") ?? "";
    await closeZone(place.env, zone === "" ? "trusted" : zone, addresses);
  }
  removeRecord(dataDir, owner);
}

async function closeRecorded(
  record: FirewallRecord,
  place: Parameters<typeof tearDownIptablesFirewall>[0],
): Promise<void> {
  tearDownIptablesFirewall(place, record.addresses);
  if (record.backend === "firewalld") await closeZone(place.env, record.zone, record.addresses);
}

/** A firewalld that does not run any more has forgotten its sources. */
async function closeZone(
  env: PluginHost["env"],
  zone: string,
  addresses: readonly IpAddress[],
): Promise<void> {
  using firewalld = await Firewalld.find(env);
  for (const address of addresses) await firewalld?.removeSource(zone, sourceText(address));
}

function ownerOf({ conf, containerId, ifName }: PluginRequest): Owner {
  return { network: conf.name, containerId, ifName };
}
