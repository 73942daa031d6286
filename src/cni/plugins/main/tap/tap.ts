import type { Conn } from "../../../../netlink/mod.ts";
import { deleteLink, findLink, getLink, type Link, setLink } from "../../../../rtnl/mod.ts";
import {
  createTap,
  ERRNO,
  Fd,
  O,
  SyscallError,
  type TapSpec,
  TUN_DEVICE,
} from "../../../../sys/mod.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { EMPTY_RESULT } from "../../../result/types.ts";
import type { Plugin, PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { SPEC_VERSIONS } from "../../../version.ts";
import { attachLink } from "../../lib/attach-link.ts";
import { checkAttachedLink } from "../../lib/check-attached-link.ts";
import { checkFailed } from "../../lib/check-link.ts";
import { nameTaken } from "../../lib/create-on-master.ts";
import { detachLink } from "../../lib/detach-link.ts";
import { ipamOf } from "../../lib/ipam.ts";
import { findOwnLink, ownerAlias } from "../../lib/owned-link.ts";
import { Pod } from "../../lib/pod.ts";
import { requestedMac } from "../../lib/requested-mac.ts";
import { CREATE_ONLY, createLabelledTap, requireSelinux } from "./create-labelled-tap.ts";

const MAX_U32 = 0xffff_ffff;

/** A tap device in the pod: a program that opens it (a virtual machine) is at its other end. */
export const tap: Plugin = {
  name: "tap",
  supportedVersions: SPEC_VERSIONS,

  async add(request, host) {
    if (host.env[CREATE_ONLY] === "1") {
      createTap(readSpec(request));
      return EMPTY_RESULT;
    }
    const conf = readConf(request);
    using pod = Pod.open(request.netns);
    const link = makeLink(request, host, { pod, conf });
    const undo = (): void => removeOwn(request, pod);
    return await attachLink(request, host, { pod, link, undo, announces: true });
  },

  del: (request, host) => detachLink(request, host, (pod) => removeOwn(request, pod)),

  check(request, host) {
    const bridge = request.conf.object.text("bridge") ?? "";
    return checkAttachedLink(request, host, {
      hasOwnMac: true,
      look: (link, { conn }) => {
        // The kernel calls both tun and tap devices so.
        if (link.kind !== "tun") throw checkFailed(request, `it is ${link.kind}, not a tap device`);
        if (bridge === "" || findLink(conn, bridge)?.index === link.masterIndex) return;
        throw checkFailed(request, `it is no port of the bridge "${bridge}"`);
      },
    });
  },

  gc: (request, host) => ipamOf(request, host)?.gc(),

  async status(request, host) {
    requireSelinux(readConf(request).context);
    try {
      Fd.open(TUN_DEVICE, O.RDWR).close();
    } catch (thrown) {
      const reason = SyscallError.wrap(thrown, "Cannot create tap devices");
      throw new CniError(CNI_ERROR.notAvailable, reason.message, {
        fix: "Load the kernel's module: modprobe tun",
      });
    }
    await ipamOf(request, host)?.status();
  },
};

/** The device under its final name, with MAC, MTU and bridge; nothing is left where that fails. */
function makeLink(
  request: PluginRequest,
  host: PluginHost,
  { pod, conf }: { readonly pod: Pod; readonly conf: TapConf },
): Link {
  const { spec, context, mtu, address } = conf;
  const masterIndex = findBridge(request.conf.object, pod.conn);
  try {
    if (context === "") pod.inside(() => createTap(spec));
    else createLabelledTap(request, { host, pod, context }, spec);
  } catch (thrown) {
    const isTaken = thrown instanceof SyscallError && thrown.errno === ERRNO.EBUSY;
    throw isTaken ? nameTaken(request) : thrown;
  }
  try {
    setLink(pod.conn, spec.name, {
      alias: ownerAlias(request),
      ...(mtu === 0 ? {} : { mtu }),
      ...(address === undefined ? {} : { address }),
      ...(masterIndex === undefined ? {} : { masterIndex }),
    });
    return getLink(pod.conn, spec.name);
  } catch (thrown) {
    deleteLink(pod.conn, spec.name);
    throw thrown;
  }
}

function removeOwn(request: PluginRequest, { conn }: Pod): void {
  const link = findOwnLink(conn, request, ({ kind }) => kind === "tun");
  if (link !== undefined) deleteLink(conn, link.index);
}

interface TapConf {
  readonly spec: TapSpec;
  /** Empty: none. */
  readonly context: string;
  /** 0: the kernel's default. */
  readonly mtu: number;
  readonly address: string | undefined;
}

/** CniError 7 where a key is wrong; `bridge` is looked for in the pod. */
function readConf(request: PluginRequest): TapConf {
  const { object } = request.conf;
  object.text("bridge");
  return {
    spec: readSpec(request),
    context: object.text("selinuxContext") ?? "",
    mtu: object.integer("mtu", { min: 0 }) ?? 0,
    address: requestedMac(request, { hasKey: true }),
  };
}

function readSpec({ conf: { object }, ifName }: PluginRequest): TapSpec {
  const owner = object.integer("owner", { min: 0, max: MAX_U32 });
  const group = object.integer("group", { min: 0, max: MAX_U32 });
  return {
    name: ifName,
    multiQueue: object.boolean("multiQueue") ?? false,
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  };
}

/** The bridge in the pod whose port the device is to be; undefined where none is asked for. */
function findBridge(object: ConfObject, conn: Conn): number | undefined {
  const name = object.text("bridge") ?? "";
  if (name === "") return undefined;
  const link = findLink(conn, name);
  // The bridge keeps its MAC, whatever that of the device.
  if (link?.kind === "bridge") {
    setLink(conn, link.index, { address: link.address });
    return link.index;
  }
  throw object.wrong("bridge", "the name of a bridge that the pod has");
}
