import { NodewrightError } from "../base/mod.ts";
import { ERRNO, errnoName } from "../sys/mod.ts";

/** What the kernel says of a refused request beside the errno (extended acknowledgement). */
export interface KernelReason {
  readonly text?: string;
  /** Bytes from the start of the request's header to the attribute that is meant. */
  readonly offset?: number;
  /** The type of an attribute that should have been there. */
  readonly missingAttribute?: number;
}

/** A netlink request that the kernel refused, or an answer that cannot be understood (EBADMSG). */
export class NetlinkError extends NodewrightError {
  /** What was asked, as words after "Cannot": `add the route 10.1.0.0/16`. */
  readonly op: string;
  readonly errno: number;
  /** The errno's name. */
  readonly code: string;
  readonly offset: number | undefined;
  readonly missingAttribute: number | undefined;
  readonly seq: number;

  constructor(op: string, errno: number, seq: number, reason: KernelReason = {}) {
    const code = errnoName(errno);
    const text = reason.text === undefined ? "" : ` (${reason.text})`;
    const fix = fixFor(errno, reason);
    super("netlink", `Cannot ${op}: ${code}${text}`, fix === undefined ? {} : { fix });
    this.name = "NetlinkError";
    this.op = op;
    this.errno = errno;
    this.code = code;
    this.offset = reason.offset;
    this.missingAttribute = reason.missingAttribute;
    this.seq = seq;
  }
}

function fixFor(errno: number, { text }: KernelReason): string | undefined {
  if (errno === ERRNO.EPERM) return "Run as root, outside of a container";
  if (errno === ERRNO.EOPNOTSUPP && text === "Unknown device type") {
    return "Load the kernel's module for links of that kind, or use a kernel that has it";
  }
  return undefined;
}
