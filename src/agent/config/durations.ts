import {
  type KubeletConfig,
  kubeletConfiguration,
  parseDurationMs,
  schemaAt,
} from "../../config/mod.ts";

/** Milliseconds. As for the kubelet 0s asks for the default: files that tools write are full of it. */
export function durationOf(config: KubeletConfig, ...path: readonly string[]): number {
  const written = parseDurationMs(config.reader.textOrDefault(path)?.value ?? "") ?? 0;
  if (written !== 0) return written;
  const standard = schemaAt(kubeletConfiguration, path)?.default;
  return typeof standard === "string" ? (parseDurationMs(standard) ?? 0) : 0;
}
