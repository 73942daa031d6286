import { ERRNO, MNT, mount, SyscallError, unmount } from "../../sys/mod.ts";
import { Absent, attempt } from "./attempt.ts";
import type { ProbeResult } from "./probe-report.ts";

/**
 * Tries a tmpfs that is never swapped out (kernel 6.3), which the kubelet keeps Secrets in. In a
 * mount namespace of its own.
 */
export function probeTmpfs(): ProbeResult {
  return attempt({
    feature: "tmpfs-noswap",
    run: () => {
      const target = "/tmp";
      try {
        mount({ source: "tmpfs", target, type: "tmpfs", data: "noswap" });
      } catch (thrown) {
        // A file system says EINVAL of an option that it does not know.
        if (thrown instanceof SyscallError && thrown.errno === ERRNO.EINVAL) {
          throw new Absent("tmpfs does not take noswap");
        }
        throw thrown;
      }
      unmount(target, MNT.DETACH);
      return "a tmpfs with noswap was mounted";
    },
  });
}
