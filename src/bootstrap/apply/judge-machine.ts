import type { Problem } from "../../base/mod.ts";
import { type PreflightSettings, preflight, registryOf } from "../../node/mod.ts";
import type { ObservedNode } from "../../plan/mod.ts";
import type { RenderedNode } from "../render/mod.ts";
import type { ApplyPorts } from "./ports.ts";
import type { NodeSession } from "./session.ts";

/** A node that is about to be changed. */
export interface JudgedMachine {
  readonly session: NodeSession;
  readonly rendered: RenderedNode;
  readonly observed: ObservedNode;
  /** The image of the verification pods; absent: none will be started. */
  readonly verifyImage?: string | undefined;
}

/** Everything about a machine that would make the change fail, found before anything is changed. */
export async function judgeMachine(
  { session, rendered, observed, verifyImage }: JudgedMachine,
  { clock }: Pick<ApplyPorts, "clock">,
): Promise<readonly Problem[]> {
  const { desired } = rendered;
  const settings = withVerifyImage(rendered.needs, verifyImage);
  const askedMs = clock.now();
  const { facts, probe, glibc } = await session.request("facts", {
    paths: [...new Set(desired.files.map((file) => file.path))],
    sysctls: Object.keys(desired.sysctls),
    probe: true,
  });
  const answeredMs = clock.now();
  const images = (settings.images ?? []).map(({ reference }) => reference);
  const foresight = await session.request("foresee", {
    commands: (settings.preCommands ?? []).map(({ argv }) => argv),
    images,
    criEndpoint: desired.criEndpoint,
  });
  const there = [...(foresight.images ?? images), ...desired.images.map((one) => one.reference)];
  const registries = images.filter((image) => !there.includes(image)).map(registryOf);
  return preflight({
    desired,
    observed,
    facts,
    probe,
    glibc,
    foresight,
    settings: { ...settings, registries: await unreachable(session, new Set(registries)) },
    jumpbox: { askedMs, answeredMs },
  });
}

function withVerifyImage(
  settings: PreflightSettings,
  reference: string | undefined,
): PreflightSettings {
  if (reference === undefined) return settings;
  const image = {
    reference,
    what: "the image of the verification pods",
    without: "run apply with --no-verify",
  };
  return { ...settings, images: [...(settings.images ?? []), image] };
}

/** The registries that the node does not reach, with the reason. */
async function unreachable(
  session: NodeSession,
  registries: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const registry of registries) {
    const { hostname, port } = new URL(`https://${registry}`);
    const result = await session.request("dial", { host: hostname, port: Number(port) || 443 });
    if (!result.ok) found.set(registry, result.code === "" ? result.message : whyNot(result.code));
  }
  return found;
}

const WHY: Readonly<Record<string, string>> = {
  ENOTFOUND: "the name does not resolve",
  DNS_ENOTFOUND: "the name does not resolve",
  EAI_AGAIN: "no DNS server answers",
  ECONNREFUSED: "connection refused",
  ETIMEDOUT: "no answer",
  ENETUNREACH: "no route to host",
  EHOSTUNREACH: "no route to host",
};

function whyNot(code: string): string {
  return WHY[code] ?? code;
}
