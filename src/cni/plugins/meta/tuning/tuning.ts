import { Conn } from "../../../../netlink/mod.ts";
import { findLink, getLink, type Link, setLink } from "../../../../rtnl/mod.ts";
import { findDuplicateKeys } from "../../../conf/duplicate-keys.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniResult } from "../../../result/types.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { checkFailed } from "../../lib/check-link.ts";
import { findHostPeer } from "../../lib/host-peer.ts";
import { Pod } from "../../lib/pod.ts";
import { requirePrevResult } from "../../lib/prev-result.ts";
import { checkAllowlist } from "./allowlist.ts";
import {
  type BackupPlace,
  backupName,
  listBackups,
  readBackup,
  removeBackup,
  removeNamedBackup,
  writeBackup,
} from "./backup.ts";
import {
  isEmptySettings,
  type LinkSettings,
  linkChanges,
  presentSettings,
} from "./link-settings.ts";
import { isSameValue, readSysctlValue, setSysctls } from "./sysctls.ts";
import {
  dataDirOf,
  readTuningConf,
  type Sysctl,
  type TuningConf,
  type TuningRequest,
} from "./tuning-conf.ts";

/** Sets sysctls of the pod and settings of its interface, and puts the latter back on DEL. */
export const tuning: Plugin = {
  name: "tuning",
  supportedVersions: SPEC_VERSIONS,

  add(request) {
    const { sysctls, settings } = readAllowed(request);
    const prevResult = requirePrevResult(request);
    using pod = Pod.open(request.netns);
    const { undo } = pod.inside(() => setSysctls(sysctls));
    try {
      if (isEmptySettings(settings)) return prevResult;
      applySettings(pod, request, settings);
    } catch (thrown) {
      pod.inside(undo);
      throw thrown;
    }
    return withSettings(prevResult, request.ifName, settings);
  },

  del(request) {
    const place = placeOf(request);
    using pod = Pod.find(request.netns);
    const link = pod === undefined ? undefined : findLink(pod.conn, request.ifName);
    const backup = readBackup(place);
    if (pod !== undefined && link !== undefined && backup !== undefined) {
      setBothEnds(pod, link, backup);
    }
    removeBackup(place);
  },

  check(request) {
    const { sysctls, settings } = readAllowed(request);
    using pod = Pod.open(request.netns);
    pod.inside(() => {
      for (const sysctl of sysctls) checkSysctl(request, sysctl);
    });
    if (!isEmptySettings(settings))
      checkSettings(request, findLink(pod.conn, request.ifName), settings);
  },

  gc({ conf }) {
    const dataDir = dataDirOf(conf);
    const valid = new Set((conf.validAttachments ?? []).map(backupName));
    const invalid = listBackups(dataDir, conf.name).filter((name) => !valid.has(name));
    return attemptAll(invalid.map((name) => () => removeNamedBackup(dataDir, name)));
  },

  status(request) {
    // There is no interface yet; any name will do.
    readAllowed({ ...request, ifName: "eth0" });
    dataDirOf(request.conf);
  },
};

function readAllowed(request: TuningRequest & Pick<PluginRequest, "stdin">): TuningConf {
  refuseDuplicates(request.stdin);
  const conf = readTuningConf(request);
  checkAllowlist(conf.sysctls.map(({ key }) => key));
  return conf;
}

/** Which of two values of one sysctl is meant cannot be known; JSON.parse keeps the last. */
function refuseDuplicates(stdin: string): void {
  for (const { path, key } of findDuplicateKeys(stdin)) {
    const where = path.join(".");
    if (!SYSCTL_OBJECTS.has(where.toLowerCase())) continue;
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot use "${where}" of the configuration: it has the key "${key}" more than once`,
    );
  }
}

/** The objects of a configuration that have sysctls. */
const SYSCTL_OBJECTS: ReadonlySet<string> = new Set(["sysctl", "args.cni.sysctl"]);

function placeOf({ conf, containerId, ifName }: PluginRequest): BackupPlace {
  return {
    dataDir: dataDirOf(conf),
    network: conf.name,
    attachment: { containerId, ifName },
  };
}

/** Keeps how the link is and changes it, in one request; both or none. */
function applySettings(pod: Pod, request: PluginRequest, settings: LinkSettings): void {
  const place = placeOf(request);
  const link = getLink(pod.conn, request.ifName);
  const present = presentSettings(link, settings);
  writeBackup(place, originalSettings(present, settings, readBackup(place)));
  try {
    setBothEnds(pod, link, settings);
  } catch (thrown) {
    restoreQuietly(pod, link, present);
    removeBackup(place);
    throw thrown;
  }
}

/**
 * What DEL is to put back. An ADD of this attachment that was interrupted may have changed the link
 * already: then its value is the wanted one, and the one before is in that ADD's backup.
 */
function originalSettings(
  present: LinkSettings,
  wanted: LinkSettings,
  earlier: LinkSettings | undefined,
): LinkSettings {
  if (earlier === undefined) return present;
  const applied = Object.entries(earlier).filter(
    // cast: the keys of LinkSettings are these
    ([key]) => present[key as keyof LinkSettings] === wanted[key as keyof LinkSettings],
  );
  return { ...present, ...Object.fromEntries(applied) };
}

/** Of a refused change some of it may have been made. */
function restoreQuietly(pod: Pod, link: Link, settings: LinkSettings): void {
  // The error that led here is the one to report.
  try {
    setBothEnds(pod, link, settings);
  } catch {}
}

/**
 * Changes the pod's link, and the MTU of a veth's other end on the host too: an end drops packets
 * that are larger than its own MTU without a word, so that the host must know it.
 */
function setBothEnds(pod: Pod, link: Link, settings: LinkSettings): void {
  setLink(pod.conn, link.index, linkChanges(settings));
  const { mtu } = settings;
  if (mtu === undefined) return;
  using host = Conn.open();
  const peer = findHostPeer(host, link);
  if (peer !== undefined && peer.mtu !== mtu) setLink(host, peer.index, { mtu });
}

/** The result of the plugins before with the pod's interface as it is now. */
function withSettings(result: CniResult, ifName: string, { mac, mtu }: LinkSettings): CniResult {
  return {
    ...result,
    interfaces: result.interfaces.map((link) => {
      if (link.name !== ifName || link.sandbox === undefined) return link;
      return {
        ...link,
        ...(mac === undefined ? {} : { mac }),
        ...(mtu === undefined || link.mtu === undefined ? {} : { mtu }),
      };
    }),
  };
}

function checkSysctl(request: PluginRequest, { path, value }: Sysctl): void {
  const present = readSysctlValue(path);
  // One that can only be written has no value to compare.
  if (present === undefined || isSameValue(present, value)) return;
  throw checkFailed(request, `the sysctl "${path}" is "${present}", not "${value}"`);
}

function checkSettings(
  request: PluginRequest,
  link: Link | undefined,
  settings: LinkSettings,
): void {
  if (link === undefined) {
    throw checkFailed(request, `the interface is missing in "${request.netns}"`);
  }
  const present = new Map(Object.entries(presentSettings(link, settings)));
  for (const [key, wanted] of Object.entries(settings)) {
    const found = present.get(key);
    if (found !== wanted) throw checkFailed(request, `${key} is ${found}, not ${wanted}`);
  }
}
