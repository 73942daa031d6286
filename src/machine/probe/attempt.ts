import { messageOf } from "../../base/mod.ts";
import { NetlinkError } from "../../netlink/mod.ts";
import { ERRNO, SyscallError } from "../../sys/mod.ts";
import type { ProbeResult } from "./probe-report.ts";

/** A feature to try: `run` returns the evidence, or throws what the kernel said. */
export interface Trial {
  readonly feature: string;
  readonly module?: string;
  /** Not every worker node needs it: tried only when all is asked for. */
  readonly isOptional?: boolean;
  readonly run: () => string;
}

/** The trials to make: trying an optional feature could load a module that nobody wants. */
export function chosen(trials: readonly Trial[], all: boolean): readonly Trial[] {
  return all ? trials : trials.filter((trial) => trial.isOptional !== true);
}

/** Errors by which the kernel says that it has no such thing. */
const ABSENT: readonly number[] = [
  ERRNO.EOPNOTSUPP,
  ERRNO.ENODEV,
  ERRNO.ENOENT,
  ERRNO.EPROTONOSUPPORT,
  ERRNO.EAFNOSUPPORT,
];

/** Tries a feature. A refusal for want of permission says nothing about the kernel. */
export function attempt({ feature, module, run }: Trial): ProbeResult {
  const result = (state: ProbeResult["state"], detail: string): ProbeResult => ({
    feature,
    state,
    detail,
    ...(module === undefined ? {} : { module }),
  });
  try {
    return result("yes", run());
  } catch (thrown) {
    if (thrown instanceof Absent) return result("no", thrown.message);
    if (thrown instanceof Untestable) return result("unknown", thrown.message);
    if (thrown instanceof NetlinkError || thrown instanceof SyscallError) {
      return result(ABSENT.includes(thrown.errno) ? "no" : "unknown", thrown.message);
    }
    return result("unknown", messageOf(thrown));
  }
}

/** Thrown by a trial that has found the feature missing. */
export class Absent extends Error {}
/** Thrown by a trial that could not be carried out. */
export class Untestable extends Error {}
