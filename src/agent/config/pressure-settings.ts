import { NodewrightError, parseQuantity } from "../../base/mod.ts";
import type { KubeletConfig } from "../../config/mod.ts";
import { durationOf } from "./durations.ts";
import {
  type PressureSettings,
  SIGNALS,
  type Signal,
  type Threshold,
  type ThresholdValue,
} from "./thresholds.ts";

/** The kubelet's own where nothing is configured. */
const DEFAULT_HARD: Readonly<Record<string, string>> = {
  "memory.available": "100Mi",
  "nodefs.available": "10%",
  "nodefs.inodesFree": "5%",
  "imagefs.available": "15%",
  "imagefs.inodesFree": "5%",
};

/** When the node has pressure, and what pods get then. Throws NodewrightError of kind "config". */
export function pressureSettings(config: KubeletConfig): PressureSettings {
  const { reader } = config;
  return {
    thresholds: thresholdsOf(config),
    transitionMs: durationOf(config, "evictionPressureTransitionPeriod"),
    maxGraceSeconds: reader.number(["evictionMaxPodGracePeriod"])?.value ?? 0,
    limitsStorage: reader.boolean(["localStorageCapacityIsolation"])?.value ?? true,
  };
}

function thresholdsOf(config: KubeletConfig): Threshold[] {
  const written = mapOf(config, "evictionHard");
  const merges = config.reader.boolean(["mergeDefaultEvictionSettings"])?.value ?? false;
  const hard = written === undefined || merges ? { ...DEFAULT_HARD, ...written } : written;
  const soft = mapOf(config, "evictionSoft") ?? {};
  const reclaims = mapOf(config, "evictionMinimumReclaim") ?? {};
  const hardOnes = parseThresholds(hard, reclaims, () => 0);
  const softOnes = parseThresholds(soft, reclaims, (signal) => {
    const grace = durationOf(config, "evictionSoftGracePeriod", signal);
    if (grace > 0) return grace;
    const what = `evictionSoft has "${signal}" without a grace period`;
    throw new NodewrightError("config", `Cannot use the kubelet's configuration: ${what}`, {
      fix: `write evictionSoftGracePeriod: {${signal}: 1m30s}`,
    });
  });
  return [...hardOnes, ...softOnes];
}

/** Signals with values, as they are written: `100Mi`, `10%`; 0% and 100% switch one off. */
export function parseThresholds(
  written: Readonly<Record<string, string>>,
  reclaims: Readonly<Record<string, string>>,
  graceMs: (signal: Signal) => number,
): Threshold[] {
  return SIGNALS.flatMap((signal) => {
    const value = parseValue(written[signal]);
    if (value === undefined) return [];
    const minReclaim = parseValue(reclaims[signal]);
    return [
      {
        ...{ signal, value, graceMs: graceMs(signal) },
        ...(minReclaim === undefined ? {} : { minReclaim }),
      },
    ];
  });
}

function parseValue(text: string | undefined): ThresholdValue | undefined {
  if (text === undefined) return undefined;
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined) {
    const share = Number(percent) / 100;
    return share === 0 || share === 1 ? undefined : { share };
  }
  const amount = parseQuantity(text);
  return amount === undefined || amount <= 0 ? undefined : { amount };
}

function mapOf(config: KubeletConfig, field: string): Record<string, string> | undefined {
  if (config.document.node([field]) === undefined) return undefined;
  const keys = config.reader.keys([field]).map(({ value }) => value);
  return Object.fromEntries(
    keys.map((key) => [key, config.reader.text([field, key])?.value ?? ""]),
  );
}
