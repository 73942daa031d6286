import { deleteQdisc, findQdisc, type Link, replaceTokenBucket } from "../../../../rtnl/mod.ts";
import type { CniInterface } from "../../../result/types.ts";
import { attemptAll } from "../../lib/attempt-all.ts";
import type { BandwidthConf, Limit } from "./bandwidth-conf.ts";
import { findIfbs, provideIfb, removeIfb } from "./ifb.ts";
import type { NetworkAttachment } from "./ifb-name.ts";
import { listReceived, redirectReceived, removeRedirects } from "./redirect.ts";
import type { ShapedLink } from "./shaped-link.ts";
import { isBucketOf, tokenBucketOf } from "./token-bucket.ts";

/** The two limits as the shaped link sees them. */
interface Directions {
  readonly sends?: Limit;
  readonly receives?: Limit;
}

/**
 * Shapes what a link sends by a token bucket of its own, and what it receives by one of an ifb that
 * it is sent through: the kernel queues only what leaves. Whatever of this is there already is
 * changed, not made again. Gives the ifb, undefined where none is needed.
 */
export function shape(
  shaped: ShapedLink,
  attachment: NetworkAttachment,
  conf: BandwidthConf,
): Link | undefined {
  const { conn, link } = shaped;
  const { sends, receives } = directionsOf(shaped, conf);
  if (sends !== undefined) {
    replaceTokenBucket(conn, { linkIndex: link.index, ...tokenBucketOf(sends, conf.latencyMs) });
  }
  if (receives === undefined) return undefined;
  const targets = listReceived(shaped).map((filter) => filter.targetIndex);
  const ifb = provideIfb(conn, attachment, {
    mtu: link.mtu,
    isTarget: ({ index }) => targets.includes(index),
  });
  // The bucket first: from the redirect on, packets go through it.
  replaceTokenBucket(conn, { linkIndex: ifb.index, ...tokenBucketOf(receives, conf.latencyMs) });
  redirectReceived(shaped, ifb.index);
  return ifb;
}

/** Takes all shaping of an attachment from a link, as far as it is there, and its ifbs away. */
export function unshape(
  shaped: ShapedLink,
  attachment: NetworkAttachment,
  told: readonly CniInterface[],
): Promise<void> {
  const { conn, link } = shaped;
  const ifbs = findIfbs(conn, attachment, { told });
  return attemptAll([
    // The redirect first: without the ifb it would drop everything.
    () =>
      removeRedirects(
        shaped,
        ifbs.map(({ index }) => index),
      ),
    () => {
      if (findQdisc(conn, link.index, "root")?.kind === "tbf")
        deleteQdisc(conn, link.index, "root");
    },
    ...ifbs.map((ifb) => () => removeIfb(conn, ifb)),
  ]);
}

/** What is missing of the shaping that ADD made; undefined where nothing is. */
export function missingShaping(
  shaped: ShapedLink,
  attachment: NetworkAttachment,
  { conf, told }: { readonly conf: BandwidthConf; readonly told: readonly CniInterface[] },
): string | undefined {
  const { conn, link } = shaped;
  const { sends, receives } = directionsOf(shaped, conf);
  const isShaped = ({ index }: Link, limit: Limit): boolean => {
    const bucket = findQdisc(conn, index, "root")?.tokenBucket;
    return bucket !== undefined && isBucketOf(bucket, limit, conf.latencyMs);
  };
  if (sends !== undefined && !isShaped(link, sends)) {
    return `"${link.name}" does not send through the token bucket of ADD`;
  }
  if (receives === undefined) return undefined;
  const targets = listReceived(shaped).map((filter) => filter.targetIndex);
  const isTarget = ({ index }: Link): boolean => targets.includes(index);
  const ifbs = findIfbs(conn, attachment, { told, isTarget });
  const ifb = ifbs.find(({ index }) => targets.includes(index));
  if (ifbs.length === 0) return "the ifb is missing";
  if (ifb === undefined) return `what "${link.name}" receives is not redirected to the ifb`;
  return isShaped(ifb, receives)
    ? undefined
    : `"${ifb.name}" does not send through the token bucket of ADD`;
}

/** What goes to the pod is what the host's end of its veth sends, and what the pod's receives. */
function directionsOf({ isInPod }: ShapedLink, { ingress, egress }: BandwidthConf): Directions {
  const [sends, receives] = isInPod ? [egress, ingress] : [ingress, egress];
  return {
    ...(sends === undefined ? {} : { sends }),
    ...(receives === undefined ? {} : { receives }),
  };
}
