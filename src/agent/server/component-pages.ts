import { HttpError } from "./http-error.ts";

/** A page about the component: as text, and as an object of config.k8s.io. */
export interface ComponentPage {
  readonly kind: "Flagz" | "Statusz";
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const WARNING =
  "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.";
const PATHS = ["/configz", "/debug", "/flagz", "/healthz", "/metrics"] as const;

/** /flagz: each flag with the value that counts. */
export function flagz(flags: Readonly<Record<string, string>>): ComponentPage {
  const lines = Object.entries(flags)
    .map(([name, value]) => `${name}:${value}`)
    .sort();
  return {
    kind: "Flagz",
    text: `\nkubelet flagz\n${WARNING}\n${lines.join("\n")}\n`,
    fields: { flags },
  };
}

/** /statusz: since when, and what. Times are milliseconds since the epoch. */
export function statusz(at: {
  readonly startedAt: number;
  readonly now: number;
  readonly version: string;
  readonly emulated: string;
}): ComponentPage {
  const up = Math.max(0, Math.floor((at.now - at.startedAt) / 1000));
  const [hours, minutes, seconds] = [Math.floor(up / 3600), Math.floor(up / 60) % 60, up % 60];
  const started = new Date(at.startedAt);
  const two = (value: number): string => String(value).padStart(2, "0");
  const lines = [
    ["Started", started.toUTCString()],
    ["Up", `${hours} hr ${two(minutes)} min ${two(seconds)} sec`],
    ["Runtime version", `bun${Bun.version}`],
    ["Binary version", at.version],
    ["Emulation version", at.emulated],
    ["Paths", PATHS.join(" ")],
  ];
  return {
    kind: "Statusz",
    text: `\nkubelet statusz\n${WARNING}\n\n${lines.map(([name, value]) => `${name}:  ${value}\n`).join("")}`,
    fields: {
      startTime: started.toISOString().replace(/\.\d+Z$/, "Z"),
      uptimeSeconds: up,
      // The field is not optional; there is no Go here.
      goVersion: "none",
      ...{ binaryVersion: at.version, emulationVersion: at.emulated, paths: PATHS },
    },
  };
}

/** Pure: in the form that the Accept header asks for; throws HttpError 406 where there is none. */
export function negotiate(
  page: ComponentPage,
  accept: string | undefined,
): { readonly contentType: string; readonly body: string } {
  for (const wish of (accept ?? "*/*").split(",")) {
    const [type = "", ...parameters] = wish.split(";").map((part) => part.trim());
    if (["text/plain", "text/*", "*/*"].includes(type)) {
      return { contentType: "text/plain; charset=utf-8", body: page.text };
    }
    const version = parameters.find((one) => /^v=v1(?:alpha|beta)1$/.test(one))?.slice(2);
    const isThis = parameters.includes("g=config.k8s.io") && parameters.includes(`as=${page.kind}`);
    if (type !== "application/json" || version === undefined || !isThis) continue;
    const head = { kind: page.kind, apiVersion: `config.k8s.io/${version}` };
    return {
      contentType: `application/json;g=config.k8s.io;v=${version};as=${page.kind}`,
      body: JSON.stringify({ ...head, metadata: { name: "kubelet" }, ...page.fields }),
    };
  }
  throw new HttpError(
    406,
    "only the following media types are accepted: text/plain, application/json",
  );
}
