import { parseQuantity } from "../../../base/mod.ts";
import type { Validation } from "./validation.ts";

/** Pulling images and taking them away again. */
export function validateImages(v: Validation): void {
  const low = v.reader.number(["imageGCLowThresholdPercent"]);
  const high = v.reader.number(["imageGCHighThresholdPercent"]);
  if (low !== undefined && high !== undefined && low.value >= high.value) {
    v.refuse(
      `imageGCLowThresholdPercent must be below imageGCHighThresholdPercent: ${low.value} and ${high.value}`,
      low.isDefault ? [high.location] : [low.location, high.location],
    );
  }
  const minAge = v.duration("imageMinimumGCAge");
  const maxAge = v.duration("imageMaximumGCAge");
  for (const [name, age] of [
    ["imageMinimumGCAge", minAge],
    ["imageMaximumGCAge", maxAge],
  ] as const) {
    if (age !== undefined && age.value < 0) {
      v.refuse(`${name} may not be negative: ${age.text}`, [age.location]);
    }
  }
  if (
    minAge !== undefined &&
    maxAge !== undefined &&
    maxAge.value > 0 &&
    maxAge.value <= minAge.value
  ) {
    v.refuse(
      `imageMaximumGCAge must be above imageMinimumGCAge: ${maxAge.text} and ${minAge.text}`,
      [maxAge.location, minAge.location],
    );
  }
  const parallel = v.reader.number(["maxParallelImagePulls"]);
  const serial = v.reader.boolean(["serializeImagePulls"]);
  // Where serializeImagePulls is silent, maxParallelImagePulls makes it false.
  if (parallel !== undefined && parallel.value > 1 && serial?.isDefault === false && serial.value) {
    v.refuse(
      `maxParallelImagePulls: ${parallel.value} and serializeImagePulls: true exclude each other`,
      [serial.location, parallel.location],
      { fix: "Set serializeImagePulls: false" },
    );
  }
  validateCredentials(v);
}

function validateCredentials(v: Validation): void {
  v.refuseWithout("KubeletEnsureSecretPulledImages", "imagePullCredentialsVerificationPolicy");
  v.refuseWithout("KubeletEnsureSecretPulledImages", "preloadedImagesVerificationAllowlist");
  const policy = v.reader.textOrDefault(["imagePullCredentialsVerificationPolicy"]);
  const [first] = v.reader.texts(["preloadedImagesVerificationAllowlist"]);
  if (first === undefined || policy?.value === "NeverVerifyAllowlistedImages") return;
  v.refuse(
    `preloadedImagesVerificationAllowlist counts only with NeverVerifyAllowlistedImages, imagePullCredentialsVerificationPolicy is: ${policy?.value ?? ""}`,
    [first.location, ...(policy === undefined || policy.isDefault ? [] : [policy.location])],
  );
}

/** Shutdown, crash loops, running once. */
export function validateLifecycle(v: Validation): void {
  const all = v.duration("shutdownGracePeriod");
  const critical = v.duration("shutdownGracePeriodCriticalPods");
  for (const [name, period] of [
    ["shutdownGracePeriod", all],
    ["shutdownGracePeriodCriticalPods", critical],
  ] as const) {
    if (period === undefined || period.value === 0) continue;
    if (period.value < 1000) {
      v.refuse(`${name} must be 0 or at least 1s: ${period.text}`, [period.location]);
    }
    v.refuseWithout("GracefulNodeShutdown", name);
  }
  if (all !== undefined && critical !== undefined && critical.value > all.value) {
    v.refuse(
      `shutdownGracePeriodCriticalPods is a part of shutdownGracePeriod and may not be longer: ${critical.text} and ${all.text}`,
      [critical.location, ...(all.isDefault ? [] : [all.location])],
    );
  }
  if (v.reader.length(["shutdownGracePeriodByPodPriority"]) > 0) {
    v.refuseWithout("GracefulNodeShutdownBasedOnPodPriority", "shutdownGracePeriodByPodPriority");
    if ((all?.value ?? 0) > 0 || (critical?.value ?? 0) > 0) {
      v.refuse(
        "shutdownGracePeriodByPodPriority and shutdownGracePeriod exclude each other",
        [v.at("shutdownGracePeriodByPodPriority"), (all ?? critical)?.location ?? v.at()],
        { fix: "Keep one of the two" },
      );
    }
  }
  v.refuseWithout("KubeletCrashLoopBackOffMax", "crashLoopBackOff.maxContainerRestartPeriod");
  const restart = v.duration("crashLoopBackOff", "maxContainerRestartPeriod");
  if (restart !== undefined && (restart.value < 1000 || restart.value > 300_000)) {
    v.refuse(
      `crashLoopBackOff.maxContainerRestartPeriod must be from 1s to 300s: ${restart.text}`,
      [restart.location],
    );
  }
  const once = v.reader.boolean(["runOnce"]);
  if (once?.value === true) {
    v.refuse("runOnce may not be set any more", [once.location], {
      fix: "Remove runOnce",
      remove: ["runOnce"],
    });
  }
}

/** Container logs and the kubelet's own. */
export function validateLogs(v: Validation): void {
  const interval = v.duration("containerLogMonitorInterval");
  if (interval !== undefined && interval.value < 3000) {
    v.refuse(`containerLogMonitorInterval must be at least 3s: ${interval.text}`, [
      interval.location,
    ]);
  }
  const dir = v.reader.textOrDefault(["podLogsDir"]);
  if (dir !== undefined && (dir.value !== cleanPath(dir.value) || /[^\x20-\x7e]/.test(dir.value))) {
    v.refuse(`podLogsDir must be a plain path in ASCII: "${dir.value}"`, [dir.location], {
      fix: `Write ${cleanPath(dir.value)}`,
    });
  }
  for (const format of ["text", "json"]) {
    const options = ["logging", "options", format];
    if (v.reader.boolean([...options, "splitStream"])?.value === true)
      v.refuseWithout("LoggingAlphaOptions", [...options, "splitStream"].join("."));
    // kubeadm writes "0", which is no buffer.
    const size = v.reader.text([...options, "infoBufferSize"])?.value;
    if (size !== undefined && parseQuantity(size) !== 0)
      v.refuseWithout("LoggingAlphaOptions", [...options, "infoBufferSize"].join("."));
  }
  const query = v.reader.boolean(["enableSystemLogQuery"]);
  const handler = v.reader.boolean(["enableSystemLogHandler"]);
  if (query?.value !== true) return;
  v.refuseWithout("NodeLogQuery", "enableSystemLogQuery");
  if (handler?.value === false) {
    v.refuse("enableSystemLogQuery needs enableSystemLogHandler, which is false", [
      handler.location,
      query.location,
    ]);
  }
}

/** As Go's path.Clean, for absolute paths. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
