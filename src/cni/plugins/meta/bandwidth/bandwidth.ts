import { Conn } from "../../../../netlink/mod.ts";
import { type Link, listLinks } from "../../../../rtnl/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniInterface } from "../../../result/types.ts";
import type { Plugin, PluginRequest } from "../../../skel/plugin.ts";
import { isAtLeast, SPEC_VERSIONS } from "../../../version.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import { checkFailed } from "../../lib/check-failed.ts";
import { Pod } from "../../lib/pod.ts";
import { requirePrevResult } from "../../lib/prev-result.ts";
import { type BandwidthConf, ignoredKeys, readBandwidthConf } from "./bandwidth-conf.ts";
import { findIfbs, listInvalidIfbs, removeIfb } from "./ifb.ts";
import type { NetworkAttachment } from "./ifb-name.ts";
import { probeShaping } from "./probe-shaping.ts";
import { listReceived } from "./redirect.ts";
import { missingShaping, shape, unshape } from "./shape.ts";
import { findShapedLink, type ShapedLink } from "./shaped-link.ts";
import { burstOf, tokenBucketOf } from "./token-bucket.ts";

/** Limits what a pod's interface receives and sends. */
export const bandwidth: Plugin = {
  name: "bandwidth",
  supportedVersions: SPEC_VERSIONS.filter((version) => isAtLeast(version, "0.3.0")),

  async add(request, host) {
    const conf = readBandwidthConf(request.conf);
    const prevResult = requirePrevResult(request);
    if (!hasLimits(conf)) return prevResult;
    using pod = Pod.open(request.netns);
    using hostConn = Conn.open();
    const shaped = requireShapedLink(pod, hostConn, request);
    for (const line of warnings(request, conf, shaped)) host.log(line);
    const attachment = attachmentOf(request);
    try {
      const ifb = shape(shaped, attachment, conf);
      if (ifb === undefined) return prevResult;
      const told: CniInterface = {
        name: ifb.name,
        mac: ifb.address,
        ...(shaped.isInPod ? { sandbox: request.netns } : {}),
      };
      return { ...prevResult, interfaces: [...prevResult.interfaces, told] };
    } catch (thrown) {
      // The error that led here is the one to report.
      await unshape(shaped, attachment, prevResult.interfaces).catch(() => {});
      throw thrown;
    }
  },

  async del(request) {
    using pod = Pod.find(request.netns);
    using hostConn = Conn.open();
    const attachment = attachmentOf(request);
    const told = request.conf.prevResult?.interfaces ?? [];
    const shaped = pod === undefined ? undefined : findShapedLink(pod, hostConn, request.ifName);
    // The reference's ifb has no alias, and a second interface of the container may have it.
    const isTarget = (ifb: Link): boolean =>
      !listLinks(hostConn).some(
        (link) => link.index !== shaped?.link.index && isRedirected(hostConn, link, ifb),
      );
    const ifbs = findIfbs(hostConn, attachment, { told, isTarget });
    await attemptAll([
      () => (shaped === undefined ? undefined : unshape(shaped, attachment, told)),
      ...ifbs.map((ifb) => () => removeIfb(hostConn, ifb)),
    ]);
  },

  check(request) {
    const conf = readBandwidthConf(request.conf);
    if (!hasLimits(conf)) return;
    using pod = Pod.open(request.netns);
    using hostConn = Conn.open();
    const shaped = requireShapedLink(pod, hostConn, request);
    const told = request.conf.prevResult?.interfaces ?? [];
    const missing = missingShaping(shaped, attachmentOf(request), { conf, told });
    if (missing !== undefined) throw checkFailed(request, missing);
  },

  gc({ conf }) {
    // What is shaped inside of a pod has gone with it.
    using conn = Conn.open();
    const invalid = listInvalidIfbs(conn, conf.name, conf.validAttachments ?? []);
    return attemptAll(invalid.map((ifb) => () => removeIfb(conn, ifb)));
  },

  status({ conf }) {
    readBandwidthConf(conf);
    probeShaping();
  },
};

/** True where what a link of the host receives goes to an ifb. */
function isRedirected(conn: Conn, link: Link, ifb: Link): boolean {
  if (link.kind !== "veth") return false;
  const received = listReceived({ conn, link, isInPod: false });
  return received.some(({ targetIndex }) => targetIndex === ifb.index);
}

function hasLimits({ ingress, egress }: BandwidthConf): boolean {
  return ingress !== undefined || egress !== undefined;
}

function attachmentOf({ conf, containerId, ifName }: PluginRequest): NetworkAttachment {
  return { network: conf.name, containerId, ifName };
}

function requireShapedLink(pod: Pod, host: Conn, request: PluginRequest): ShapedLink {
  const shaped = findShapedLink(pod, host, request.ifName);
  if (shaped !== undefined) return shaped;
  throw new CniError(
    CNI_ERROR.internal,
    `Cannot shape "${request.ifName}": there is no such interface in "${request.netns}"`,
  );
}

/** What will be otherwise than somebody may have meant. */
function warnings(
  { conf }: PluginRequest,
  { ingress, egress, latencyMs }: BandwidthConf,
  { link }: ShapedLink,
): readonly string[] {
  const ignored = ignoredKeys(conf).map(
    (key) => `"${key}" is not supported: the limits are for all traffic`,
  );
  const small = Object.entries({ ingress, egress }).flatMap(([direction, limit]) => {
    if (limit === undefined) return [];
    const burst = burstOf(tokenBucketOf(limit, latencyMs));
    if (burst >= link.mtu) return [];
    return `"${direction}Burst" lets ${burst} bytes through at once, "${link.name}" has an MTU of ${link.mtu}: larger packets are dropped`;
  });
  return [...ignored, ...small];
}
