import type { KubeletConfig } from "../../config/mod.ts";
import { durationOf } from "./durations.ts";

/** Where static pods come from over HTTP. */
export interface StaticUrl {
  readonly url: string;
  /** A name may have several values. */
  readonly headers: readonly (readonly [string, string])[];
  readonly checkMs: number;
}

/** `staticPodURL`, `staticPodURLHeader` and `httpCheckFrequency`. */
export function staticUrlOf(config: KubeletConfig): { readonly staticUrl?: StaticUrl } {
  const { reader } = config;
  const url = reader.text(["staticPodURL"])?.value ?? "";
  if (url === "") return {};
  const names = reader.keys(["staticPodURLHeader"]).map(({ value }) => value);
  const headers = names.flatMap((name) =>
    reader.texts(["staticPodURLHeader", name]).map(({ value }) => [name, value] as const),
  );
  return { staticUrl: { url, headers, checkMs: durationOf(config, "httpCheckFrequency") } };
}
